import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app/http'
import { freshUrl } from '../support/backends'
import { codesOf, createCaller, type Documented, operations, type Wanted } from '../support/documented'
import { ADMIN_SECRET, hmac, startTestServer } from '../support/server'
import { startGate } from '../support/tcp-gate'
import { byId, createWorld, modelsOf, SECRET_OF_MINE, signed, type World } from './world'

/** Every documented route: success, no credentials, another app's key, and each documented problem that can be provoked. */

const of = (credentials: Documented['credentials']) => operations.filter((one) => one.credentials === credentials)
const mayAnswer = (one: Documented, code: string) =>
  Object.values(one.operation.responses).some((answer) => codesOf(answer as { $ref?: string }).includes(code))
const named = (some: Documented[]) => some.map((one) => [`${one.method} ${one.path}`, one] as const)

/** `operationId status` of every answer so far, and `operationId code` of problems. */
const seen = new Set<string>()
/** Every provocation of answers; one runs once, in whatever order tests ask for it. */
const provocations: (() => Promise<unknown>)[] = []
const worlds: World[] = []
let server: World['server']
let call: World['call']
let mine: World['mine']
let other: World['other']
let readToken: string
let ids: World['ids']
let keyOf: World['keyOf']
let wantedOf: World['wantedOf']
/** What succeeds changes and deletes, and so has a world of its own. */
let used: World

beforeAll(async () => {
  const world = await createWorld(seen)
  ;({ server, call, mine, other, readToken, ids, keyOf, wantedOf } = world)
  used = await createWorld(seen)
  worlds.push(world, used)
}, 60_000)
afterAll(async () => {
  for (const world of worlds) await world.stop()
})
/** An operation that needs what another made is asked after it. */
const ORDER = ['createWebhook', 'createSubscription', 'authorizeDialpad', 'completeDialpadAuthorization']
const LAST = ['deleteMappingOfDialpadUser', 'deleteMapping', 'deleteWebhook', 'hangUpCall', 'transferCall']
const inOrder = [
  ...ORDER.map(byId),
  ...operations.filter(({ id }) => !ORDER.includes(id) && !LAST.includes(id)),
  ...LAST.map(byId),
]

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined
  return () => (result ??= work())
}

function provoke(title: string, work: () => Promise<void>): void {
  const run = once(work)
  provocations.push(run)
  test(title, run)
}

/** A test for each of the routes. @param title with `%s` for method and path. */
function eachRoute(title: string, routes: Documented[], work: (one: Documented) => Promise<void>): void {
  for (const one of routes) provoke(title.replace('%s', `${one.method} ${one.path}`), () => work(one))
}

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
    for (const { path } of hidden) expect(path).toMatch(/^\/(console|sdk|swagger|asyncapi(\.json)?)(\/|$)/)
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
  eachRoute('%s is 401 and tells nothing else', [...of('admin'), ...of('app')], async (one) => {
    const wrong = `raw_${'0'.repeat(64)}`
    for (const credential of [null, wrong, 'a.b.c', one.credentials === 'admin' ? mine.apiKey : ADMIN_SECRET]) {
      const { status, body } = await call(one, credential, { body: one.operation.requestBody ? {} : undefined })
      expect(status).toBe(401)
      expect(Object.keys(body).sort()).toEqual(
        ['code', 'detail', 'error', 'message', 'request_id', 'status', 'success', 'title', 'type'].sort(),
      )
    }
  })

  eachRoute(
    '%s is 403 with a token that only reads',
    of('app').filter((one) => one.id !== 'streamEvents' && mayAnswer(one, 'scope_missing')),
    async (one) => {
      expect((await call(one, readToken, wantedOf(one))).body.code).toBe('scope_missing')
    },
  )

  eachRoute('%s is 403 while the app is deactivated', of('app'), async (one) => {
    await server.admin('PATCH', `/internal/apps/${other.appId}`, { active: false })
    const answer = await call(one, other.apiKey, wantedOf(one))
    await server.admin('PATCH', `/internal/apps/${other.appId}`, { active: true })
    expect(answer.body.code).toBe('app_inactive')
  })
})

describe('another app', () => {
  eachRoute('%s shows and changes nothing of mine with its key', of('app'), async (one) => {
    const wanted = wantedOf(one)
    const { status, body } = await call(one, other.apiKey, wanted)
    if (one.ids.length > 0) expect(status).toBe(404)
    const answer = JSON.stringify(body)
    for (const owned of [SECRET_OF_MINE, ids.voicemail, ids.customer, ids.conversation, ids.message, ids.connection])
      expect(answer).not.toContain(owned!)
  })

  eachRoute(
    '%s is 404 for what is mine under its id',
    // A number is nobody's: each app may have it.
    of('admin').filter(({ id, ids: names }) => names.includes('app_id') && names.length > 1 && id !== 'eraseNumber'),
    async (one) => {
      const wanted = wantedOf(one)
      expect((await call(one, ADMIN_SECRET, { ...wanted, ids: { ...wanted.ids, app_id: other.appId } })).status).toBe(
        404,
      )
    },
  )

  eachRoute(
    '%s takes no cursor of mine',
    of('app').filter((one) => mayAnswer(one, 'cursor_invalid')),
    async (one) => {
      const { ids: own = {} } = wantedOf(one)
      const page = await call(one, mine.apiKey, { ids: own, query: '?limit=1' })
      const cursor = page.body.pagination.next_cursor
      if (cursor) {
        const refused = await call(one, other.apiKey, { ids: own, query: `?cursor=${cursor}` })
        expect(refused.body.code).toBe(one.ids.length > 0 ? 'endpoint_not_found' : 'cursor_invalid')
      }
    },
  )

  eachRoute(
    '%s takes no cursor that was made up',
    operations.filter((one) => mayAnswer(one, 'cursor_invalid')),
    async (one) => {
      const answer = await call(one, keyOf(one), { ...wantedOf(one), query: '?cursor=bWFkZSB1cA' })
      expect(answer.body.code).toBe('cursor_invalid')
    },
  )
})

describe('wrong requests', () => {
  const withIds = operations.filter((one) => one.ids.length > 0 && one.operation.responses[404])
  eachRoute('%s is 404 for ids that do not exist', withIds, async (one) => {
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
  eachRoute('%s is 400 for broken JSON, 422 for a list', withBody, async (one) => {
    const { ids: own, query } = wantedOf(one)
    const send = (body: string, type = 'application/json') =>
      call(one, keyOf(one), { ids: own ?? {}, query: query ?? '', body, headers: { 'content-type': type } })
    expect((await send('{"a":')).status).toBe(400)
    expect((await send('[1]')).status).toBe(422)
  })

  const withType = operations.filter((one) => mayAnswer(one, 'unsupported_media_type'))
  eachRoute('%s is 415 for a form, 413 beyond 16 MiB', withType, async (one) => {
    const { ids: own, query } = wantedOf(one)
    const send = (body: string, type = 'application/json') =>
      call(one, keyOf(one), { ids: own ?? {}, query: query ?? '', body, headers: { 'content-type': type } })
    expect((await send('a=b', 'application/x-www-form-urlencoded')).status).toBe(415)
    expect((await send(' '.repeat(16 * 1024 * 1024 + 1))).status).toBe(413)
  })

  const withQuery = operations.filter(({ operation }) =>
    operation.parameters?.some((one) => one.in === 'query' && one.name === 'limit'),
  )
  eachRoute('%s is 422 for a limit out of range, repeated, endless, and names it', withQuery, async (one) => {
    const { ids: own, query } = wantedOf(one)
    for (const wrong of ['limit=0', 'limit=101', 'limit=ten', 'limit=1&limit=2', `limit=${'9'.repeat(400)}`]) {
      const { status, body } = await call(one, keyOf(one), {
        ids: own ?? {},
        query: `${query ? `${query}&` : '?'}${wrong}`,
      })
      expect([status, body.errors[0].path]).toEqual([422, 'limit'])
    }
  })
})

describe('repetitions', () => {
  const keyed = of('app').filter(({ method }) => method !== 'GET')
  eachRoute('%s is 409 while the first with its key is under way, 422 for another', keyed, async (one) => {
    const wanted = wantedOf(one)
    const ids = Object.values(wanted.ids ?? {}).slice(-one.ids.length)
    const path = one.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(ids.shift() ?? ''))
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
  })

  eachRoute('%s is 422 for an Idempotency-Key of two words', keyed, async (one) => {
    const answer = await call(one, mine.apiKey, { ...wantedOf(one), headers: { 'idempotency-key': 'two words' } })
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed'])
  })

  eachRoute(
    '%s is 304 for who has it already',
    operations.filter(({ operation }) => operation.responses[304]),
    async (one) => {
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
  eachRoute(
    '%s is 422 for ids that go on and on',
    operations.filter((one) => one.ids.length > 0 && one.operation.responses[422]),
    async (one) => {
      const { body, query } = wantedOf(one)
      const endless = Object.fromEntries(one.ids.map((name) => [name, 'x'.repeat(300)]))
      expect((await call(one, keyOf(one), { body, query: query ?? '', ids: endless })).status).toBe(422)
    },
  )

  const parameters = operations.flatMap((one) =>
    (one.operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => ({ one, name })),
  )
  for (const { one, name } of parameters)
    provoke(`${one.method} ${one.path}?${name} twice, and endless, is 422 and names it`, async () => {
      const { ids: own, body } = wantedOf(one)
      for (const query of [`?${name}=1&${name}=2`, `?${name}=${'x'.repeat(5000)}`]) {
        const answer = await call(one, keyOf(one), { ids: own ?? {}, body, query })
        expect([query.slice(0, 40), answer.status]).toEqual([query.slice(0, 40), 422])
        if (answer.body.errors) expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(name)
      }
    })

  const guarded = operations.filter(({ path }) => /^\/(api|internal)\//.test(path))
  eachRoute('%s is 422 for a parameter that it does not have', guarded, async (one) => {
    const { ids: own, body, query } = wantedOf(one)
    const answer = await call(one, keyOf(one), {
      ids: own ?? {},
      body,
      query: `${query ? `${query}&` : '?'}unknown_parameter=1`,
    })
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed'])
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual(['unknown_parameter'])
  })

  const integers = operations.flatMap((one) =>
    (one.operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'query' && parameter.schema.type === 'integer')
      .map(({ name }) => ({ one, name })),
  )
  for (const { one, name } of integers)
    provoke(`${one.method} ${one.path}?${name} takes decimal digits alone`, async () => {
      for (const wrong of ['0x10', '1e1', ' 5', '+5', '5.0', '05', '', '٣', 'true']) {
        const answer = await call(one, keyOf(one), {
          ...wantedOf(one),
          query: `?${name}=${encodeURIComponent(wrong)}`,
        })
        expect([wrong, answer.status]).toEqual([wrong, 422])
        expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(name)
      }
    })

  const instants = operations.flatMap((one) =>
    (one.operation.parameters ?? [])
      .filter(({ name }) => /_(after|before)$/.test(name))
      .map(({ name }) => ({ one, name })),
  )
  for (const { one, name } of instants)
    provoke(`${one.method} ${one.path}?${name} is an instant of ours, never seconds`, async () => {
      for (const wrong of ['1769688000', '2026-02-30', '1969-12-31', '2201-01-01', '7289740800000', 'soon', '']) {
        const { status, body } = await call(one, keyOf(one), { ...wantedOf(one), query: `?${name}=${wrong}` })
        expect([wrong, status, body.errors?.[0].path]).toEqual([wrong, 422, name])
      }
    })

  const numbers = operations.flatMap((one) =>
    (one.operation.parameters ?? [])
      .filter(
        (parameter) => parameter.in === 'query' && ['from', 'to', 'number', 'with', 'phone'].includes(parameter.name),
      )
      .map(({ name }) => ({ one, name })),
  )
  for (const { one, name } of numbers)
    provoke(`${one.method} ${one.path}?${name} is a phone number`, async () => {
      for (const wrong of ['abc', '', '12 monkeys', '+1']) {
        const query = `?${name}=${encodeURIComponent(wrong)}`
        const { status, body } = await call(one, keyOf(one), { ...wantedOf(one), query })
        expect([wrong, status, body.errors?.[0].path]).toEqual([wrong, 422, name])
      }
    })

  const textParameters = operations.flatMap((one) =>
    (one.operation.parameters ?? [])
      .filter(({ in: where, schema }) => where === 'query' && schema.type === 'string' && !schema.enum)
      .map(({ name }) => ({ one, name })),
  )
  for (const { one, name } of textParameters)
    provoke(`${one.method} ${one.path}?${name} with NUL is 422`, async () => {
      const { status } = await call(one, keyOf(one), { ...wantedOf(one), query: `?${name}=a%00b` })
      expect(status).toBe(422)
    })

  eachRoute(
    '%s is 422 for an id with NUL',
    operations.filter((one) => one.ids.length > 0),
    async (one) => {
      const broken = Object.fromEntries(one.ids.map((name) => [name, 'a\0b']))
      expect((await call(one, keyOf(one), { ...wantedOf(one), ids: broken })).status).toBe(422)
    },
  )

  provoke('text that not both databases hold is 422 and its place is named, in values and in names', async () => {
    const save = (customer: string) =>
      call(byId('saveCustomers'), mine.apiKey, { body: `{"customers":[{"external_id":"1",${customer}}]}` })
    for (const [customer, path] of [
      [String.raw`"name":"a\u0000b"`, 'customers.0.name'],
      [String.raw`"name":"a\ud800b"`, 'customers.0.name'],
      [String.raw`"name":"A","phones":["\udc00"]`, 'customers.0.phones.0'],
      [String.raw`"name":"A","attributes":{"deep":[{"x\u0000":1}]}`, 'customers.0.attributes.deep.0'],
      [
        `"name":"A","attributes":{"deep":${'['.repeat(5000)}"\\u0000"${']'.repeat(5000)}}`,
        `customers.0.attributes.deep${'.0'.repeat(60)}`,
      ],
    ]) {
      const { status, body } = await save(customer!)
      expect([status, body.errors?.[0].path]).toEqual([422, path])
    }
    expect((await save(String.raw`"name":"\ud83d\ude42"`)).status).toBe(200)
  })

  provoke('what cannot be replayed is 409, an unknown number 404', async () => {
    const event = JSON.stringify({ state: 'ringing' })
    const kept = await server.request('POST', '/webhooks/dialpad', {
      body: event,
      headers: { 'x-dialpad-signature': hmac(event) },
    })
    const replay = await call(byId('replayQueuedEvent'), ADMIN_SECRET, { ids: { id: kept.body.event_id } })
    expect(replay.status).toBe(409)
    expect((await call(byId('replayQueuedEvents'), ADMIN_SECRET, { body: { status: 'quarantined' } })).status).toBe(409)
    expect((await call(byId('lookupCustomer'), mine.apiKey, { query: '?phone=%2B15550001111' })).status).toBe(404)
  })
})

describe("a route's own problems", () => {
  const NOBODY = { user_id: 'nobody' }
  const over = async () => (await server.get('/api/calls?status=voicemail', mine.apiKey)).body.calls[0].id as string
  const wanted: [id: string, code: string, () => Wanted | Promise<Wanted>][] = [
    ['receiveEvent', 'body_malformed', () => ({ body: 'hello' })],
    ['receiveEvent', 'signature_invalid', () => ({ body: '{}' })],
    ['receiveEvent', 'body_too_large', () => ({ body: ' '.repeat(1024 * 1024 + 1) })],
    ['receiveWebhookEvent', 'body_malformed', () => ({ body: 'hello', ids: { webhook_id: ids.webhook! } })],
    ['receiveWebhookEvent', 'signature_invalid', () => ({ body: '{}', ids: { webhook_id: ids.webhook! } })],
    ['receiveWebhookEvent', 'body_too_large', () => ({ body: ' '.repeat(1024 * 1024 + 1) })],
    ['placeCall', 'mapping_not_found', () => ({ body: { phone_number: '+14155550142', ...NOBODY } })],
    ['sendMessage', 'mapping_not_found', () => ({ body: { to_numbers: ['+14155550142'], text: 'Hi', ...NOBODY } })],
    [
      'placeAppCall',
      'mapping_not_found',
      () => ({ ids: { app_id: mine.appId }, body: { phone_number: '+14155550142', ...NOBODY } }),
    ],
    [
      'sendAppMessage',
      'mapping_not_found',
      () => ({ ids: { app_id: mine.appId }, body: { to_numbers: ['+14155550142'], text: 'Hi', ...NOBODY } }),
    ],
    ['transferCall', 'mapping_not_found', () => ({ ids: { id: ids.call! }, body: { to: NOBODY } })],
    ['transferCall', 'conflict', async () => ({ ids: { id: await over() }, body: { to: NOBODY } })],
    ['hangUpCall', 'conflict', async () => ({ ids: { id: await over() } })],
    ['getCallRecording', 'recording_not_found', () => ({ ids: { id: ids.ringing! } })],
    ['authorizeDialpad', 'connect_link_invalid', () => ({ query: `?app_id=${mine.appId}&link=used` })],
    ['createWebhook', 'app_not_found', () => ({ query: '?app_id=unknown', body: {} })],
    ['startBackfill', 'app_not_found', () => ({ body: { app_id: 'unknown' } })],
    ['routeEvents', 'app_not_found', () => ({ body: { app_id: 'unknown' } })],
    ['getServerAnalytics', 'app_not_found', () => ({ query: '?app_id=unknown' })],
    ['simulateCall', 'app_not_found', () => ({ body: { app_id: 'unknown' } })],
    ['deleteSubscription', 'subscription_not_found', () => ({ ids: { id: ids.webhook!, subscription_id: 'unknown' } })],
    ...['redeliverEndpointDelivery', 'redeliverAppEndpointDelivery'].flatMap((name): typeof wanted => [
      [
        name,
        'delivery_not_found',
        () => ({ ids: { ...ofEndpoint(ids.endpoint!), delivery_id: `${ids.endpoint}_99999` } }),
      ],
      [name, 'conflict', async () => ({ ids: ofEndpoint(await pausedEndpoint()) })],
    ]),
    ...['replayEndpoint', 'replayAppEndpoint'].map((name): (typeof wanted)[number] => [
      name,
      'conflict',
      async () => ({ ids: ofEndpoint(await pausedEndpoint()), body: { since: 0 } }),
    ]),
  ]
  const ofEndpoint = (id: string) => ({ app_id: mine.appId, id, delivery_id: `${id}_1` })
  /** An endpoint that is not active, with one delivery. */
  async function pausedEndpoint(): Promise<string> {
    const { database } = server.services
    const { id } = (
      await call(byId('createEndpoint'), mine.apiKey, { body: { url: 'http://127.0.0.1:9/', active: false } })
    ).body.endpoint
    const [delivered] = await database.queries.select().from(database.tables.endpointDeliveries).limit(1)
    await database.queries.insert(database.tables.endpointDeliveries).values({ ...delivered!, endpointId: id, seq: 1 })
    return id
  }
  for (const [id, code, request] of wanted)
    provoke(`${id} answers ${code}`, async () => {
      const one = byId(id)
      expect((await call(one, keyOf(one), await request())).body.code).toBe(code)
    })

  provoke('revokeApiKey answers key_not_found where the key is revoked already', async () => {
    const { app_id } = (await server.admin('POST', '/internal/apps', { name: 'Revoked' })).body
    const revoke = () => call(byId('revokeApiKey'), ADMIN_SECRET, { ids: { app_id } })
    expect((await revoke()).status).toBe(200)
    expect((await revoke()).body.code).toBe('key_not_found')
  })

  provoke('streamEvents answers scope_missing to a token of another user', async () => {
    const { token } = (await call(byId('createToken'), mine.apiKey, { body: { user_id: 'ann' } })).body
    expect((await call(byId('streamEvents'), token, { query: '?user_id=bob' })).body.code).toBe('scope_missing')
  })
})

provoke('every client address is limited, and told so', async () => {
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

test('routes that need the database return 503 while Postgres is unavailable', async () => {
  const url = new URL(await freshUrl.pg())
  const gate = await startGate(url.hostname, Number(url.port))
  url.host = `127.0.0.1:${gate.port}`
  const broken = await startTestServer(url.href)
  const { appId, apiKey } = await broken.createApp('One')
  await broken.get('/api/calls', apiKey)
  await gate.slam()
  const ask = createCaller(broken.url, modelsOf(broken), seen)
  for (const one of ['listApps', 'getApp', 'listQueuedEvents', 'listCalls', 'listCustomers', 'listEvents'].map(byId)) {
    const credential = one.credentials === 'admin' ? ADMIN_SECRET : apiKey
    expect((await ask(one, credential, { ids: { app_id: appId } })).body.code).toBe('database_unavailable')
  }
  await broken.stop().catch(() => {})
}, 30_000)

describe('success', () => {
  /** Each operation once, after those whose result it needs. */
  const outcomes = once(async () => {
    const statuses = new Map<string, number>()
    for (const one of inOrder) {
      const { status, body } = await used.call(one, used.keyOf(one), used.wantedOf(one))
      if (one.id === 'createWebhook') used.ids.spareWebhook = body.webhook_id
      statuses.set(one.id, status)
    }
    return statuses
  })

  eachRoute('%s does what it says', operations, async (one) => {
    const success = Object.keys(one.operation.responses).find((code) => /^[23]/.test(code))
    expect((await outcomes()).get(one.id)).toBe(one.id === 'connectSocket' ? 426 : Number(success))
  })
})

/** Not provoked here: the server broken, its database away or its key lost (test/maintenance), and what Dialpad refuses, which test/dialpad provokes. */
const isElsewhere = (code: string) =>
  /^(internal_error|database_unavailable|secret_unreadable|default|dialpad_(?!connection_not_found).*|public_url_missing|oauth_.*)$/.test(
    code,
  )
const ELSEWHERE = [
  // test/app
  'getHealth 503',
  'getReadiness 503',
  // test/stream
  ...['101', 'api_key_invalid', 'token_invalid', 'app_inactive', 'rate_limited'].map((code) => `connectSocket ${code}`),
  // test/dialpad
  ...['206', 'range_not_satisfiable'].map((code) => `getCallRecording ${code}`),
  ...['206', 'range_not_satisfiable', 'recording_not_found'].flatMap((code) => [
    `getVoicemailAudio ${code}`,
    `getMessageMedia ${code}`,
  ]),
  'completeDialpadAuthorization connect_link_invalid',
  'rotateWebhookSecret conflict',
  'startBackfill conflict',
  // test/maintenance
  'createBackup conflict',
  ...['downloadBackup', 'downloadBackupByLink'].map((id) => `${id} 206`),
  // test/simulator
  'simulateCall scope_missing',
]

test('every response that the document lists was seen', async () => {
  // A failure is its own test's to report.
  for (const run of provocations) await run().catch(() => {})
  const missing = operations.flatMap((one) =>
    Object.entries(one.operation.responses)
      .flatMap(([status, answer]) => (answer.$ref ? codesOf(answer) : [status]))
      // A GET can carry no body through fetch.
      .filter((code) => !isElsewhere(code) && !(code === 'body_too_large' && one.method === 'GET'))
      .map((code) => `${one.id} ${code}`)
      .filter((answer) => !seen.has(answer) && !ELSEWHERE.includes(answer)),
  )
  expect(missing).toEqual([])
}, 120_000)
