import { afterEach, describe, expect, test } from 'bun:test'
import type { Warning } from '../../src/observability/warnings'
import { freshUrl } from '../support/backends'
import { playHour, type Scripted } from '../support/dialpad/call-center-hour'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { startTestServer, type TestServer, WEBHOOK_SECRET } from '../support/server'
import { until } from '../support/until'

/**
 * The first day of a company, from its first call to the pull mode it ends with, with everything that goes wrong in
 * between. At its end each of 200 conversations is what the script says it was, and every recording is audio or explained.
 */

const MINUTE = 60_000
const ALL_SCOPES = 'calls:list recordings_export message_content_export:all offline_access'
const CLIENT_SECRET = 'oauth-client-secret-value'

/** The way to the server under test: a proxy that may refuse deliveries, as an overloaded server does, or lead nowhere. */
function startProxy() {
  const tries = new Map<string, number>()
  const proxy = { target: null as string | null, refusesFirst: 0, refused: 0, url: '', stop: () => server.stop(true) }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const body = await request.text()
      if (proxy.target === null) return new Response('down', { status: 502 })
      if (pathname.startsWith('/webhooks/')) {
        const tried = tries.get(body) ?? 0
        tries.set(body, tried + 1)
        if (tried < proxy.refusesFirst) {
          proxy.refused++
          return new Response('busy', { status: 503 })
        }
      }
      const { method, headers } = request
      return fetch(proxy.target + pathname + search, { method, headers, redirect: 'manual', ...(body ? { body } : {}) })
    },
  })
  proxy.url = `http://127.0.0.1:${server.port}`
  return proxy
}

interface App {
  appId: string
  apiKey: string
}

describe.each(Object.entries(freshUrl))('the first day of two companies on %s', (_name, makeUrl) => {
  let now = Date.UTC(2026, 5, 1, 8)
  let proxy: ReturnType<typeof startProxy>
  let plumbing: Dialpad
  let roofing: Dialpad
  let server: TestServer | null = null
  let settings: Record<string, string>
  let databaseUrl: string
  const setClock = (ms: number) => {
    now = ms
  }
  const clock = () => now

  async function start(changes: Record<string, string> = {}) {
    await stop()
    Object.assign(settings, changes)
    server = await startTestServer(databaseUrl, settings, { clock })
    proxy.target = server.url
  }
  async function stop() {
    proxy.target = null
    await server?.stop()
    server = null
  }
  afterEach(async () => {
    await stop()
    proxy.stop()
    await plumbing.stop()
    await roofing.stop()
  })

  const running = () => {
    if (!server) throw new Error('the server is stopped')
    return server
  }
  const admin = (method: string, path: string, body?: unknown) => running().admin(method, path, body)
  const warnings = async (): Promise<Warning[]> => (await running().get('/health')).body.warnings
  const codes = async () => (await warnings()).map(({ code }) => code)
  const events = async () => (await admin('GET', '/internal/events/stats')).body.stats

  /** What an administrator at Dialpad has done by hand: events go to the shared route, signed with the shared secret. */
  function registerSharedRoute({ state }: Dialpad): () => void {
    const [endpointId, id] = [state.nextId(), state.nextId()]
    const hookUrl = `${proxy.url}/webhooks/dialpad`
    state.endpoints.set(endpointId, { id: endpointId, kind: 'webhook', hookUrl, secret: WEBHOOK_SECRET })
    state.subscriptions.set(id, { id, kind: 'call', endpointId, settings: {}, enabled: true, scopes: 'all' })
    return () => {
      state.subscriptions.delete(id)
      state.endpoints.delete(endpointId)
    }
  }

  const backfill = async ({ appId }: App) =>
    (await admin('GET', `/internal/dialpad/connections/backfill?app_id=${appId}`)).body.backfill

  async function rows<Row>({ apiKey }: App, path: string, name: string): Promise<Row[]> {
    const all: Row[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await running().get(`${path}?limit=100${cursor ? `&cursor=${cursor}` : ''}`, apiKey)
      all.push(...body[name])
      cursor = body.pagination.next_cursor
    }
    return all
  }

  /** Compares every conversation of the app with the script. */
  async function expectTruth(app: App, scripted: Scripted[]): Promise<void> {
    await running().settle()
    await running().runJob('undecided calls')
    const calls = await rows<{ dialpad_call_id: number; conversation_id: string }>(app, '/api/calls', 'calls')
    const conversations = await rows<Record<string, unknown>>(app, '/api/conversations', 'conversations')
    const conversationOf = new Map(calls.map((call) => [call.dialpad_call_id, call.conversation_id]))
    const byId = new Map(conversations.map((one) => [one.id, one]))
    const found = scripted.map(({ kind, legs, truth }) => {
      const ids = new Set(legs.map(({ id }) => conversationOf.get(id)))
      const one = ids.size === 1 ? byId.get([...ids][0]!) : undefined
      const figures = one && Object.fromEntries(Object.keys(truth).map((name) => [name, one[name]]))
      return { kind, first: legs[0]!.id, ...(figures ?? { conversations: [...ids] }) }
    })
    expect(found).toEqual(scripted.map(({ kind, legs, truth }) => ({ kind, first: legs[0]!.id, ...truth })))
    expect([conversations.length, calls.length]).toEqual([scripted.length, scripted.flatMap(({ legs }) => legs).length])
  }

  /** Asks for every recording and voicemail: it is audio, or a problem that says what people can do. */
  async function expectAudio(app: App, scripted: Scripted[], isConnected: boolean): Promise<void> {
    const fetched = async (path: string) => {
      const response = await fetch(`${running().url}${path}`, { headers: { 'x-app-api-key': app.apiKey } })
      const type = response.headers.get('content-type') ?? ''
      if (response.status === 200) {
        expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(1000)
        return type.startsWith('audio/') ? 'audio' : type
      }
      const { code, detail } = (await response.json()) as { code: string; detail: string }
      return /^(recording_not_found|dialpad_not_connected)$/.test(code) && detail.length > 40 ? 'explained' : code
    }
    const recorded = scripted.filter(({ recording }) => recording !== undefined)
    for (const { legs, recording } of recorded) {
      const path = `/api/calls/dialpad:${legs[0]!.id}/recording`
      expect([legs[0]!.id, await fetched(path)]).toEqual([legs[0]!.id, isConnected ? recording! : 'explained'])
    }
    const voicemails = await rows<{ id: string; dialpad_call_id: number }>(app, '/api/voicemails', 'voicemails')
    const left = scripted.filter(({ kind }) => kind === 'voicemail').map(({ legs }) => legs[0]!.id)
    expect(voicemails.map(({ dialpad_call_id }) => dialpad_call_id).sort()).toEqual(left.sort())
    for (const { id } of voicemails)
      expect(await fetched(`/api/voicemails/${id}/audio`)).toBe(isConnected ? 'audio' : 'explained')
  }

  async function connect({ appId }: App): Promise<void> {
    const { body } = await admin('POST', `/internal/apps/${appId}/dialpad/connect-link`)
    expect(await (await fetch(body.url)).json()).toEqual({ status: 'connected', org_id: plumbing.state.company.id })
  }

  async function createApp(name: string): Promise<App & { warned: string[] }> {
    const { body } = await admin('POST', '/internal/apps', { name })
    return {
      appId: body.app_id,
      apiKey: body.api_key,
      warned: body.warnings.map(({ code }: Warning) => code),
    }
  }

  test('has the right figures for every conversation, and reports every problem while it lasts', async () => {
    proxy = startProxy()
    databaseUrl = await makeUrl()
    plumbing = startDialpad({ clock, rateLimits: false, clientSecret: CLIENT_SECRET })
    plumbing.allowRedirectTo(`${proxy.url}/auth/dialpad/callback`)
    roofing = startDialpad({ clock, rateLimits: false })
    // Another account: nothing in it has an id of the first.
    roofing.state.officeId += 500_000_000
    for (const user of roofing.state.users) {
      user.id += 500_000_000
      user.office_id = roofing.state.officeId
    }
    while (roofing.state.nextId() < 5_000_000_400_000_000);
    settings = {
      DIALPAD_BASE_URL: plumbing.url,
      PUBLIC_URL: proxy.url,
      DIALPAD_SANDBOX_CLIENT_ID: plumbing.clientId,
      DIALPAD_SANDBOX_CLIENT_SECRET: CLIENT_SECRET,
      DIALPAD_SCOPES: 'calls:list offline_access',
    }
    const played = { plumbing: [] as Scripted[], roofing: [] as Scripted[] }
    const play = async (
      company: 'plumbing' | 'roofing',
      count: number,
      more: Partial<Parameters<typeof playHour>[1]> = {},
    ) => {
      const first = played.plumbing.length + played.roofing.length
      const dialpad = company === 'plumbing' ? plumbing : roofing
      played[company].push(...(await playHour(dialpad, { count, first, setClock, ...more })))
      await running().settle()
    }

    // A company, and consent that lacks scopes.
    await start()
    const a = await createApp('Plumbing')
    expect(a.warned).toEqual([])
    const endShared = registerSharedRoute(plumbing)
    registerSharedRoute(roofing)
    await play('plumbing', 4)
    await connect(a)
    const missing = (await warnings()).filter(({ code }) => code === 'dialpad_scope_missing')
    expect(missing.map(({ message }) => /scope (\S+):/.exec(message)?.[1])).toEqual([
      'recordings_export',
      'message_content_export:all',
    ])
    await start({ DIALPAD_SCOPES: ALL_SCOPES })
    await connect(a)
    expect(await codes()).toEqual([])

    // A second company on the same route.
    const b = await createApp('Roofing')
    expect(b.warned).toEqual(['shared_route_ambiguous'])
    expect(await codes()).toEqual(['shared_route_ambiguous'])
    const mappings = roofing.state.users.map(({ id, display_name }) => ({
      dialpad_user_id: id,
      crm_user_id: display_name,
    }))
    expect((await admin('POST', `/internal/apps/${b.appId}/users/batch-map`, { mappings })).status).toBe(200)
    expect(await codes()).toEqual([])

    // The busy hour of both. What only a mapping tells of leaves queues unknown, until the operator says whose they are.
    await play('roofing', 48, { without: ['goneSilent'] })
    await play('plumbing', 52)
    expect(await codes()).toEqual(['unrouted_events'])
    const unrouted = (await events()).unrouted
    expect((await admin('POST', '/internal/events/route', { app_id: b.appId })).body.replayed).toBe(unrouted)
    await running().settle()
    expect(await codes()).toEqual([])
    await play('roofing', 13, { without: ['goneSilent'] })
    expect((await events()).unrouted).toBe(0)
    await running().runJob('backfill')
    await expectTruth(a, played.plumbing)
    await expectTruth(b, played.roofing)

    // A webhook of its own, while this server refuses deliveries at first, and then is away.
    expect((await admin('POST', `/internal/webhooks/create?app_id=${a.appId}`, {})).status).toBe(201)
    endShared()
    proxy.refusesFirst = 2
    await play('plumbing', 26, { without: ['goneSilent'] })
    expect(proxy.refused).toBeGreaterThan(200)
    await expectTruth(a, played.plumbing)
    proxy.refusesFirst = 0
    proxy.target = null
    await play('plumbing', 13)
    await start()
    await until('the gap is filled', async () => (await backfill(a)).last_finished_at === new Date(now).toISOString())
    await expectTruth(a, played.plumbing)
    expect(await codes()).toEqual([])

    // An administrator disables a subscription.
    plumbing.administrator.disableSubscriptions('call')
    await play('plumbing', 13)
    expect(await codes()).toEqual([])
    await running().runJob('registrations at Dialpad')
    expect(await codes()).toEqual(['dialpad_subscription_disabled'])
    const { repairs } = (await admin('POST', `/internal/webhooks/reconcile?app_id=${a.appId}`)).body
    expect(repairs).toMatchObject([{ detail: 'call: subscription disabled' }])
    expect(await codes()).toEqual([])
    await running().runJob('backfill')
    await expectTruth(a, played.plumbing)

    // The switch to pull.
    const [webhook] = (await admin('GET', '/internal/webhooks')).body.webhooks
    await start({ DIALPAD_DELIVERY: 'pull' })
    expect((await admin('POST', `/internal/webhooks/create?app_id=${a.appId}`, {})).body.hook_url).toBeNull()
    await admin('DELETE', `/internal/webhooks/${webhook.webhook_id}`)
    await until('pulling', () => plumbing.sockets.open.size === 1)
    await play('plumbing', 21, { without: ['goneSilent'] })
    const arrived = async () => {
      await running().settle()
      const calls = await rows(a, '/api/calls', 'calls')
      return calls.length === played.plumbing.flatMap(({ legs }) => legs).length
    }
    await until('every frame', arrived)
    plumbing.administrator.deleteEndpoints('websocket')
    await until('the loss is noticed', async () => (await codes()).includes('dialpad_pull_disconnected'))
    await running().runJob('registrations at Dialpad')
    expect((await codes()).toSorted()).toEqual(['dialpad_pull_disconnected', 'dialpad_webhook_failed'])
    await admin('POST', `/internal/webhooks/reconcile?app_id=${a.appId}`)
    await until('pulling again', () => plumbing.sockets.open.size === 1)
    await play('plumbing', 10, { without: ['goneSilent'] })
    await until('every frame', arrived)
    await until('no warning', async () => (await codes()).length === 0)

    // The end of the day.
    now += 40 * MINUTE
    await running().runJob('quiet calls')
    await running().runJob('backfill')
    expect(played.plumbing.length + played.roofing.length).toBe(200)
    await expectTruth(a, played.plumbing)
    await expectTruth(b, played.roofing)
    await expectAudio(a, played.plumbing, true)
    await expectAudio(b, played.roofing, false)
    expect(await events()).toMatchObject({ pending: 0, failed: 0, unrouted: 0, quarantined: 0, unknown: 0 })
    expect(await codes()).toEqual([])
  }, 120_000)
})
