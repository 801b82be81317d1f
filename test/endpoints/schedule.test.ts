import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  afterAttempt,
  isAbandoned,
  isOutage,
  pauseMs,
  RETRY_DELAYS_MS,
  retryDelayMs,
} from '../../src/endpoints/schedule'

const DAY = 24 * 60 * 60_000

test('a delivery is tried again ten times, each a little later than its delay, and then fails', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 10, maxLength: 10 }),
      (randoms) => {
        const delays = randoms.map((random, index) => retryDelayMs(index + 1, () => random)!)
        for (const [index, delay] of delays.entries())
          expect(delay).toBeWithin(RETRY_DELAYS_MS[index]!, RETRY_DELAYS_MS[index]! * 1.2 + 1)
        expect(retryDelayMs(11)).toBeNull()
      },
    ),
  )
  expect(RETRY_DELAYS_MS.map((ms) => ms / 1000)).toEqual([5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400])
})

test('whatever the attempts, a delivery ends delivered or failed, and early ones cost none of its retries', () => {
  const step = fc.record({ delivered: fc.boolean(), isEarly: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let failures = 0
      let scheduled = 0
      let nextAttemptAt: number | null = 0
      for (const { delivered, isEarly } of steps) {
        const progress = afterAttempt(delivered, failures, isEarly ? nextAttemptAt : null, 1000)
        if (!delivered && !isEarly) scheduled++
        expect(progress.failures).toBe(scheduled)
        expect(progress.status === 'pending').toBe(progress.nextAttemptAt !== null)
        if (progress.status !== 'pending') {
          expect(progress.status).toBe(delivered ? 'delivered' : 'failed')
          if (!delivered) expect(scheduled).toBe(11)
          return
        }
        ;({ failures, nextAttemptAt } = progress)
      }
    }),
  )
})

test('one failure is not an outage, and pauses grow to a minute', () => {
  expect([0, 1, 2, 3].map(isOutage)).toEqual([false, false, true, true])
  expect([2, 3, 4, 5, 6, 50].map(pauseMs)).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000])
})

test('an endpoint is abandoned after five days of failures, not by a clock that jumps ahead', () => {
  expect(isAbandoned(0, 20, 5 * DAY - 1)).toBe(false)
  expect(isAbandoned(0, 20, 5 * DAY)).toBe(true)
  expect(isAbandoned(0, 2, 400 * DAY)).toBe(false)
  expect(isAbandoned(9 * DAY, 20, 0)).toBe(false)
})
