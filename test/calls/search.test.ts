import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
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
  beforeAll(async () => {
    server = await startTestServer(await url())
    apiKey = (await server.createApp('One')).apiKey
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
