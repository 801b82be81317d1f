import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { EVENT_NAMES } from '../../src/stream/event-names'
import { matchEvents, PATTERNS_IN_QUERY, topicsOfEntry, topicsOfFilter, unknownPatterns } from '../../src/stream/filter'

const named = (pattern: string): string[] => [...(matchEvents([pattern]) ?? EVENT_NAMES)]

describe('event patterns', () => {
  test.each([
    ['call.started', ['call.started']],
    ['call.re*', ['call.resumed', 'call.rejected', 'call.recording.completed', 'call.recap']],
    ['*.received', ['voicemail.received', 'message.received']],
    ['*call*completed', ['call.recording.completed']],
    ['message.*e*', ['message.received', 'message.sent', 'message.updated']],
    ['agent.status*', ['agent.status']],
    ['agent.status*s', []],
    ['*s*s*s*s*', []],
    ['call', []],
    ['call.?ing', []],
    ['', []],
  ])('%s names %j', (pattern, names) => {
    expect(named(pattern)).toEqual(names)
  })

  test('stars match as in a regular expression, for every pattern', () => {
    const part = fc.constantFrom('*', 'c', 'call', '.', 'e', 's', 'status', 'message.', 'ed')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const pattern = parts.join('')
        const reference = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
        expect(named(pattern)).toEqual(EVENT_NAMES.filter((name) => reference.test(name)))
      }),
    )
  })

  test('a pattern of many stars costs no more than any other', () => {
    const began = process.cpuUsage()
    for (let stars = 1; stars <= 64; stars++) expect(unknownPatterns([`${'*'.repeat(stars)}!`])).toHaveLength(1)
    expect(unknownPatterns(['*e'.repeat(31)])).toHaveLength(1)
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(1000)
  })

  test('a query has at most 64 patterns of at most 64 characters', () => {
    const query = (count: number, length: number) => Array.from({ length: count }, () => '*'.repeat(length)).join(',')
    expect(PATTERNS_IN_QUERY.test(query(64, 64))).toBe(true)
    expect(PATTERNS_IN_QUERY.test(query(65, 1))).toBe(false)
    expect(PATTERNS_IN_QUERY.test(query(1, 65))).toBe(false)
  })
})

describe('topics', () => {
  const user = fc.oneof(
    fc.string(),
    fc.constantFrom('ann', 'ann:event:call.ring', 'ann:user:bob', 'ann%3Aevent', 'bob:event:call.ended'),
  )

  test('an entry reaches the subscribers of its user and event, each once, and no others, whatever users are called', () => {
    const filters = fc.record({ userId: user, event: fc.option(fc.constantFrom(...EVENT_NAMES)) })
    fc.assert(
      fc.property(filters, user, fc.constantFrom(...EVENT_NAMES), (wanted, userId, event) => {
        const filter = { userId: wanted.userId, events: wanted.event === null ? null : new Set([wanted.event]) }
        const topics = topicsOfEntry('app', { event, userId })
        const reached = topicsOfFilter('app', filter).filter((topic) => topics.includes(topic)).length
        expect(reached).toBe(wanted.userId === userId && (wanted.event === null || wanted.event === event) ? 1 : 0)
      }),
    )
  })
})
