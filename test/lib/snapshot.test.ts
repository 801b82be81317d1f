import { expect, test } from 'bun:test'
import { differsBeside } from '../../src/lib/snapshot'

test('rows are the same whatever the order of their columns and of what those hold', () => {
  expect(differsBeside({ a: 1, b: { x: 1, y: 2 } }, { b: { y: 2, x: 1 }, a: 1 }, [])).toBe(false)
  expect(differsBeside({ a: 1, at: 1 }, { a: 1, at: 2 }, ['at'])).toBe(false)
  expect(differsBeside({ a: 1, b: { x: 1 } }, { a: 1, b: { x: 2 } }, [])).toBe(true)
  expect(differsBeside({ a: 1, b: [1, 2] }, { a: 1, b: [2, 1] }, [])).toBe(true)
})
