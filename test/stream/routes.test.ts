import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('GET /api/events on %s', (_name, url) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  let orgId = 0
  beforeAll(async () => {
    server = await startTestServer(await url())
  })
  beforeEach(async () => {
    app = await server.createApp('One', ++orgId)
    for (let i = 1; i <= 3; i++) await server.deliver(callEvent(i, 'ringing', T0 + i, { org_id: orgId }))
    await server.deliver(callEvent(1, 'connected', T0 + 10, { org_id: orgId }))
    await server.settle()
  })
  afterAll(() => server.stop())
  const events = (query = '') => server.get(`/api/events${query}`, app.apiKey)
  const seqs = (answer: { body: { events: { seq: number }[] } }) => answer.body.events.map(({ seq }) => seq)

  test('returns every entry after a seq, oldest first, and where to continue', async () => {
    const all = await events()
    expect(seqs(all)).toEqual([1, 2, 3, 4])
    expect(all.body).toMatchObject({ next_after: 4, gap: null, pagination: { has_more: false } })
    const two = await events('?after=1&limit=2')
    expect(seqs(two)).toEqual([2, 3])
    expect(two.body).toMatchObject({ next_after: 3, pagination: { limit: 2, has_more: true } })
    expect((await events('?after=4')).body).toMatchObject({ events: [], next_after: 4 })
  })

  test('filters by pattern, and skips filtered entries', async () => {
    const started = await events('?events=call.started')
    expect(seqs(started)).toEqual([4])
    expect((await events('?events=message.*')).body).toMatchObject({ events: [], next_after: 4 })
    const wrong = await events('?events=call.sarted')
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([422, 'events'])
  })

  test('a long poll is answered as soon as there is an entry', async () => {
    const startedAt = performance.now()
    const waiting = events('?after=4&wait_seconds=30')
    const elsewhere = server.createApp('Other').then(({ apiKey }) => server.get('/api/events', apiKey))
    expect((await elsewhere).body.events).toEqual([])
    await server.deliver(callEvent(9, 'ringing', T0, { org_id: orgId }))
    await server.settle()
    expect(seqs(await waiting)).toEqual([5])
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  test('a long poll without an entry ends when its time is over', async () => {
    expect((await events('?after=4&wait_seconds=1')).body).toMatchObject({ events: [], next_after: 4 })
  })

  test('a long poll whose key is revoked ends with 401', async () => {
    const other = await server.createApp('Revoked')
    const waiting = server.get('/api/events?wait_seconds=1', other.apiKey)
    await server.admin('POST', `/internal/apps/${other.appId}/api-key/revoke`)
    expect((await waiting).status).toBe(401)
  })

  test('purged entries are reported as a gap', async () => {
    const { database, stream } = server.services
    await database.transaction((tx) => stream.store.purge(tx, app.appId, Date.now() + 1000))
    expect((await events('?after=2')).body).toMatchObject({ events: [], gap: { from: 3, to: 4 }, next_after: 4 })
  })

  test.each(['after=-1', 'after=x', 'limit=0', 'limit=101', 'wait_seconds=61', 'aftr=1', 'after=1&after=2'])(
    '%s is 422',
    async (query) => {
      const answer = await events(`?${query}`)
      expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed'])
      expect(answer.body.errors[0].path).toBe(query.split('=')[0])
    },
  )
})

test('a stop ends a long poll with its response', async () => {
  const server = await startTestServer(await freshUrl.sqlite())
  const { apiKey } = await server.createApp('One')
  await server.get('/api/events', apiKey)
  const waiting = server.get('/api/events?wait_seconds=60', apiKey)
  await server.get('/live')
  await server.stop()
  expect((await waiting).body.events).toEqual([])
})
