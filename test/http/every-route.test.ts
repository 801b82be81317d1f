import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { z } from 'zod'
import { createApp } from '../../src/app/http'
import { freshUrl } from '../support/backends'
import { startDialpad } from '../support/dialpad/start'
import { createCaller, type Documented, exampleBody, operations, type Wanted } from '../support/documented'
import { freePort } from '../support/free-port'
import { ADMIN_SECRET, hmac, startTestServer, type TestServer } from '../support/server'
import { startGate } from '../support/tcp-gate'
import { until } from '../support/until'

/** Every documented route: success, no credentials, another app's key, and each documented problem that can be provoked. */

const SECRET_OF_MINE = 'Only-of-mine-7f3a'
const byId = (id: string): Documented => operations.find((one) => one.id === id)!
const of = (credentials: Documented['credentials']) => operations.filter((one) => one.credentials === credentials)
const named = (some: Documented[]) => some.map((one) => [`${one.method} ${one.path}`, one] as const)

const dialpad = startDialpad({ rateLimits: false, wait: async () => {} })
const seen = new Set<string>()
let server: TestServer
let call: ReturnType<typeof createCaller>
let mine: { appId: string; apiKey: string }
let other: { appId: string; apiKey: string }
let readToken: string
const ids: Record<string, string> = {}

const keyOf = (one: Documented) =>
  one.credentials === 'admin' ? ADMIN_SECRET : one.credentials === 'app' ? mine.apiKey : null

/** What makes each operation succeed; the body is the document's own example unless another is needed. */
const successes: Record<string, () => Wanted> = {
  deleteAnApp: () => ({ ids: { app_id: ids.doomed! } }),
  rotateTheAPIKey: () => ({ ids: { app_id: ids.spare! } }),
  revokeTheAPIKey: () => ({ ids: { app_id: ids.spare! } }),
  changeAnApp: () => ({ ids: { app_id: ids.spare! }, body: { name: 'Renamed' } }),
  lookUpADialpadUser: () => ({ ids: { app_id: mine.appId, id: 5991398486736896 } }),
  lookUpACRMUser: () => ({ ids: { app_id: mine.appId, id: 'ann@example.com' } }),
  deleteTheMappingOfADialpadUser: () => ({ ids: { app_id: mine.appId, id: 777 } }),
  deleteAUserMapping: () => ({ ids: { app_id: mine.appId, id: ids.mapping! } }),
  readAnAppsVoicemail: () => ({ ids: { app_id: mine.appId, id: ids.voicemail! } }),
  deleteAVoicemail: () => ({ ids: { app_id: mine.appId, id: ids.spareVoicemail! } }),
  readAnEvent: () => ({ ids: { id: ids.event! } }),
  replayAnEvent: () => ({ ids: { id: ids.event! }, body: {} }),
  replayManyEvents: () => ({ body: { status: 'failed' } }),
  lookUpANumber: () => ({ query: '?phone=%2B15551234567' }),
  readACustomer: () => ({ ids: { id: ids.customer! } }),
  deleteACustomer: () => ({ ids: { id: 'external:doomed' } }),
  clickToCall: () => ({ body: { phone_number: '+14155550142', dialpad_user_id: dialpad.state.users[0]!.id } }),
  sendAnSMS: () => ({
    body: { to_numbers: ['+14155550142'], text: 'Hi', dialpad_user_id: dialpad.state.users[0]!.id },
  }),
  readAConversation: () => ({ ids: { id: ids.conversation! } }),
  readACall: () => ({ ids: { id: ids.call! } }),
  readAMessage: () => ({ ids: { id: ids.message! } }),
  readAVoicemail: () => ({ ids: { id: ids.voicemail! } }),
  streamTheRecordingOfACall: () => ({ ids: { id: ids.call! } }),
  streamAVoicemail: () => ({ ids: { id: ids.voicemail! } }),
  transferACall: () => ({ ids: { id: ids.call! }, body: { to: { phone_number: '+14155550199' } } }),
  hangUp: () => ({ ids: { id: ids.ringing! } }),
  receiveAnEventOnTheSharedRoute: () => signed({ call_id: 90, state: 'ringing' }),
  createAWebhookAtDialpad: () => ({ query: `?app_id=${mine.appId}`, body: { sms: true } }),
  reconcileWithDialpad: () => ({ query: `?app_id=${mine.appId}` }),
  inspectAWebhook: () => ({ ids: { id: ids.webhook! } }),
  testAWebhook: () => ({ ids: { id: ids.webhook! } }),
  rotateTheSecretOfAWebhook: () => ({ ids: { id: ids.webhook! } }),
  listTheSubscriptionsOfAWebhook: () => ({ ids: { id: ids.webhook! } }),
  addASubscription: () => ({ ids: { id: ids.webhook! }, body: { kind: 'agent_status' } }),
  removeASubscription: () => ({ ids: { id: ids.webhook!, subscription_id: ids.subscription! } }),
  deleteAWebhook: () => ({ ids: { id: ids.spareWebhook! } }),
  receiveAnEventOnAnAppsOwnRoute: () => ({
    ...signed({ call_id: 91, state: 'ringing' }, secretOf(ids.webhook!)),
    ids: { webhook_id: ids.webhook! },
  }),
  lookForMissedCalls: () => ({ body: { app_id: mine.appId } }),
  readTheStateOfTheBackfill: () => ({ query: `?app_id=${mine.appId}` }),
  beginToConnectADialpadAccount: () => ({ query: new URL(ids.link!).search }),
  finishConnectingADialpadAccount: () => ({ query: new URL(ids.callback!).search }),
  deauthoriseAConnection: () => ({ ids: { id: ids.connection! } }),
  suggestMappingsByEMail: () => ({ ids: { app_id: mine.appId }, body: { crm_users: [] } }),
  simulateACall: () => ({ body: { app_id: ids.spare! } }),
}
const wantedOf = (one: Documented): Wanted => ({
  ids: { app_id: mine.appId },
  ...(one.operation.requestBody ? { body: exampleBody(one) } : {}),
  ...successes[one.id]?.(),
})

function signed(event: object, secret?: string): Wanted {
  const body = JSON.stringify(event)
  return { body, headers: { 'x-dialpad-signature': hmac(body, secret) } }
}
const secretOf = (id: string) =>
  [...dialpad.state.endpoints.values()].find(({ hookUrl }) => hookUrl?.endsWith(id))!.secret!

const settings = (url: string) => ({
  DIALPAD_API_KEY: dialpad.apiKey,
  DIALPAD_BASE_URL: dialpad.url,
  DIALPAD_SANDBOX_CLIENT_ID: dialpad.clientId,
  DIALPAD_SANDBOX_CLIENT_SECRET: dialpad.clientSecret,
  PUBLIC_URL: url,
})
const modelsOf = (running: TestServer) =>
  (
    createApp(running.services, { state: () => 'ready', port: () => 0 }) as unknown as {
      getGlobalDefinitions(): { type: Record<string, z.ZodType> }
    }
  ).getGlobalDefinitions().type

/** An operation that needs what another made is asked after it. */
const ORDER = [
  'createAWebhookAtDialpad',
  'addASubscription',
  'beginToConnectADialpadAccount',
  'finishConnectingADialpadAccount',
]
const LAST = ['deleteTheMappingOfADialpadUser', 'deleteAUserMapping', 'deleteAWebhook', 'hangUp', 'transferACall']
const inOrder = [
  ...ORDER.map(byId),
  ...operations.filter(({ id }) => !ORDER.includes(id) && !LAST.includes(id)),
  ...LAST.map(byId),
]

beforeAll(async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  dialpad.allowRedirectTo(`${url}/auth/dialpad/callback`)
  server = await startTestServer(await freshUrl.sqlite(), { PORT: String(port), ...settings(url) })
  call = createCaller(url, modelsOf(server), seen)
  mine = await server.createApp('Mine')
  other = await server.createApp('Other')
  ids.spare = (await server.createApp('Spare')).appId
  ids.doomed = (await server.createApp('Doomed')).appId
  const admin = async (id: string, wanted: Wanted) => must(await call(byId(id), ADMIN_SECRET, wanted))
  const app = async (id: string, wanted: Wanted = {}) => must(await call(byId(id), mine.apiKey, wanted))
  readToken = (await app('makeATokenForABrowser', { body: {} })).token
  const own = { app_id: mine.appId }

  for (const [dialpad_user_id, crm_user_id] of [
    [5991398486736896, 'ann@example.com'],
    [777, SECRET_OF_MINE],
  ])
    await admin('mapADialpadUser', { ids: own, body: { dialpad_user_id, crm_user_id } })
  ids.mapping = (
    await admin('mapADialpadUser', { ids: own, body: { dialpad_user_id: 778, crm_user_id: 'x' } })
  ).mapping.id
  await app('createOrReplaceCustomers', {
    body: {
      customers: [
        { external_id: SECRET_OF_MINE, name: SECRET_OF_MINE, phones: ['+15551234567'] },
        { external_id: 'doomed', name: 'Doomed' },
      ],
    },
  })
  ids.customer = (await app('readACustomer', { ids: { id: `external:${SECRET_OF_MINE}` } })).customer.id

  const made = await admin('createAWebhookAtDialpad', { query: `?app_id=${mine.appId}` })

  ids.webhook = made.webhook_id
  const heard = dialpad.call()
  await heard.ring()
  await heard.connect()
  await heard.recorded(new Uint8Array(1000).fill(5))
  const ringing = dialpad.call()
  await ringing.ring()
  for (let i = 0; i < 2; i++) await dialpad.call().voicemail(new Uint8Array(700))
  ids.call = `dialpad:${heard.id}`
  ids.ringing = `dialpad:${ringing.id}`
  await until('two voicemails are there', async () => (await app('listVoicemails')).voicemails.length === 2)
  const { voicemails } = await app('listVoicemails')
  ids.voicemail = voicemails[0].id
  ids.spareVoicemail = voicemails[1].id
  ids.conversation = (await app('readACall', { ids: { id: ids.call } })).call.conversation_id
  await dialpad.deliver('sms', {
    id: 4400,
    created_date: Date.now(),
    direction: 'inbound',
    from_number: '+15551234567',
    to_number: ['+15559876543'],
    text: SECRET_OF_MINE,
    message_status: 'success',
    target: { id: 5991398486736896, type: 'user' },
  })
  await until('a message is there', async () => (await app('listMessages')).messages.length > 0)
  ids.message = (await app('listMessages')).messages[0].id
  ids.event = (await admin('listReceivedEvents', { query: '?status=processed&limit=1' })).events[0].id

  const subscribed = await admin('addASubscription', { ids: { id: ids.webhook! }, body: { kind: 'agent_status' } })
  ids.subscription = subscribed.subscription.id
  ids.link = (await admin('makeAConnectLinkForAnAppsAdministrator', { ids: own })).url
  const consent = await fetch(ids.link!, { redirect: 'manual' })
  const callback = await fetch(consent.headers.get('location')!, { redirect: 'manual' })
  await fetch(callback.headers.get('location')!)
  ids.connection = (await admin('listConnections', {})).connections[0].id
  ids.link = (await admin('makeAConnectLinkForAnAppsAdministrator', { ids: own })).url
  const again = await fetch((await admin('makeAConnectLinkForAnAppsAdministrator', { ids: own })).url, {
    redirect: 'manual',
  })
  ids.callback = (await fetch(again.headers.get('location')!, { redirect: 'manual' })).headers.get('location')!
  await admin('removeASubscription', { ids: { id: ids.webhook!, subscription_id: ids.subscription! } })
  const replaced = await admin('addASubscription', { ids: { id: ids.webhook! }, body: { kind: 'agent_status' } })
  ids.subscription = replaced.subscription.id
}, 60_000)
afterAll(async () => {
  await server.stop()
  await dialpad.stop()
})

describe('the document', () => {
  test('has every route of the app, and no other', () => {
    const shown = createApp(server.services, { state: () => 'ready', port: () => 0 }).routes.flatMap(
      ({ method, path, hooks }) =>
        hooks.detail?.hide ? [] : [`${method} ${path.replace(/:(\w+)/g, '{$1}').replace(/(.)\/$/, '$1')}`],
    )
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...new Set(shown)].sort())
    const hidden = createApp(server.services, { state: () => 'ready', port: () => 0 }).routes.filter(
      ({ hooks }) => hooks.detail?.hide,
    )
    for (const { path } of hidden) expect(path).toMatch(/^\/(console|sdk|swagger)(\/|$)/)
  })

  test.each(named(operations))('%s has a summary, a description, a tag that is described, and 500', (_line, one) => {
    const { summary, description, tags, responses } = one.operation
    expect(summary.length).toBeGreaterThan(5)
    expect(description?.length).toBeGreaterThan(5)
    expect(tags).toHaveLength(1)
    expect(responses[500]).toBeDefined()
  })
})

describe('without credentials, and with wrong ones', () => {
  test.each(named([...of('admin'), ...of('app')]))('%s is 401 and tells nothing else', async (_line, one) => {
    const wrong = `raw_${'0'.repeat(64)}`
    for (const credential of [null, wrong, 'a.b.c', one.credentials === 'admin' ? mine.apiKey : ADMIN_SECRET]) {
      const { status, body } = await call(one, credential, { body: one.operation.requestBody ? {} : undefined })
      expect(status).toBe(401)
      expect(Object.keys(body).sort()).toEqual(
        ['code', 'detail', 'error', 'message', 'request_id', 'status', 'success', 'title', 'type'].sort(),
      )
    }
  })

  test.each(named(of('app').filter(({ operation }) => operation.requestBody)))(
    '%s is 403 with a token that only reads',
    async (_line, one) => {
      expect((await call(one, readToken, wantedOf(one))).body.code).toBe('scope_missing')
    },
  )

  test.each(named(of('app')))('%s is 403 while the app is deactivated', async (_line, one) => {
    await server.admin('PATCH', `/internal/apps/${other.appId}`, { active: false })
    expect((await call(one, other.apiKey, wantedOf(one))).body.code).toBe('app_inactive')
    await server.admin('PATCH', `/internal/apps/${other.appId}`, { active: true })
  })
})

describe('another app', () => {
  test.each(named(of('app')))('%s shows and changes nothing of mine with its key', async (_line, one) => {
    const wanted = wantedOf(one)
    const { status, body } = await call(one, other.apiKey, wanted)
    if (one.ids.length > 0) expect(status).toBe(404)
    const answer = JSON.stringify(body)
    for (const owned of [SECRET_OF_MINE, ids.voicemail, ids.customer, ids.conversation, ids.message, ids.connection])
      expect(answer).not.toContain(owned!)
  })

  test.each(named(of('admin').filter(({ ids: names }) => names.includes('app_id') && names.length > 1)))(
    '%s is 404 for what is mine under its id',
    async (_line, one) => {
      const wanted = wantedOf(one)
      expect((await call(one, ADMIN_SECRET, { ...wanted, ids: { ...wanted.ids, app_id: other.appId } })).status).toBe(
        404,
      )
    },
  )

  test.each(named(of('app').filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'cursor'))))(
    '%s takes no cursor of mine',
    async (_line, one) => {
      const page = await call(one, mine.apiKey, { query: '?limit=1' })
      const cursor = page.body.pagination.next_cursor
      if (cursor)
        expect((await call(one, other.apiKey, { query: `?cursor=${cursor}` })).body.code).toBe('cursor_invalid')
      expect((await call(one, mine.apiKey, { query: '?cursor=bWFkZSB1cA' })).body.code).toBe('cursor_invalid')
    },
  )
})

describe('wrong requests', () => {
  const withIds = operations.filter((one) => one.ids.length > 0 && one.operation.responses[404])
  test.each(named(withIds))('%s is 404 for ids that do not exist', async (_line, one) => {
    const unknown = Object.fromEntries(
      one.ids.map((name) => [name, one.path.includes('/dialpad/{id}') ? 424242 : 'unknown']),
    )
    const wanted = { ...wantedOf(one), ids: unknown }
    const answer = await call(
      one,
      keyOf(one),
      one.path.startsWith('/webhooks') ? { ...wanted, ...signed({ call_id: 1 }) } : wanted,
    )
    expect(answer.status).toBe(404)
  })

  const withBody = operations.filter(({ operation }) => operation.requestBody)
  test.each(named(withBody))(
    '%s is 400 for broken JSON, 415 for a form, 422 for a list, 413 beyond 16 MiB',
    async (_line, one) => {
      const { ids: own, query } = wantedOf(one)
      const send = (body: string, type = 'application/json') =>
        call(one, keyOf(one), { ids: own ?? {}, query: query ?? '', body, headers: { 'content-type': type } })
      expect((await send('{"a":')).status).toBe(400)
      expect((await send('a=b', 'application/x-www-form-urlencoded')).status).toBe(415)
      expect((await send('[1]')).status).toBe(422)
      expect((await send(' '.repeat(16 * 1024 * 1024 + 1))).status).toBe(413)
    },
  )

  const withQuery = operations.filter(({ operation }) =>
    operation.parameters?.some((one) => one.in === 'query' && one.name === 'limit'),
  )
  test.each(named(withQuery))(
    '%s is 422 for a limit out of range, repeated, endless, and names it',
    async (_line, one) => {
      const { ids: own, query } = wantedOf(one)
      for (const wrong of ['limit=0', 'limit=101', 'limit=ten', 'limit=1&limit=2', `limit=${'9'.repeat(400)}`]) {
        const { status, body } = await call(one, keyOf(one), {
          ids: own ?? {},
          query: `${query ? `${query}&` : '?'}${wrong}`,
        })
        expect([status, body.errors[0].path]).toEqual([422, 'limit'])
      }
    },
  )
})

describe('repetitions', () => {
  const keyed = of('app').filter(({ method }) => method !== 'GET')
  test.each(named(keyed))(
    '%s is 409 while the first with its key is under way, 422 for another',
    async (_line, one) => {
      const wanted = wantedOf(one)
      const path = one.path.replace(/\{\w+\}/, () => encodeURIComponent(Object.values(wanted.ids ?? {}).at(-1) ?? ''))
      const same = `${one.method} ${path}\n${JSON.stringify(wanted.body)}`
      for (const [request, status, code] of [
        [same, 409, 'request_in_progress'],
        ['another', 422, 'idempotency_key_reused'],
      ] as const) {
        const key = crypto.randomUUID()
        await server.services.idempotency.begin(mine.appId, key, request)
        const answer = await call(one, mine.apiKey, { ...wanted, headers: { 'idempotency-key': key } })
        expect([answer.status, answer.body.code]).toEqual([status, code])
      }
    },
  )

  test.each(named(operations.filter(({ operation }) => operation.responses[304])))(
    '%s is 304 for who has it already',
    async (_line, one) => {
      const wanted = { ...wantedOf(one), ids: { app_id: mine.appId, ...wantedOf(one).ids } }
      const first = await call(one, keyOf(one), wanted)
      expect(first.status).toBe(200)
      const again = await call(one, keyOf(one), {
        ...wanted,
        headers: { 'if-none-match': first.headers.get('etag')! },
      })
      expect([again.status, again.body]).toEqual([304, ''])
    },
  )
})

describe('wrong parameters', () => {
  test.each(named(operations.filter((one) => one.ids.length > 0 && one.operation.responses[422])))(
    '%s is 422 for ids that go on and on',
    async (_line, one) => {
      const { body, query } = wantedOf(one)
      const endless = Object.fromEntries(one.ids.map((name) => [name, 'x'.repeat(300)]))
      expect((await call(one, keyOf(one), { body, query: query ?? '', ids: endless })).status).toBe(422)
    },
  )

  const parameters = operations.flatMap((one) =>
    (one.operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => ({ one, name })),
  )
  test.each(parameters.map(({ one, name }) => [`${one.method} ${one.path}?${name}`, one, name] as const))(
    '%s twice, and endless, is 422 and names it',
    async (_line, one, name) => {
      const { ids: own, body } = wantedOf(one)
      for (const query of [`?${name}=1&${name}=2`, `?${name}=${'x'.repeat(5000)}`]) {
        const answer = await call(one, keyOf(one), { ids: own ?? {}, body, query })
        expect([query.slice(0, 40), answer.status]).toEqual([query.slice(0, 40), 422])
        if (answer.body.errors) expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(name)
      }
    },
  )

  test('what cannot be replayed is 409, an unknown number 404', async () => {
    const event = JSON.stringify({ state: 'ringing' })
    const kept = await server.request('POST', '/webhooks/dialpad', {
      body: event,
      headers: { 'x-dialpad-signature': hmac(event) },
    })
    const replay = await call(byId('replayAnEvent'), ADMIN_SECRET, { ids: { id: kept.body.event_id } })
    expect(replay.status).toBe(409)
    expect((await call(byId('replayManyEvents'), ADMIN_SECRET, { body: { status: 'quarantined' } })).status).toBe(409)
    expect((await call(byId('lookUpANumber'), mine.apiKey, { query: '?phone=%2B15550001111' })).status).toBe(404)
  })
})

test('every client address is limited, and told so', async () => {
  const limited = await startTestServer(await freshUrl.sqlite(), { RATE_LIMIT_API: '1', RATE_LIMIT_INTERNAL: '1' })
  const ask = createCaller(limited.url, modelsOf(limited), seen)
  const routes = operations.filter(({ path }) => /^\/(api|internal)\//.test(path))
  for (const one of [...routes.slice(-1), ...routes.filter(({ path }) => path.startsWith('/api')).slice(0, 1)])
    await fetch(`${limited.url}${one.path}`, { method: one.method })
  for (const one of routes) {
    const { status, headers } = await ask(one, null)
    expect(status).toBe(429)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/)
    expect(headers.get('ratelimit-policy')).toBe('"default";q=1;w=60')
  }
  await limited.stop()
})

test('what asks the database is 503 while Postgres is away', async () => {
  const url = new URL(await freshUrl.pg())
  const gate = await startGate(url.hostname, Number(url.port))
  url.host = `127.0.0.1:${gate.port}`
  const broken = await startTestServer(url.href)
  const { appId, apiKey } = await broken.createApp('One')
  await broken.get('/api/calls', apiKey)
  await gate.slam()
  const ask = createCaller(broken.url, modelsOf(broken), seen)
  for (const one of [
    'listApps',
    'readAnApp',
    'listReceivedEvents',
    'listCalls',
    'searchCustomers',
    'readTheEventStream',
  ].map(byId)) {
    const credential = one.credentials === 'admin' ? ADMIN_SECRET : apiKey
    expect((await ask(one, credential, { ids: { app_id: appId } })).body.code).toBe('database_unavailable')
  }
  await broken.stop().catch(() => {})
}, 30_000)

describe('success', () => {
  test.each(named(inOrder))('%s does what it says', async (_line, one) => {
    const { status, body } = await call(one, keyOf(one), wantedOf(one))
    if (one.id === 'createAWebhookAtDialpad') ids.spareWebhook = body.webhook_id
    const success = Object.keys(one.operation.responses).find((code) => /^[23]/.test(code))
    expect(status).toBe(one.id === 'hearLiveEvents' ? 426 : Number(success))
  })
})

/** Not provoked here: the server broken, its database away. A GET can carry no body through fetch. */
const ELSEWHERE = ['500', '503', 'default']
/** Dialpad's refusals are provoked in test/dialpad, the socket's in test/realtime, a simulation in test/console. */
const ofOthers = ({ id, operation }: Documented) =>
  operation.responses[502] !== undefined ||
  ['Dialpad', 'Webhooks'].includes(operation.tags[0]!) ||
  ['hearLiveEvents', 'simulateACall', 'lookForMissedCalls'].includes(id)

test('what the document says a route may answer was answered', () => {
  const missing = operations
    .filter((one) => !ofOthers(one))
    .flatMap((one) =>
      Object.keys(one.operation.responses)
        .filter((status) => !ELSEWHERE.includes(status) && !(status === '413' && !one.operation.requestBody))
        .filter((status) => !seen.has(`${one.id} ${status}`))
        .map((status) => `${one.id} ${status}`),
    )
  expect(missing).toEqual([])
})

function must({ status, body }: Awaited<ReturnType<typeof call>>) {
  if (status >= 400) throw new Error(JSON.stringify(body))
  return body
}
