import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('the shared route of two apps on %s', (_name, url) => {
  let server: TestServer
  let first: { appId: string; apiKey: string }
  let second: { appId: string; apiKey: string }
  beforeAll(async () => {
    server = await startTestServer(await url())
  }, 60_000)
  beforeEach(async () => {
    first = await server.createApp('First')
    second = await server.createApp('Second')
  })
  afterEach(async () => {
    const { apps } = (await server.admin('GET', '/internal/apps')).body
    for (const { app_id } of apps) await server.admin('DELETE', `/internal/apps/${app_id}`)
  })
  afterAll(() => server.stop())

  const callsOf = async ({ apiKey }: { apiKey: string }) =>
    (await server.get('/api/calls?sort=started_at', apiKey)).body.calls.map(
      ({ dialpad_call_id }: { dialpad_call_id: number }) => dialpad_call_id,
    )
  const unroutedWarnings = async () =>
    (await server.get('/health')).body.warnings.filter(({ code }: { code: string }) => code === 'unrouted_events')
  const change = (appId: string, body: object) => server.admin('PATCH', `/internal/apps/${appId}`, body)

  test('stores events without an app, warns in /health, and assigns all of them to an app at once', async () => {
    expect(await unroutedWarnings()).toEqual([])
    for (const id of [1, 2, 3]) await server.deliver(callEvent(id, 'ringing', T0 + id))
    await server.settle()
    expect([await callsOf(first), await callsOf(second)]).toEqual([[], []])
    expect(await unroutedWarnings()).toMatchObject([{ message: expect.stringContaining('shared route: 3;') }])
    const refused = await server.admin('POST', '/internal/events/replay', { status: 'unrouted' })
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('/internal/events/route')])

    const other = await server.admin('POST', '/internal/events/route', { app_id: second.appId, event_type: 'hangup' })
    expect(other.body).toEqual({ success: true, replayed: 0 })
    const { body } = await server.admin('POST', '/internal/events/route', { app_id: second.appId })
    expect(body).toEqual({ success: true, replayed: 3 })
    await server.settle()
    expect([await callsOf(first), (await callsOf(second)).sort()]).toEqual([[], [1, 2, 3]])
    expect(await unroutedWarnings()).toEqual([])

    // What the operator said of these events holds for the next ones of the same user.
    await server.deliver(callEvent(1, 'hangup', T0 + 4))
    await server.deliver(callEvent(4, 'ringing', T0, { target: { id: 99, type: 'user' } }))
    await server.settle()
    expect([await callsOf(first), (await callsOf(second)).sort()]).toEqual([[], [1, 2, 3]])
    expect(await unroutedWarnings()).toMatchObject([{ message: expect.stringContaining('shared route: 1;') }])
    const { events } = (await server.admin('GET', '/internal/events?status=unrouted')).body
    const replay = (body?: object) => server.admin('POST', `/internal/events/${events[0].id}/replay`, body)
    expect((await replay()).status).toBe(409)
    expect((await replay({ app_id: first.appId })).status).toBe(200)
    await server.deliver(callEvent(5, 'ringing', T0, { target: { id: 99, type: 'user' } }))
    await server.settle()
    expect((await callsOf(first)).sort()).toEqual([4, 5])
    expect(await unroutedWarnings()).toEqual([])
  })

  test('is kept by at most one app, and an app of the event’s organization goes before it', async () => {
    expect((await change(first.appId, { shared_route: true })).body.app.shared_route).toBe(true)
    const nobodys = { target: { id: 12345, type: 'user' } }
    await server.deliver(callEvent(10, 'ringing', T0, nobodys))
    await server.settle()
    expect(await callsOf(first)).toContain(10)

    await change(second.appId, { shared_route: true })
    const { apps } = (await server.admin('GET', '/internal/apps')).body
    const kept = apps.filter(({ shared_route }: { shared_route: boolean }) => shared_route)
    expect(kept.map(({ app_id }: { app_id: string }) => app_id)).toEqual([second.appId])
    await change(first.appId, { dialpad_org_id: 77 })
    await server.deliver({ organization_id: 77, ...callEvent(11, 'ringing', T0 + 1, { target: null }) })
    await server.deliver(callEvent(12, 'ringing', T0 + 2, nobodys))
    await server.settle()
    expect(await callsOf(first)).toContain(11)
    expect(await callsOf(second)).toContain(12)
  })

  test('that is in use causes a warning when another app is created, which /health repeats until the app is known', async () => {
    const map = (appId: string, dialpad_user_id: number, crm_user_id: string) =>
      server.admin('POST', `/internal/apps/${appId}/users/map`, { dialpad_user_id, crm_user_id })
    await map(first.appId, 441, 'ann')
    await map(second.appId, 442, 'bob')
    await change(second.appId, { shared_route: true })
    await server.deliver(callEvent(30, 'ringing', T0, { target: { id: 443, type: 'user' } }))
    await server.settle()
    const make = async (name: string) => (await server.admin('POST', '/internal/apps', { name })).body
    const third = await make('Third')
    expect(third.warnings).toEqual([])
    await change(second.appId, { shared_route: false })
    const fourth = await make('Fourth')
    expect(fourth.warnings).toMatchObject([
      { code: 'shared_route_ambiguous', action: expect.stringContaining('shared_route') },
    ])
    const ambiguous = async () =>
      (await server.get('/health')).body.warnings.filter(
        ({ code }: { code: string }) => code === 'shared_route_ambiguous',
      )
    expect(await ambiguous()).toMatchObject([{ message: expect.stringContaining('2 of 4 apps') }])

    await server.admin('DELETE', `/internal/apps/${third.app_id}`)
    expect(await ambiguous()).toMatchObject([{ subject: fourth.app_id }])
    await map(fourth.app_id, 444, 'dora')
    expect(await ambiguous()).toEqual([])
    await server.deliver(callEvent(40, 'ringing', T0, { target: { id: 444, type: 'user' } }))
    await server.settle()
    expect(await callsOf({ apiKey: fourth.api_key })).toEqual([40])
  })
})
