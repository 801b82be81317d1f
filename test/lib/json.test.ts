import { describe, expect, test } from 'bun:test'
import { parseJson, UnsafeInteger } from '../../src/lib/json'

describe('lossless JSON', () => {
  test('keeps every digit of a 64-bit id that a double can hold', () => {
    expect(parseJson('{"call_id":9007199254740991}')).toEqual({ call_id: Number.MAX_SAFE_INTEGER })
  })
  test('refuses an integer beyond 2^53-1 rather than round it', () => {
    expect(() => parseJson('{"call_id":9007199254740993}')).toThrow(UnsafeInteger)
    expect(() => parseJson('[-9007199254740993]')).toThrow('9007199254740993')
  })
  test('reads floats, and drops NUL characters that Postgres cannot store', () => {
    expect(parseJson('{"d":8951.029999999999,"t":"a\\u0000b"}')).toEqual({ d: 8951.029999999999, t: 'ab' })
  })
  test('both databases can store names and texts at any depth', () => {
    const text = String.raw`{"a\u0000b":["x\ud800y",{"\uDC00":"\u0000"}],"emoji":"\ud83d\ude00","id":5780678246121472}`
    expect(parseJson(text)).toEqual({
      ab: ['x\ufffdy', { '\ufffd': '' }],
      emoji: '\u{1f600}',
      id: 5780678246121472,
    })
  })

  test('refuses what is nested too deep, and brackets in strings are no nesting', () => {
    expect(() => parseJson('['.repeat(100_000))).toThrow('nested')
    expect(parseJson(JSON.stringify('['.repeat(1000)))).toBe('['.repeat(1000))
  })
})
