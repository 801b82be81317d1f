import { afterEach, describe, expect, test } from 'bun:test'
import { stateOf } from '../../src/dialpad/webhooks/inspection'
import type { Warning } from '../../src/observability/warnings'
import { freshUrl } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { troubles } from '../support/dialpad/troubles'
import { startTestServer, type TestServer } from '../support/server'
import { until } from '../support/until'

/** What an administrator, a proxy or Dialpad itself breaks without a word, and how an operator learns of it. */

let dialpad: Dialpad
let server: TestServer
let appId: string
let apiKey: string
afterEach(async () => {
  await server.stop()
  await dialpad.stop()
})

async function setUp(settings: Record<string, string> = {}, url = freshUrl.sqlite) {
  dialpad = startDialpad({ rateLimits: false })
  const base = { DIALPAD_BASE_URL: dialpad.url, PUBLIC_URL: 'http://127.0.0.1:9', DIALPAD_API_KEY: dialpad.apiKey }
  server = await startTestServer(await url(), { ...base, ...settings })
  ;({ appId, apiKey } = await server.createApp('Acme'))
  const { status } = await server.admin('POST', `/internal/webhooks/create?app_id=${appId}`, {})
  expect(status).toBe(201)
}
async function warnings(): Promise<Warning[]> {
  await server.runJob('registrations at Dialpad')
  return (await server.get('/health')).body.warnings.filter(({ code }: Warning) => code.startsWith('dialpad'))
}
const codes = async () => (await warnings()).map(({ code }) => code)
const reconcile = async () =>
  (await server.admin('POST', `/internal/webhooks/reconcile?app_id=${appId}`)).body.repairs as {
    what: string
    detail: string
  }[]

const listing = async () => (await server.admin('GET', '/internal/dialpad/troubles')).body

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('registrations on %s', (_name, url) => {
  test.each([
    ['a disabled subscription', () => dialpad.administrator.disableSubscriptions('call'), 'subscription disabled'],
    ['deleted subscriptions', () => dialpad.administrator.deleteSubscriptions(), 'subscription deleted'],
    ['a deleted webhook', () => dialpad.administrator.deleteEndpoints('webhook'), 'registration deleted'],
    ['another hook URL', () => dialpad.administrator.changeHookUrls('https://example.org/x'), 'address changed'],
    ['another secret', () => dialpad.administrator.changeSecrets('another-secret'), 'secret changed'],
    [
      'fewer call states',
      () => {
        for (const one of dialpad.state.subscriptions.values())
          if (one.kind === 'call') one.settings.call_states = ['ringing']
      },
      'subscription changed',
    ],
  ])('%s is warned of until it is reconciled, which says what it did', async (_what, breakIt, named) => {
    await setUp({}, url)
    expect(await codes()).toEqual([])
    breakIt()
    const [warning, ...others] = await warnings()
    expect(others).toEqual([])
    expect(warning).toMatchObject({
      code: named.startsWith('subscription') ? 'dialpad_subscription_disabled' : 'dialpad_webhook_failed',
      message: expect.stringContaining(named),
      action: expect.stringContaining('Reconcile'),
    })
    const listed = await listing()
    expect(listed.troubles).toMatchObject([{ code: warning!.code, app_id: appId, repair: 'reconcile' }])
    expect(listed.checked_at).not.toBeNull()
    const repairs = await reconcile()
    expect(repairs.length).toBePositive()
    expect(await listing()).toMatchObject({
      troubles: [],
      repairs: repairs.map((repair) => ({ app_id: appId, repaired_at: expect.any(String), ...repair })),
    })
    expect((await server.get('/health')).body.warnings).toEqual([])
    expect(await codes()).toEqual([])
    expect(await reconcile()).toEqual([])
  })
})

test('an operator checks Dialpad now, and the list says what only a new consent fixes', async () => {
  await setUp()
  expect(await listing()).toEqual({ success: true, troubles: [], checked_at: null, repairs: [] })
  dialpad.administrator.disableSubscriptions()
  const { status, body } = await server.admin('POST', '/internal/dialpad/troubles/check')
  expect([status, body.troubles.length]).toEqual([200, 1])
  dialpad.administrator.withdrawScope('calls:list')
  await server.runJob('backfill')
  expect((await listing()).troubles).toMatchObject([
    { code: 'dialpad_subscription_disabled', repair: 'reconcile' },
    { code: 'dialpad_backfill_refused', repair: null, app_id: appId },
  ])
  expect((await server.get('/internal/dialpad/troubles')).status).toBe(401)
})

test('a refused key says that it may be of the sandbox', async () => {
  await setUp()
  dialpad.faults.add({ on: /./, ...troubles.unauthorized })
  const found = await warnings()
  expect(found.find(({ subject }) => subject === 'DIALPAD_API_KEY')?.action).toContain('sandbox')
  dialpad.faults.clear()
  expect(await codes()).toEqual([])
})

test('a backfill that is refused is warned of with the scope it needs, until one succeeds', async () => {
  await setUp()
  dialpad.administrator.withdrawScope('calls:list')
  await server.runJob('backfill')
  expect(await warnings()).toMatchObject([
    { code: 'dialpad_backfill_refused', action: expect.stringContaining('calls:list'), subject: appId },
  ])
  dialpad.administrator.restoreScope('calls:list')
  await server.runJob('backfill')
  expect(await codes()).toEqual([])
})

test.each([
  ['is away', { status: 503 }],
  ['answers with junk', { status: 200, body: '<html>' }],
] as const)('while Dialpad %s nothing is found and nothing is taken back', async (_what, fault) => {
  await setUp()
  dialpad.faults.add({ on: /subscriptions|webhooks|company/, ...fault })
  expect(await codes()).toEqual([])
  dialpad.faults.clear()
  dialpad.administrator.disableSubscriptions()
  expect(await codes()).toEqual(['dialpad_subscription_disabled'])
  dialpad.faults.add({ on: /subscriptions|webhooks|company/, ...fault })
  expect(await codes()).toEqual(['dialpad_subscription_disabled'])
})

test('in pull mode a deleted websocket is warned of, and the running connection follows what reconcile made', async () => {
  await setUp({ DIALPAD_DELIVERY: 'pull' })
  await server.services.dialpad.start()
  await until('pulling', () => dialpad.sockets.open.size === 1)
  expect(await codes()).toEqual([])
  dialpad.administrator.deleteEndpoints('websocket')
  await until('the connection is lost', async () => (await codes()).includes('dialpad_pull_disconnected'))
  expect(await codes()).toContain('dialpad_webhook_failed')
  expect((await reconcile()).map(({ what }) => what)).toContain('webhook recreated')
  await until('pulling again', () => dialpad.sockets.open.size === 1)
  const call = dialpad.call()
  await call.ring()
  await until('the call', async () => {
    await server.settle()
    return (await server.get(`/api/calls/dialpad:${call.id}`, apiKey)).status === 200
  })
  await until('no warning', async () => (await codes()).length === 0)
})

test('a subscription that Dialpad describes with less than was asked for is not taken for changed', () => {
  const mine = { dialpadSubscriptionId: 1, settings: { call_states: ['ringing', 'hangup'], direction: 'all' } }
  const remote = { id: 1, endpointId: null, enabled: true, callStates: null, direction: null, status: null }
  expect(stateOf(mine, 7, [remote])).toBeNull()
  expect(stateOf(mine, 7, [{ ...remote, callStates: ['all'], endpointId: 7 }])).toBeNull()
  expect(stateOf(mine, 7, [{ ...remote, callStates: ['hangup', 'ringing', 'hold'] }])).toBeNull()
  expect(stateOf(mine, 7, [{ ...remote, callStates: ['hangup'] }])).toBe('subscription changed')
  expect(stateOf(mine, 7, [{ ...remote, endpointId: 8 }])).toBe('subscription changed')
  expect(stateOf(mine, 7, [])).toBe('subscription deleted')
})
