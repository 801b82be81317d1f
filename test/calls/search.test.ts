import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createTextSearch, type SearchedList } from '../../src/calls/search'
import { createCallStore } from '../../src/calls/store'
import { type CallOrder, positionOf } from '../../src/calls/store-criteria'
import type { Position } from '../../src/lib/cursor'
import { freshUrl } from '../support/backends'
import { callEvent } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'
import { until } from '../support/until'

const NAMES = [
  'Łukasz ŻÓŁĆ',
  'Σίσυφος',
  'Straße & Söhne',
  '100% Pure_Water',
  'Back\\slash',
  'İpek',
  'ＦＵＬＬ Width',
  '🙂 Smiley',
]
const START = Date.now() - 60_000

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('calls on %s', (_name, url) => {
  let server: TestServer
  let apiKey: string
  let appId: string
  beforeAll(async () => {
    server = await startTestServer(await url())
    ;({ apiKey, appId } = await server.createApp('One'))
    for (const [i, name] of NAMES.entries())
      await server.deliver(
        callEvent(i + 1, 'ringing', START + i, {
          contact: { id: i + 1, type: 'local', name, phone: null, email: null },
        }),
      )
    await server.settle()
  })
  afterAll(() => server.stop())

  async function found(query: Record<string, string>): Promise<string[]> {
    const { status, body } = await server.get(`/api/calls?sort=started_at&${new URLSearchParams(query)}`, apiKey)
    expect(status).toBe(200)
    return body.calls.map((call: { contact: { name: string } }) => call.contact.name)
  }

  test.each([
    ['łukasz', ['Łukasz ŻÓŁĆ']],
    ['żółć', ['Łukasz ŻÓŁĆ']],
    ['ΣΊΣΥ', ['Σίσυφος']],
    ['STRASSE', []],
    ['STRAßE', ['Straße & Söhne']],
    ['söh', ['Straße & Söhne']],
    ['%', ['100% Pure_Water']],
    ['_', ['100% Pure_Water']],
    ['pure_', ['100% Pure_Water']],
    ['\\', ['Back\\slash']],
    ['full width', ['ＦＵＬＬ Width']],
    ['🙂', ['🙂 Smiley']],
    ["' or 1=1 --", []],
    ['nobody', []],
  ])('whose names hold %p are found, whatever the case', async (q, names) => {
    expect(await found({ q })).toEqual(names)
    const { body } = await server.get(`/api/conversations?${new URLSearchParams({ q })}`, apiKey)
    expect(body.conversations).toHaveLength(names.length)
  })

  test('are found by a part of their number, in any format', async () => {
    const { body } = await server.get('/api/calls?limit=1', apiKey)
    const digits = (body.calls[0].from_number as string).slice(1)
    for (const q of [
      digits,
      `+${digits}`,
      digits.slice(2, 8),
      `(${digits.slice(1, 4)}) ${digits.slice(4, 7)}-${digits.slice(7)}`,
    ])
      expect(await found({ q })).toHaveLength(NAMES.length)
    expect(await found({ q: '000111222' })).toEqual([])
  })

  describe('searched three at a time, as among a million, when the time of a request is up at once', () => {
    const search = createTextSearch({ searchMs: 0, minRows: 3 })
    const newest: CallOrder = { by: 'started_at', descending: true }
    const longest: CallOrder = { by: 'duration_seconds', descending: true }
    const oldest: CallOrder = { by: 'started_at', descending: false }

    function lists(
      order: CallOrder,
      text: string,
    ): SearchedList<{ id: string; startedAt: number; durationSeconds: number | null }>[] {
      const { database } = server.services
      const [store, q] = [createCallStore(database), database.queries]
      const criteria = { text: `%${text}%` }
      return [
        {
          skip: (after, rows) => store.skip(q, appId, {}, order, after, rows),
          match: ({ after, end }, limit) => store.page(q, appId, criteria, order, limit, after, 0, end),
          countMatches: (section) => store.countSection(q, appId, criteria, order, section),
        },
        {
          skip: (after, rows) => store.skipConversations(q, appId, {}, order, after, rows),
          match: ({ after, end }, limit) => store.conversationPage(q, appId, criteria, order, limit, after, 0, end),
          countMatches: (section) => store.countConversationSection(q, appId, criteria, order, section),
        },
      ]
    }

    test.each([
      ['newest first', newest],
      ['oldest first', oldest],
      ['longest first', longest],
    ])('are all found once, in order, by as many requests as it takes: %s', async (_order, order) => {
      for (const text of ['', 's', 'nobody'])
        for (const list of lists(order, text)) {
          const whole = await list.match({ after: null, end: null }, 100)
          const found: typeof whole = []
          let requests = 0
          for (let after: Position | null = null; ; requests++) {
            const { rows, stoppedAt }: { rows: typeof whole; stoppedAt: Position | null } = await search.find(
              list,
              2,
              after,
            )
            expect(rows.length).toBeLessThanOrEqual(2)
            found.push(...rows)
            after = rows.length === 2 ? positionOf(rows[1]!, order) : stoppedAt
            if (!after) break
          }
          expect(found.map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
          expect(requests).toBeGreaterThanOrEqual(2)
        }
    })

    test('are counted as far as the time allows, and the count says so', async () => {
      for (const list of lists(newest, '')) {
        expect(await search.count(list, 100)).toEqual({ count: 3, isCapped: true })
        expect(await createTextSearch({ minRows: 3 }).count(list, 100)).toEqual({
          count: NAMES.length,
          isCapped: false,
        })
        expect(await createTextSearch({ minRows: 3 }).count(list, 5)).toEqual({ count: 5, isCapped: true })
      }
    })

    test('are counted and skipped over HTTP as other lists are', async () => {
      const { body } = await server.get('/api/calls?q=s&limit=2&include_total=true', apiKey)
      const { body: rest } = await server.get('/api/calls?q=s&limit=100&offset=2', apiKey)
      expect(body.pagination).toMatchObject({ has_more: true, total: 2 + rest.calls.length })
      expect(body.calls).toHaveLength(2)
      const { body: next } = await server.get(`/api/calls?q=s&limit=100&cursor=${body.pagination.next_cursor}`, apiKey)
      expect(next.calls.map(({ id }: { id: string }) => id)).toEqual(rest.calls.map(({ id }: { id: string }) => id))
    })
  })

  test('that changed since are given by updated_after, however old they are', async () => {
    const { calls } = (await server.get('/api/calls?limit=100', apiKey)).body
    const { conversations } = (await server.get('/api/conversations?limit=100', apiKey)).body
    const instants = [...calls, ...conversations].map((row: { updated_at: string }) => Date.parse(row.updated_at))
    const newest = Math.max(...instants)
    const since = new Date(newest + 1).toISOString()
    expect(await found({ updated_after: since })).toEqual([])
    await until('the clock goes on', () => Date.now() > newest)
    await server.deliver(
      callEvent(3, 'hangup', START + 5000, {
        contact: { id: 3, type: 'local', name: NAMES[2]!, phone: null, email: null },
      }),
    )
    await server.settle()
    expect(await found({ updated_after: since })).toEqual([NAMES[2]!])
    const changed = await server.get(`/api/conversations?updated_after=${since}`, apiKey)
    expect(changed.body.conversations).toHaveLength(1)
    expect(await found({ updated_after: since, q: 'łukasz' })).toEqual([])
  })
})
