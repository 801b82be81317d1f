import { describe, expect, test } from 'bun:test'
import { parseLossless, UnsafeInteger } from '../../src/lib/lossless-json'

describe('lossless JSON', () => {
  test('keeps every digit of a 64-bit id that a double can hold', () => {
    expect(parseLossless('{"call_id":9007199254740991}')).toEqual({ call_id: Number.MAX_SAFE_INTEGER })
  })
  test('refuses an integer beyond 2^53-1 rather than round it', () => {
    expect(() => parseLossless('{"call_id":9007199254740993}')).toThrow(UnsafeInteger)
    expect(() => parseLossless('[-9007199254740993]')).toThrow('9007199254740993')
  })
  test('reads floats, and drops NUL characters that Postgres cannot store', () => {
    expect(parseLossless('{"d":8951.029999999999,"t":"a\\u0000b"}')).toEqual({ d: 8951.029999999999, t: 'ab' })
  })
  test('refuses what is nested too deep, and brackets in strings are no nesting', () => {
    expect(() => parseLossless('['.repeat(100_000))).toThrow('nested')
    expect(parseLossless(JSON.stringify('['.repeat(1000)))).toBe('['.repeat(1000))
  })
})
