import { expect, test } from 'bun:test'
import { createRateWindow } from '../../src/lib/rate-window'

test('a key is refused beyond its points until its window ends, and another key is not', () => {
  let now = 1000
  const window = createRateWindow(2, 60_000, () => now)
  expect(window.take('a')).toEqual({ allowed: true, remaining: 1, msBeforeNext: 60_000 })
  now += 500
  expect(window.take('a')).toEqual({ allowed: true, remaining: 0, msBeforeNext: 59_500 })
  expect(window.take('a')).toEqual({ allowed: false, remaining: 0, msBeforeNext: 59_500 })
  expect(window.take('b').allowed).toBe(true)
  now += 59_500
  expect(window.take('a')).toEqual({ allowed: true, remaining: 1, msBeforeNext: 60_000 })
  expect(window.take('b').allowed).toBe(true)
})
