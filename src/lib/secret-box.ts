import { createHash } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'

/** Encrypts secrets at rest: compact JWE, `dir` + A256GCM, the key named by `kid` so keys can be rotated. */
export interface SecretBox {
  seal(plain: string): Promise<string>
  /** @throws when no configured key opens it or it was altered. */
  open(sealed: string): Promise<string>
}

/** @param keys 32 bytes each; the first seals, all open. */
export function createSecretBox(keys: Uint8Array[]): SecretBox {
  const [current] = keys
  if (!current) throw new Error('a secret box needs a key')
  const byKid = new Map(keys.map((key) => [kidOf(key), key]))
  return {
    seal: (plain) =>
      new CompactEncrypt(new TextEncoder().encode(plain))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: kidOf(current) })
        .encrypt(current),
    async open(sealed) {
      const { plaintext } = await compactDecrypt(
        sealed,
        ({ kid }) => {
          const key = byKid.get(kid ?? '')
          if (!key) throw new Error(`sealed with key ${kid}, which ENCRYPTION_KEY does not hold`)
          return key
        },
        { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
      )
      return new TextDecoder().decode(plaintext)
    },
  }
}

const kidOf = (key: Uint8Array) => createHash('sha256').update(key).digest('base64url').slice(0, 8)
