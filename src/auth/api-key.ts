import { createHash } from 'node:crypto'

/** An API key is `raw_` and 64 hex digits: 32 random bytes. */
export function makeApiKey(): string {
  return `raw_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')}`
}

export const isApiKey = (text: string): boolean => /^raw_[0-9a-f]{64}$/.test(text)

/** The indexed part of a key. It identifies the row and reveals nothing about the rest. */
export const prefixOf = (key: string): string => key.slice(0, 12)

/**
 * Rejects a wrong key without bcrypt. 64 bits of the digest reveal nothing useful about a 256-bit key, and a
 * wrong key with the same checksum still fails bcrypt.
 */
export const checksumOf = (key: string): string =>
  createHash('sha256').update(`checksum:${key}`).digest('hex').slice(0, 16)

/** The hint of a key that people may see: its first 8 and last 4 characters. */
export const hintOf = (key: string): string => `${key.slice(0, 8)}…${key.slice(-4)}`
