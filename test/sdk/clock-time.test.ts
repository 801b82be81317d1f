import { expect, test } from 'bun:test'
import { clockTime } from '../../src/sdk/react/format'

test.each([
  [0, '0:00'],
  [9.9, '0:09'],
  [61, '1:01'],
  [600, '10:00'],
  [3599, '59:59'],
  [3661, '1:01:01'],
  [36_000, '10:00:00'],
  [-5, '0:00'],
])('a call of %d seconds shows %s', (seconds, shown) => {
  expect(clockTime(seconds)).toBe(shown)
})
