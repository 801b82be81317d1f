import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { iso } from '../../src/lib/clock'

const [FIRST, LAST] = [new Date('1901-01-01T00:00:00.000Z'), new Date('9999-12-31T23:59:59.999Z')]

test('an instant is written as the runtime writes it, whatever was written before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.date({ min: FIRST, max: LAST, noInvalidDate: true }), { minLength: 1, maxLength: 20 }),
      (dates) => {
        for (const date of dates) expect(iso(date.getTime())).toBe(date.toISOString())
      },
    ),
  )
})

test('an instant that no date can show is written as the nearest one that can', () => {
  for (const ms of [-1e18, Number.NEGATIVE_INFINITY, FIRST.getTime() - 1]) expect(iso(ms)).toBe(FIRST.toISOString())
  for (const ms of [1e18, Number.POSITIVE_INFINITY, LAST.getTime() + 1]) expect(iso(ms)).toBe(LAST.toISOString())
})
