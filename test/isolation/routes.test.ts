import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { type Documented, operations } from '../support/documented'
import { hmac } from '../support/server'
import { AT, CALLS, CONVERSATION, CUSTOMER, PHONE, USERS } from './seed'
import { type KeyedApp, ONLY_THEIRS, startTwoAppServer, type TwoAppServer } from './two-app-server'

/**
 * Every documented route is asked for one app while another holds rows under the same keys. The answer must show the app's
 * own and nothing of the other's, and the other's rows must be the same before and after, to the byte.
 */

interface Wanted {
  ids?: Record<string, string | number>
  query?: string
  body?: unknown
}
interface Case {
  /** A request that succeeds for the app. */
  own(mine: KeyedApp): Wanted
  /** Part of its answer: the app's mark unless given, for each of its rows has it. Null where nothing of a row is shown. */
  shows?: string | null
  /** Requests that name what is the other's alone: 404. */
  foreign?(mine: KeyedApp, theirs: KeyedApp): Wanted[]
}

const plain = (query = ''): Case => ({ own: () => ({ query }) })
/** A route of one row of the app's, by our id. */
const row = (name: string, more: Wanted & { shows?: string | null } = {}, alike: (string | number)[] = []): Case => ({
  own: (mine) => ({ ...more, ids: { id: mine.idOf(name) } }),
  ...(more.shows === undefined ? {} : { shows: more.shows }),
  foreign: (_mine, theirs) => [theirs.idOf(name), ...alike].map((id) => ({ ...more, ids: { id } })),
})
/** A route under /internal/apps/{app_id}. */
const ofApp = (more: Wanted & { shows?: string | null } = {}): Case => ({
  own: (mine) => ({ ...more, ids: { app_id: mine.id } }),
  ...(more.shows === undefined ? {} : { shows: more.shows }),
})
const rowOfApp = (name: string, more: Wanted & { shows?: string | null } = {}): Case => ({
  own: (mine) => ({ ...more, ids: { app_id: mine.id, id: mine.idOf(name) } }),
  ...(more.shows === undefined ? {} : { shows: more.shows }),
  foreign: (mine, theirs) => [{ ...more, ids: { app_id: mine.id, id: theirs.idOf(name) } }],
})
const deliveryOfApp = (): Case => {
  const of = (asked: KeyedApp, endpoint: KeyedApp, delivery: KeyedApp) => ({
    ids: {
      app_id: asked.id,
      id: endpoint.idOf('endpoint-1'),
      delivery_id: `${delivery.idOf('endpoint-1')}_1`,
    },
  })
  return {
    own: (mine) => of(mine, mine, mine),
    foreign: (mine, theirs) => [of(mine, theirs, theirs), of(mine, mine, theirs)],
  }
}
const keyOfApp = (own: string | number, theirs: string | number): Case => ({
  own: (mine) => ({ ids: { app_id: mine.id, id: own } }),
  foreign: (mine) => [{ ids: { app_id: mine.id, id: theirs } }],
})
const byQuery = (more: Wanted & { shows?: string | null } = {}): Case => ({
  own: (mine) => ({ ...more, query: `?app_id=${mine.id}&${more.query ?? ''}` }),
  ...(more.shows === undefined ? {} : { shows: more.shows }),
})

const dial = { phone_number: '+14155550142', user_id: 'ann' }
const customer = (external_id: string) => ({ external_id, name: 'Ada', phones: [PHONE, ONLY_THEIRS.phone] })
const map = { dialpad_user_id: USERS.ann, crm_user_id: 'eve' }
const mapTheirs = { dialpad_user_id: ONLY_THEIRS.user, crm_user_id: 'eve' }

const OPERATOR = 'an operator looks after the whole server'

const cases: Record<string, Case | string> = {
  getRoot: 'shows no row',
  getHealth: 'shows no row',
  getLiveness: 'shows no row',
  getReadiness: 'shows no row',
  getMetrics: "the server's own figures",
  receiveEvent: 'finds the app itself: see its own tests',
  receiveWebhookEvent: 'signed, not asked with a key: see below',
  connectSocket: 'a socket: see live.test.ts',
  streamEvents: 'never ends: see live.test.ts',
  listApps: 'an operator sees all apps',
  createApp: 'makes an app',
  listSettings: 'shows no row',
  authorizeDialpad: 'opened with a one-time link of one app',
  completeDialpadAuthorization: 'opened with a one-time state of one app',

  getApp: ofApp(),
  updateApp: ofApp({ body: { name: 'Renamed' } }),
  deleteApp: ofApp(),
  getMaintenance: OPERATOR,
  getLoad: OPERATOR,
  resealSecrets: OPERATOR,
  listDialpadTroubles: OPERATOR,
  checkDialpad: OPERATOR,
  listBackups: OPERATOR,
  createBackup: OPERATOR,
  downloadBackup: OPERATOR,
  createBackupLink: OPERATOR,
  downloadBackupByLink: OPERATOR,
  eraseNumber: { own: (mine) => ({ ids: { app_id: mine.id, number: '+14155550177' } }) },
  rotateApiKey: ofApp({ body: { grace_seconds: 3600 } }),
  revokeApiKey: ofApp({ shows: null }),
  getApiKeyStatus: ofApp({ shows: null }),
  listApiKeyAudit: ofApp(),
  mapUser: ofApp({ body: map, shows: 'eve' }),
  mapUsers: ofApp({ body: { mappings: [map, mapTheirs] }, shows: '"created":1' }),
  listMappings: ofApp(),
  getMappingOfDialpadUser: keyOfApp(USERS.carl, ONLY_THEIRS.user),
  getMappingsOfCrmUser: keyOfApp('ann', ONLY_THEIRS.crmUser),
  deleteMappingOfDialpadUser: keyOfApp(USERS.ann, ONLY_THEIRS.user),
  deleteMapping: rowOfApp('mapping-1'),
  listAppVoicemails: ofApp(),
  getAppVoicemail: rowOfApp('voicemail-1'),
  deleteAppVoicemail: rowOfApp('voicemail-1'),
  createAppToken: ofApp({ body: {}, shows: null }),
  createAppConnectLink: ofApp({ shows: null }),
  placeAppCall: ofApp({ body: dial, shows: String(USERS.ann) }),
  sendAppMessage: ofApp({ body: { to_numbers: [PHONE], text: 'Hi', user_id: 'ann' }, shows: null }),
  listDialpadUsers: ofApp({ shows: '"crm_user_id":"ann"' }),
  suggestMappings: ofApp({ body: { crm_users: [] }, shows: '"crm_user_id":"ann"' }),

  listQueuedEvents: byQuery(),
  getQueueStats: byQuery({ shows: '"failed":1' }),
  getQueuedEvent: row('event-1'),
  replayQueuedEvent: row('event-1', { body: {}, shows: null }),
  routeEvents: { own: (mine) => ({ body: { app_id: mine.id } }), shows: null },
  replayQueuedEvents: { own: (mine) => ({ body: { app_id: mine.id } }), shows: ':1' },
  listConnections: byQuery(),
  deleteConnection: row('connection-1'),
  startBackfill: { own: (mine) => ({ body: { app_id: mine.id } }) },
  getBackfill: byQuery(),
  createWebhook: byQuery({ body: {} }),
  listWebhooks: byQuery(),
  reconcileWebhooks: byQuery({ shows: '"repairs":[]' }),
  getWebhook: row('webhook-1'),
  deleteWebhook: row('webhook-1'),
  rotateWebhookSecret: row('webhook-1'),
  testWebhook: row('webhook-1', { shows: '"passed":true' }),
  listSubscriptions: row('webhook-1'),
  createSubscription: row('webhook-1', { body: { kind: 'agent_status' }, shows: 'agent_status' }),
  deleteSubscription: {
    own: (mine) => ({ ids: { id: mine.idOf('webhook-1'), subscription_id: mine.idOf('subscription-1') } }),
    foreign: (mine, theirs) => [
      { ids: { id: mine.idOf('webhook-1'), subscription_id: theirs.idOf('subscription-1') } },
    ],
  },
  listAppEndpoints: ofApp(),
  createAppEndpoint: ofApp({ body: { url: 'http://127.0.0.1:9/' } }),
  getAppEndpoint: rowOfApp('endpoint-1'),
  updateAppEndpoint: rowOfApp('endpoint-1', { body: { description: 'Renamed' } }),
  deleteAppEndpoint: rowOfApp('endpoint-1'),
  rotateAppEndpointSecret: rowOfApp('endpoint-1'),
  testAppEndpoint: rowOfApp('endpoint-1', { shows: '"delivered":false' }),
  listAppEndpointDeliveries: rowOfApp('endpoint-1'),
  redeliverAppEndpointDelivery: deliveryOfApp(),
  replayAppEndpoint: rowOfApp('endpoint-1', { body: { since: 0 } }),
  listEndpoints: plain(),
  createEndpoint: { own: () => ({ body: { url: 'http://127.0.0.1:9/' } }) },
  getEndpoint: row('endpoint-1'),
  updateEndpoint: row('endpoint-1', { body: { description: 'Renamed' } }),
  deleteEndpoint: row('endpoint-1'),
  rotateEndpointSecret: row('endpoint-1'),
  testEndpoint: row('endpoint-1', { shows: '"delivered":false' }),
  listEndpointDeliveries: row('endpoint-1'),
  redeliverEndpointDelivery: deliveryOfApp(),
  replayEndpoint: row('endpoint-1', { body: { since: 0 } }),
  simulateCall: { own: (mine) => ({ body: { app_id: mine.id, scenario: 'sms' } }), shows: null },

  listEvents: plain('?after=0'),
  saveCustomers: {
    own: () => ({ body: { customers: [customer(CUSTOMER), customer(ONLY_THEIRS.customer)] } }),
    shows: null,
  },
  listCustomers: plain(),
  lookupCustomer: {
    own: () => ({ query: `?phone=${encodeURIComponent(PHONE)}` }),
    foreign: () => [{ query: `?phone=${encodeURIComponent(ONLY_THEIRS.phone)}` }],
  },
  getCustomer: row('customer-1', {}, [`external:${ONLY_THEIRS.customer}`]),
  deleteCustomer: row('customer-1', { shows: null }, [`external:${ONLY_THEIRS.customer}`]),
  createToken: { own: () => ({ body: {} }), shows: null },
  createConnectLink: { own: () => ({}), shows: null },
  listCalls: plain(),
  placeCall: { own: () => ({ body: dial }), shows: String(USERS.ann) },
  listActiveCalls: plain(),
  exportCalls: plain('?format=ndjson'),
  listConversations: { own: () => ({}), shows: CONVERSATION },
  getAnalytics: { own: () => ({ query: '?interval=total' }), shows: '"messages_in":5' },
  getServerAnalytics: byQuery({ query: 'interval=total', shows: '"messages_in":5' }),
  getPresence: plain(),
  getConversation: {
    own: () => ({ ids: { id: CONVERSATION } }),
    foreign: () => [{ ids: { id: ONLY_THEIRS.conversation } }],
  },
  getCall: row('call-1', {}, [`dialpad:${ONLY_THEIRS.call}`]),
  hangUpCall: row('call-1', { shows: null }, [`dialpad:${ONLY_THEIRS.call}`]),
  transferCall: row('call-1', { body: { to: { user_id: 'ann' } }, shows: null }, [`dialpad:${ONLY_THEIRS.call}`]),
  getCallRecording: row('call-1', {}, [`dialpad:${ONLY_THEIRS.call}`]),
  listMessages: plain(),
  sendMessage: { own: () => ({ body: { to_numbers: [PHONE], text: 'Hi', user_id: 'ann' } }), shows: null },
  getMessage: row('message-1'),
  getMessageMedia: 'finds the message as getMessage does; see dialpad/message-media.test.ts',
  listVoicemails: plain(),
  getVoicemail: row('voicemail-1'),
  getVoicemailAudio: row('voicemail-1'),
}

/** They end the app or its key, so each works on an app of its own. */
const ENDING = ['deleteApp', 'rotateApiKey', 'revokeApiKey']

const isCase = (one: Documented) => typeof cases[one.id] === 'object'
const named = operations.filter(isCase).map((one) => [`${one.method} ${one.path}`, one, cases[one.id] as Case] as const)

let server: TwoAppServer
let mine: KeyedApp
let theirs: KeyedApp

beforeAll(async () => {
  server = await startTwoAppServer(await freshUrl.sqlite())
  ;({ mine, theirs } = server)
}, 30_000)
afterAll(() => server.stop())
beforeEach(() => server.reseedMine())

async function ask(one: Documented, { ids = {}, query = '', body }: Wanted, key = mine.key) {
  const path = one.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name]!))
  if (one.credentials === 'admin') return server.admin(one.method, `${path}${query}`, body)
  return server.request(one.method, `${path}${query}`, { headers: { 'x-app-api-key': key }, body })
}
const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body))

function expectNothingOfTheirs(answer: string): void {
  for (const of of [theirs.mark, ONLY_THEIRS.crmUser, ONLY_THEIRS.customer, ONLY_THEIRS.conversation])
    expect(answer).not.toContain(of)
}

test('every documented route has a case here, or the reason why it shows no row of an app', () => {
  expect(operations.filter(({ id }) => cases[id] === undefined).map(({ id }) => id)).toEqual([])
  expect(Object.keys(cases).filter((id) => !operations.some((one) => one.id === id))).toEqual([])
})

describe('beside an app with the same keys', () => {
  test.each(named)("%s shows the app's own alone and leaves the other's rows as they were", async (_line, one, it) => {
    const ending = ENDING.includes(one.id) ? await server.createApp('Ending') : null
    const app = ending ? { ...mine, id: ending.appId, mark: ending.appId, key: ending.apiKey } : mine
    const before = await server.theirRows()
    const { status, body } = await ask(one, it.own(app), app.key)
    const answer = textOf(body)
    expect(status, answer).toBeLessThan(300)
    if (it.shows !== null) expect(answer).toContain(it.shows ?? app.mark)
    if (one.id !== 'saveCustomers' && one.id !== 'mapUsers') expectNothingOfTheirs(answer)
    expect(await server.theirRows()).toEqual(before)
    expect(server.dialpad.state.endpoints.has(server.theirEndpoint)).toBe(true)
  })

  const foreign = named.filter(([, one, it]) => it.foreign && !(one.credentials === 'admin' && one.ids.length < 2))
  test.each(foreign)("%s is 404 for what is the other app's", async (_line, one, it) => {
    const before = await server.theirRows()
    for (const wanted of it.foreign!(mine, theirs)) {
      const { status, body } = await ask(one, wanted)
      expect(status).toBe(404)
      expect(textOf({ ...body, detail: '', message: '', error: '' })).not.toContain(theirs.mark)
    }
    expect(await server.theirRows()).toEqual(before)
  })

  const lists = named.filter(([, { operation }]) => operation.parameters?.some(({ name }) => name === 'cursor'))
  const ofOneApp = lists.filter(([, { credentials, ids }]) => credentials === 'app' || ids.includes('app_id'))
  test.each(ofOneApp)('%s takes no cursor of the other app', async (_line, one, it) => {
    const { query: _, ...asked } = it.own(mine)
    const first = await ask(one, { ...it.own(theirs), query: '?limit=1' }, theirs.key)
    const cursor = first.body.pagination.next_cursor
    expect(cursor).toBeString()
    expect((await ask(one, { ...asked, query: `?cursor=${cursor}` })).body.code).toBe('cursor_invalid')
  })

  test.each(lists)("%s counts the app's own alone and ends with its last", async (_line, one, it) => {
    const { ids, body, query } = it.own(mine)
    const wanted = { ...(ids ? { ids } : {}), ...(body ? { body } : {}) }
    const all = await ask(one, { ...wanted, query: `${query || '?'}&include_total=true&limit=100` })
    const rows = Object.values(all.body).find(Array.isArray) as unknown[]
    expect(all.body.pagination).toMatchObject({ total: rows.length, has_more: false })
  })
})

describe('deliveries to the routes of two apps', () => {
  const body = JSON.stringify({ call_id: 7_100_001, state: 'ringing', event_timestamp: AT, direction: 'inbound' })
  const deliver = (app: KeyedApp, secret: string) =>
    server.request('POST', `/webhooks/dialpad/${app.idOf('webhook-1')}`, {
      body,
      headers: { 'x-dialpad-signature': hmac(body, secret) },
    })

  test('the same event delivered to both is no duplicate, and each app has its own call', async () => {
    expect((await deliver(mine, server.secret)).body.duplicate).toBeUndefined()
    await server.settle()
    const before = await server.get('/api/calls/dialpad:7100001', theirs.key)
    expect(before.status).toBe(404)
    const second = await deliver(theirs, server.secret)
    expect(second.status).toBe(200)
    expect(second.body.duplicate).toBeUndefined()
    await server.settle()
    const [my, their] = await Promise.all(
      [mine, theirs].map(({ key }) => server.get('/api/calls/dialpad:7100001', key)),
    )
    expect(my!.status).toBe(200)
    expect(their!.status).toBe(200)
    expect(my!.body.call.id).not.toBe(their!.body.call.id)
  })

  test("later states of one app's call leave the other's call as it is", async () => {
    const ended = JSON.stringify({
      call_id: CALLS.open,
      state: 'hangup',
      event_timestamp: AT + 5000,
      direction: 'inbound',
      date_ended: AT + 5000,
    })
    const before = await server.theirRows()
    await server.request('POST', `/webhooks/dialpad/${mine.idOf('webhook-1')}`, {
      body: ended,
      headers: { 'x-dialpad-signature': hmac(ended, server.secret) },
    })
    await server.settle()
    expect((await server.get(`/api/calls/dialpad:${CALLS.open}`, mine.key)).body.call.status).toBe('ended')
    expect(await server.theirRows()).toEqual(before)
  })
})

describe('Idempotency-Key', () => {
  test('the same key and request of two apps are two requests, and each app is answered its own again', async () => {
    const post = async ({ key }: KeyedApp) =>
      server.request('POST', '/api/tokens', {
        headers: { 'x-app-api-key': key, 'idempotency-key': 'shared-key' },
        body: {},
      })
    const first = await post(theirs)
    const before = await server.theirRows()
    const second = await post(mine)
    expect(second.status).toBe(201)
    expect(second.headers.get('idempotency-replayed')).toBeNull()
    expect(second.body.token).not.toBe(first.body.token)
    expect(await server.theirRows()).toEqual(before)
    expect((await post(theirs)).body.token).toBe(first.body.token)
    expect((await post(mine)).body.token).toBe(second.body.token)
  })
})

test('reconciling one app changes no data of the other app, and deletes none of its objects at Dialpad', async () => {
  const { endpoints, subscriptions } = server.dialpad.state
  const kept = subscriptions.get(server.theirEndpoint + 1)!
  subscriptions.delete(kept.id)
  const before = await server.theirRows()
  const { body } = await server.admin('POST', `/internal/webhooks/reconcile?app_id=${mine.id}`)
  expect(body.repairs).toEqual([])
  expect(endpoints.has(server.theirEndpoint)).toBe(true)
  expect(await server.theirRows()).toEqual(before)
  subscriptions.set(kept.id, kept)
})
