import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createLegIndex } from '../../src/calls/legs'

const counter = () => {
  let n = 0
  return () => `c${String(++n).padStart(4, '0')}`
}

describe('legs of a conversation', () => {
  test('a leg alone is its own conversation', () => {
    const legs = createLegIndex(new Map(), counter())
    legs.join([1])
    expect(legs.changes()).toEqual({ links: [{ dialpadCallId: 1, conversationId: 'c0001' }], merges: [] })
  })

  test('two conversations become one when a later event names both; the older id stays', () => {
    const legs = createLegIndex(
      new Map([
        [1, 'a'],
        [2, 'b'],
      ]),
      counter(),
    )
    legs.join([2, 1])
    expect(legs.conversationOf(2)).toBe('a')
    expect(legs.changes()).toEqual({ links: [], merges: [{ from: 'b', into: 'a' }] })
  })

  test('conversations of conversations end in the oldest, and every leg is found there', () => {
    const links = new Map([1, 2, 3, 4].map((id) => [id, `c${5 - id}`]))
    const legs = createLegIndex(links, counter())
    legs.join([1, 2])
    legs.join([3, 4])
    legs.join([2, 3])
    expect([1, 2, 3, 4].map(legs.conversationOf)).toEqual(['c1', 'c1', 'c1', 'c1'])
    expect(legs.changes().merges.toSorted((a, b) => a.from.localeCompare(b.from))).toEqual([
      { from: 'c2', into: 'c1' },
      { from: 'c3', into: 'c1' },
      { from: 'c4', into: 'c1' },
    ])
  })

  test('legs that were never named together stay apart', () => {
    const legs = createLegIndex(new Map([[1, 'a']]), counter())
    legs.join([2])
    legs.join([1, 3])
    expect([1, 2, 3].map(legs.conversationOf)).toEqual(['a', 'c0001', 'a'])
  })

  test('whatever the order of events, the same legs end up together', () => {
    const edge = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
    fc.assert(
      fc.property(fc.array(edge, { minLength: 1, maxLength: 20 }), fc.infiniteStream(fc.nat()), (edges, keys) => {
        const partition = (order: typeof edges) => {
          const legs = createLegIndex(new Map(), counter())
          for (const pair of order) legs.join(pair)
          const groups = Map.groupBy(new Set(edges.flat()), (id) => legs.conversationOf(id))
          return [...groups.values()].map((ids) => ids.toSorted((a, b) => a - b).join()).sort()
        }
        const shuffled = edges.map((pair) => ({ pair, key: keys.next().value })).sort((a, b) => a.key - b.key)
        expect(partition(shuffled.map(({ pair }) => pair))).toEqual(partition(edges))
      }),
    )
  })
})
