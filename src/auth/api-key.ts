import { createHash } from 'node:crypto'

/** An API key is `raw_` and 64 hex digits: 32 random bytes. */
export function makeApiKey(): string {
  return `raw_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')}`
}

export const isApiKey = (text: string): boolean => /^raw_[0-9a-f]{64}$/.test(text)

/** The indexed part of a key: enough to find its row, useless to guess the rest. */
export const prefixOf = (key: string): string => key.slice(0, 12)

/**
 * Tells a wrong key from the right one without bcrypt. 64 of the digest's bits say nothing useful of a key's 256, and a
 * wrong key that has them still meets bcrypt.
 */
export const checksumOf = (key: string): string =>
  createHash('sha256').update(`checksum:${key}`).digest('hex').slice(0, 16)

/** What people may see of a key: its first 8 and last 4 characters. */
export const hintOf = (key: string): string => `${key.slice(0, 8)}…${key.slice(-4)}`
