import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { hmac, startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('the event queue’s routes on %s', (_name, url) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  const ids: Record<string, string> = {}
  beforeEach(async () => {
    server = await startTestServer(await url())
    app = await server.createApp('One')
    ids.processed = (await server.deliver(callEvent(1, 'ringing', T0))).body.event_id
    const bad = '{"state":"ringing"}'
    ids.quarantined = (
      await server.request('POST', '/webhooks/dialpad', { body: bad, headers: { 'x-dialpad-signature': hmac(bad) } })
    ).body.event_id
    await server.settle()
    await server.createApp('Two')
    ids.unrouted = (
      await server.deliver(callEvent(2, 'ringing', T0, { target: { id: 22, type: 'user' } }))
    ).body.event_id
    ids.dead = (await server.deliver(callEvent(3, 'ringing', T0, { target: null }))).body.event_id
    const { webhookEvents } = server.services.database.tables
    await server.services.database.queries
      .update(webhookEvents)
      .set({ status: 'failed', error: 'Error: broken', attempts: 5, appId: app.appId })
      .where(eq(webhookEvents.id, ids.dead!))
  })
  afterEach(() => server.stop())

  test('lists by status, app and type, and counts', async () => {
    const dead = (await server.admin('GET', '/internal/events?status=failed')).body.events
    expect(dead).toHaveLength(1)
    expect(dead[0]).toMatchObject({ id: ids.dead, attempts: 5, error: 'Error: broken', next_attempt_at: null })
    expect(
      (await server.admin('GET', `/internal/events?app_id=${app.appId}&include_total=true`)).body.pagination.total,
    ).toBe((await server.admin('GET', `/internal/events/stats?app_id=${app.appId}`)).body.total)
    expect((await server.admin('GET', '/internal/events/stats')).body.stats).toMatchObject({
      processed: 1,
      quarantined: 1,
      unrouted: 1,
      failed: 1,
      pending: 0,
    })
    expect((await server.admin('GET', '/internal/events?received_before=2000-01-01')).body.events).toEqual([])
  })

  test('/health warns of dead letters and unrouted events, with what to do, until none is left', async () => {
    const ours = (code: string) => ['dead_letters', 'unrouted_events'].includes(code)
    const warnings = async () =>
      (await server.get('/health')).body.warnings
        .filter(({ code }: { code: string }) => ours(code))
        .sort((a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1))
    expect(await warnings()).toMatchObject([
      {
        code: 'dead_letters',
        message: expect.stringContaining('could not be processed: 1;'),
        action: expect.stringContaining('POST /internal/events/replay'),
      },
      { code: 'unrouted_events', action: expect.stringContaining('POST /internal/events/route') },
    ])
    await server.admin('POST', '/internal/events/replay', {})
    await server.admin('POST', '/internal/events/route', { app_id: app.appId })
    await server.settle()
    expect(await warnings()).toEqual([])
  })

  test('shows the payload as it was parsed', async () => {
    const { body } = await server.admin('GET', `/internal/events/${ids.processed}`)
    expect(body.event).toMatchObject({ status: 'processed', payload: { call_id: 1, state: 'ringing' } })
  })

  test('a quarantined event, and an unrouted one without an app, is 409; with an app it is processed', async () => {
    expect((await server.admin('POST', `/internal/events/${ids.quarantined}/replay`)).body.code).toBe('conflict')
    expect((await server.admin('POST', `/internal/events/${ids.unrouted}/replay`)).body.code).toBe('conflict')
    const nowhere = await server.admin('POST', `/internal/events/${ids.unrouted}/replay`, { app_id: 'nowhere' })
    expect(nowhere.body.code).toBe('app_not_found')
    const done = await server.admin('POST', `/internal/events/${ids.unrouted}/replay`, { app_id: app.appId })
    expect(done.body).toEqual({ success: true, replayed: 1 })
    await server.settle()
    expect((await server.get('/api/calls/dialpad:2', app.apiKey)).status).toBe(200)
  })

  test('dead letters are replayed together and take effect once', async () => {
    expect((await server.admin('POST', '/internal/events/replay')).body.replayed).toBe(1)
    await server.settle()
    expect((await server.get('/api/calls/dialpad:3', app.apiKey)).status).toBe(200)
    expect((await server.admin('POST', '/internal/events/replay', { status: 'failed' })).body.replayed).toBe(0)
    const before = (await server.get('/api/events', app.apiKey)).body.next_after
    await server.admin('POST', `/internal/events/${ids.processed}/replay`)
    await server.settle()
    expect((await server.get('/api/events', app.apiKey)).body.next_after).toBe(before)
    expect((await server.admin('POST', '/internal/events/replay', { status: 'quarantined' })).status).toBe(409)
  })

  test('an unknown event is 404; wrong filters are 422 and name the field', async () => {
    expect((await server.admin('GET', '/internal/events/none')).body.code).toBe('event_not_found')
    expect((await server.admin('POST', '/internal/events/none/replay')).body.code).toBe('event_not_found')
    for (const query of ['status=lost', 'received_after=soon', 'limit=0', 'cursor=forged', 'statsu=failed']) {
      const answer = await server.admin('GET', `/internal/events?${query}`)
      expect(answer.status).toBe(422)
      if (!query.startsWith('cursor')) expect(answer.body.errors[0].path).toBe(query.split('=')[0])
    }
  })
})
