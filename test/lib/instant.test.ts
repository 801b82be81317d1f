import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseInstant } from '../../src/lib/instant'

const MIN = 100_000_000_000
const MAX = Date.UTC(2201, 0, 1) - 1

describe('an instant in a query', () => {
  test('is read from ISO 8601 and epoch milliseconds, for every instant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX }), (at) => {
        expect(parseInstant(new Date(at).toISOString())).toEqual({ at })
      }),
    )
    fc.assert(fc.property(fc.integer({ min: MIN, max: MAX }), (at) => expect(parseInstant(String(at))).toEqual({ at })))
  })

  test.each([
    ['0', 0],
    ['2026-01-29', Date.UTC(2026, 0, 29)],
    ['2026-01-29T12:00', Date.UTC(2026, 0, 29, 12)],
    ['2026-01-29T12:00:00', Date.UTC(2026, 0, 29, 12)],
    ['2026-01-29 12:00:00', Date.UTC(2026, 0, 29, 12)],
    ['2026-01-29T12:00:00+02:00', Date.UTC(2026, 0, 29, 10)],
    ['2026-01-29T12:00:00-0530', Date.UTC(2026, 0, 29, 17, 30)],
    ['2026-01-29T12:00:00.123456789Z', Date.UTC(2026, 0, 29, 12, 0, 0, 123)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
  ])('%s is taken, UTC unless it says otherwise', (text, at) => {
    expect(parseInstant(text)).toEqual({ at })
  })

  test('in seconds is refused, with the milliseconds that were most likely meant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MIN - 1 }), (seconds) => {
        expect(parseInstant(String(seconds))).toEqual({
          problem: `looks like seconds; epoch milliseconds would be ${seconds}000`,
        })
      }),
    )
  })

  test.each([
    '2026-02-29',
    '2026-04-31T00:00:00Z',
    '2026-13-01',
    '2026-01-29T24:01:00Z',
    '2026-01-29T12:00:60Z',
    '1.7e12',
    '-1',
    '0x18',
    'now',
    '',
    ' 2026-01-29',
    '2026-W05',
  ])('%p is refused', (text) => {
    expect(parseInstant(text)).toEqual({
      problem: 'must be an ISO 8601 time such as 2026-01-29T12:00:00Z, or epoch milliseconds',
    })
  })

  test.each(['1969-12-31T23:59:59Z', '1970-01-01T00:00:00+01:00', '2201-01-01', '9999-12-31', '7289740800000'])(
    '%s is outside of the years there are',
    (text) => {
      expect(parseInstant(text)).toEqual({ problem: 'must be between 1970 and 2200' })
    },
  )
})
