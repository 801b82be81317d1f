import { expect, test } from 'bun:test'
import { differsExcept } from '../../src/lib/snapshot'

test('rows are the same whatever the order of their columns and of what those hold', () => {
  expect(differsExcept({ a: 1, b: { x: 1, y: 2 } }, { b: { y: 2, x: 1 }, a: 1 }, [])).toBe(false)
  expect(differsExcept({ a: 1, at: 1 }, { a: 1, at: 2 }, ['at'])).toBe(false)
  expect(differsExcept({ a: 1, b: { x: 1 } }, { a: 1, b: { x: 2 } }, [])).toBe(true)
  expect(differsExcept({ a: 1, b: [1, 2] }, { a: 1, b: [2, 1] }, [])).toBe(true)
})
