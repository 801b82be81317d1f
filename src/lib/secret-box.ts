import { createHash } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { DomainError } from './errors'

/** Encrypts secrets at rest as compact JWE (`dir`, A256GCM). `kid` identifies the key, so that keys can be rotated. */
export interface SecretBox {
  seal(plain: string): Promise<string>
  /** @throws DomainError secret_unreadable when no configured key opens it or it was altered. */
  open(sealed: string): Promise<string>
  /** The prefixes of sealed secrets, one per key, the current key first. */
  prefixes: readonly string[]
}

/** @param keys 32 bytes each. The first one encrypts, all of them decrypt. */
export function createSecretBox(keys: Uint8Array[]): SecretBox {
  const [current] = keys
  if (!current) throw new Error('a secret box requires a key')
  const byKid = new Map(keys.map((key) => [kidOf(key), key]))
  return {
    prefixes: keys.map((key) => `${Buffer.from(JSON.stringify(headerOf(key))).toString('base64url')}.`),
    seal: (plain) =>
      new CompactEncrypt(new TextEncoder().encode(plain)).setProtectedHeader(headerOf(current)).encrypt(current),
    async open(sealed) {
      try {
        const { plaintext } = await compactDecrypt(sealed, ({ kid }) => keyOf(kid), {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        })
        return new TextDecoder().decode(plaintext)
      } catch (error) {
        if (error instanceof DomainError) throw error
        throw new DomainError('secret_unreadable', 'A stored secret was altered. Create it again.', { cause: error })
      }
    },
  }

  function keyOf(kid = ''): Uint8Array {
    const key = byKid.get(kid)
    if (key) return key
    throw new DomainError(
      'secret_unreadable',
      `A stored secret is encrypted with key ${kid}, which ENCRYPTION_KEY does not have. Add that key, or create the secret again.`,
    )
  }
}

const headerOf = (key: Uint8Array) => ({ alg: 'dir', enc: 'A256GCM', kid: kidOf(key) })
const kidOf = (key: Uint8Array) => createHash('sha256').update(key).digest('base64url').slice(0, 8)
