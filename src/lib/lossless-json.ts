import { parse } from 'lossless-json'

/** An integer of the document does not fit a double: storing it would change its digits. */
export class UnsafeInteger extends Error {
  constructor(readonly digits: string) {
    super(`integer ${digits} is beyond 2^53-1`)
  }
}

const MAX_DEPTH = 64

/**
 * Parses JSON without losing digits; NUL characters, which Postgres cannot store, are dropped from strings.
 * @throws UnsafeInteger for an integer beyond ±(2^53-1); SyntaxError for what is no JSON or nested deeper than 64.
 */
export function parseLossless(text: string): unknown {
  assertShallow(text)
  return parse(text, dropNul, parseNumber)
}

function dropNul(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '') : value
}

function parseNumber(digits: string): number {
  const number = Number(digits)
  if (/^-?\d+$/.test(digits) && !Number.isSafeInteger(number)) throw new UnsafeInteger(digits)
  return number
}

/** The recursive parser must not meet a document deep enough to exhaust the stack. */
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
