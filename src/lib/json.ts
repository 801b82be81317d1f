import { parse } from 'lossless-json'

/** An integer does not fit in a double, so parsing it would change its digits. */
export class UnsafeInteger extends Error {
  constructor(readonly digits: string) {
    super(`integer ${digits} is larger than 2^53-1`)
  }
}

/** Deeper nesting is refused everywhere, because a recursive reader or writer would exhaust the stack. */
export const MAX_DEPTH = 64
/** Matches escapes of NUL and surrogates. Text decoded from UTF-8 contains them only as escapes. */
const ESCAPED_UNSTORABLE = /\\u(?:0000|d[89a-f])/i
const LONG_DIGITS = /\d{16,}/g

/**
 * Parses JSON without losing digits. Removes NUL characters, which Postgres cannot store, from names and
 * texts, and replaces lone surrogates.
 * The native parser handles nearly every document. A slower parser in JavaScript handles those with large integers.
 * @throws UnsafeInteger for an integer beyond ±(2^53-1); SyntaxError for invalid JSON or nesting deeper than 64.
 */
export function parseJson(text: string): unknown {
  assertShallow(text)
  const value: unknown = mayLoseDigits(text) ? parse(text, undefined, parseNumber) : JSON.parse(text)
  return ESCAPED_UNSTORABLE.test(text) ? storable(value) : value
}

function mayLoseDigits(text: string): boolean {
  for (const [digits] of text.matchAll(LONG_DIGITS)) if (!Number.isSafeInteger(Number(digits))) return true
  return false
}

/** Removes NUL characters and lone surrogates from names and texts. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed()
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storable(name), storable(inner)]))
}

function parseNumber(digits: string): number {
  const number = Number(digits)
  if (/^-?\d+$/.test(digits) && !Number.isSafeInteger(number)) throw new UnsafeInteger(digits)
  return number
}

/** Whether a character occurs at most `MAX_DEPTH / 2` times. */
function isRare(text: string, char: string): boolean {
  let found = 0
  for (let at = text.indexOf(char); at >= 0; at = text.indexOf(char, at + 1)) if (++found > MAX_DEPTH / 2) return false
  return true
}

/** Rejects documents so deep that a recursive parser would exhaust the stack. */
function assertShallow(text: string): void {
  // Nearly every document has fewer brackets than that, and counting them takes a tenth of the time.
  if (isRare(text, '{') && isRare(text, '[')) return
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
