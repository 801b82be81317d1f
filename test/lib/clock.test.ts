import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { iso } from '../../src/lib/clock'

test('an instant is written as the runtime writes it, whatever was written before', () => {
  fc.assert(
    fc.property(fc.array(fc.date({ noInvalidDate: true }), { minLength: 1, maxLength: 20 }), (dates) => {
      for (const date of dates) expect(iso(date.getTime())).toBe(date.toISOString())
    }),
  )
})
