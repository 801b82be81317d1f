import { parse } from 'lossless-json'

/** An integer of the document does not fit a double: storing it would change its digits. */
export class UnsafeInteger extends Error {
  constructor(readonly digits: string) {
    super(`integer ${digits} is beyond 2^53-1`)
  }
}

const MAX_DEPTH = 64
const LONG_DIGITS = /\d{16,}/g

/**
 * Parses JSON without losing digits; NUL characters, which Postgres cannot store, are dropped from strings.
 * The native parser reads nearly every document; the one that keeps digits, written in JavaScript, reads the rest.
 * @throws UnsafeInteger for an integer beyond ±(2^53-1); SyntaxError for what is not JSON or nested deeper than 64.
 */
export function parseJson(text: string): unknown {
  assertShallow(text)
  return mayLoseDigits(text) || text.includes('\\u0000') ? parse(text, dropNul, parseNumber) : JSON.parse(text)
}

function mayLoseDigits(text: string): boolean {
  for (const [digits] of text.matchAll(LONG_DIGITS)) if (!Number.isSafeInteger(Number(digits))) return true
  return false
}

function dropNul(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '') : value
}

function parseNumber(digits: string): number {
  const number = Number(digits)
  if (/^-?\d+$/.test(digits) && !Number.isSafeInteger(number)) throw new UnsafeInteger(digits)
  return number
}

/** A recursive reader must not meet a document deep enough to exhaust the stack. */
function assertShallow(text: string): void {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (inString) {
      if (char === 0x5c) i++
      else if (char === 0x22) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH}`)
    } else if (char === 0x5d || char === 0x7d) depth--
  }
}
