import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { eq, sql } from 'drizzle-orm'
import type { Transaction } from '../../src/db/database'
import { freshUrl } from '../support/backends'
import { startTestServer, type TestServer } from '../support/server'
import { createSkippableTime } from '../support/skippable-time'
import { until } from '../support/until'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver'

/** The longest delay before an entry that failed once is sent again. */
const FIRST_RETRY_MS = 6500
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** Whether any statement in this Postgres database waits for a lock. */
async function isAnyWaiting(tx: Transaction): Promise<boolean> {
  const waiting = sql<number>`(select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')`
  const [row] = await tx.select({ waiting }).from(sql`(select 1) as one`)
  return Number(row?.waiting) > 0
}

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('endpoints on %s', (_name, url) => {
  let server: TestServer
  let receiver: WebhookReceiver
  let app: { appId: string; apiKey: string }

  const time = createSkippableTime()

  beforeAll(async () => {
    server = await startTestServer(await url(), {}, time)
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    receiver = startWebhookReceiver()
    app = await server.createApp('One')
  })
  afterEach(() => receiver.stop())

  const api = (method: string, path: string, body?: unknown) =>
    server.request(method, `/api/endpoints${path}`, { headers: { 'x-app-api-key': app.apiKey }, body })
  async function create(settings: object = {}, target = receiver): Promise<string> {
    const { status, body } = await api('POST', '', { url: target.url, ...settings })
    expect(status).toBe(201)
    target.secret = body.secret
    return body.endpoint.id
  }
  const append = (count: number, { event = 'call.ring', userId = null as string | null, appId = app.appId } = {}) =>
    server.services.database.transaction((tx) =>
      server.services.stream.store.append(
        tx,
        appId,
        Array.from({ length: count }, () => ({ event, userId, dialpadUserId: null, data: { user_id: userId } })),
        Date.now(),
      ),
    )
  const deliveries = async (id: string, query = '') =>
    (await api('GET', `/${id}/deliveries?limit=100${query}`)).body.deliveries
  const endpoint = async (id: string) => (await api('GET', `/${id}`)).body.endpoint
  const taken = (count: number) => until(`${count} deliveries`, () => receiver.taken.length >= count)

  test('an endpoint that is unknown or deleted already cannot be deleted', async () => {
    const id = await create()
    expect((await api('DELETE', `/${id}`)).status).toBe(200)
    for (const unknown of [id, 'none']) {
      const { status, body } = await api('DELETE', `/${unknown}`)
      expect([status, body.code]).toEqual([404, 'endpoint_not_found'])
    }
  })

  test('an endpoint that wants none of the entries moves on with them, so that a restart does not read them again, and moves no other', async () => {
    const hanging = startWebhookReceiver()
    hanging.answer = () => new Promise(() => {})
    const behind = await create({}, hanging)
    const id = await create({ events: ['call.ended'] })
    await append(7)
    await until('the position', async () => {
      await server.runJob('endpoint positions')
      return (await endpoint(id)).delivered_seq === 7
    })
    expect(receiver.received).toEqual([])
    expect((await endpoint(behind)).delivered_seq).toBe(0)
    hanging.stop()
  })

  test('one entry that is refused again and again does not hold up those after it', async () => {
    receiver.answer = ({ id }) => new Response('', { status: id.endsWith('_1') ? 503 : 200 })
    const id = await create()
    const failures = (count: number) =>
      until(`${count} failures`, async () => (await endpoint(id)).consecutive_failures === count)
    await append(1)
    await failures(1)
    time.skip(FIRST_RETRY_MS)
    await failures(2)
    await append(1)
    // Its pause between two looks is 5 s at first.
    time.skip(5000)
    await taken(1)
    expect(receiver.taken).toEqual([2])
  })

  test('every entry arrives unchanged, in order, signed so that the library of receivers verifies it', async () => {
    await append(3)
    const id = await create()
    await append(50)
    await taken(50)
    expect(receiver.taken).toEqual(range(4, 53))
    expect(receiver.unverified).toBe(0)
    const { stream, database } = server.services
    const entries = await stream.store.after(database.queries, app.appId, 3, 100)
    expect(receiver.received.map(({ body }) => body)).toEqual(entries.map(({ data }) => data))
    expect(receiver.received.map((webhook) => webhook.id)).toEqual(range(4, 53).map((seq) => `${id}_${seq}`))
    await until('the outcomes', async () => (await endpoint(id)).delivered_seq === 53)
    expect(await endpoint(id)).toMatchObject({ consecutive_failures: 0, failing_since: null, last_error: null })
    const [last] = await deliveries(id)
    expect(last).toMatchObject({
      id: `${id}_53`,
      seq: 53,
      event: 'call.ring',
      status: 'delivered',
      next_attempt_at: null,
    })
    expect(last.attempts).toMatchObject([{ response_status: 200, response_body: 'ok', error: null }])
    expect(last.attempts[0].latency_ms).toBeGreaterThanOrEqual(0)
  })

  test('filters by event and by user as the socket does, and since delivers from the past', async () => {
    await append(1, { userId: 'ann' })
    // Paused until the receiver has the secret, for the first entry is delivered at once.
    const id = await create({ events: ['call.*'], user_id: 'ann', since: 0, active: false })
    await api('PATCH', `/${id}`, { active: true })
    await append(1, { event: 'message.received', userId: 'ann' })
    await append(2, { userId: 'bob' })
    await append(1, { event: 'call.ended', userId: 'ann' })
    await taken(2)
    expect(receiver.taken).toEqual([1, 5])
  })

  test('an endpoint that was unreachable gets everything once, in order, when it is back', async () => {
    receiver.answer = () => new Response('down', { status: 503 })
    const id = await create()
    await append(5)
    await until('an outage', async () => (await endpoint(id)).consecutive_failures >= 2)
    expect(await endpoint(id)).toMatchObject({ last_error: 'Status 503.', failing_since: expect.any(String) })
    await append(5)
    receiver.answer = () => new Response('ok')
    // Its pause between two looks is 5 s at first.
    time.skip(5000)
    await taken(10)
    expect(receiver.taken).toEqual(range(1, 10))
    await until('the outcomes', async () => (await deliveries(id, '&status=delivered')).length === 10)
    expect(await endpoint(id)).toMatchObject({ consecutive_failures: 0, failing_since: null, last_error: null })
    const first = (await deliveries(id)).at(-1)
    expect(first.attempts.map(({ response_status }: { response_status: number }) => response_status)).toContain(503)
    expect(first.attempts.at(-1).response_status).toBe(200)
  })

  test('settings that change while entries are delivered, and sweeps meanwhile, repeat none of them', async () => {
    const id = await create()
    await append(100)
    let changes = 0
    // Ten entries at most between two changes.
    receiver.answer = async () => {
      await until('the next change', () => changes > receiver.taken.length / 10)
      return new Response('ok')
    }
    while (receiver.taken.length < 100)
      await Promise.all([
        api('PATCH', `/${id}`, { description: `change ${++changes}` }),
        server.runJob('endpoint sweep'),
        server.runJob('endpoint sweep'),
      ])
    expect(receiver.taken).toEqual(range(1, 100))
  }, 60_000)

  test('an entry that is refused waits for its retry while newer ones are delivered', async () => {
    receiver.answer = ({ entry }) =>
      new Response('', { status: entry.seq === 2 && receiver.received.length < 5 ? 500 : 200 })
    const id = await create()
    await append(4)
    await taken(3)
    expect(receiver.taken).toEqual([1, 3, 4])
    await until('the failure', async () => (await deliveries(id, '&status=pending')).length === 1)
    const [waiting] = await deliveries(id, '&status=pending')
    const delayMs = Date.parse(waiting.next_attempt_at) - Date.parse(waiting.attempts[0].attempted_at)
    expect(delayMs).toBeWithin(5000, FIRST_RETRY_MS)
    time.skip(FIRST_RETRY_MS)
    await taken(4)
    expect(receiver.taken).toEqual([1, 3, 4, 2])
  })

  test('an endpoint that hangs never delays another, although its retry is long due', async () => {
    const hanging = startWebhookReceiver()
    hanging.answer = () => (hanging.received.length === 1 ? new Response('', { status: 500 }) : new Promise(() => {}))
    const id = await create({}, hanging)
    await append(1)
    await until('the failure', async () => (await endpoint(id)).consecutive_failures === 1)
    time.skip(FIRST_RETRY_MS)
    await until('the retry', () => hanging.received.length === 2)
    await create()
    await append(20)
    await taken(20)
    expect(hanging.received).toHaveLength(2)
    hanging.stop()
  })

  test('410 disables the endpoint, and activating it delivers what it missed', async () => {
    receiver.answer = () => new Response('', { status: 410 })
    const id = await create()
    await append(1)
    await until('the end', async () => !(await endpoint(id)).active)
    expect(await endpoint(id)).toMatchObject({ disabled_reason: 'gone', disabled_at: expect.any(String) })
    const { body } = await server.get('/health')
    expect(body.warnings).toMatchObject([{ code: 'endpoint_disabled', subject: id }])
    await append(2)
    receiver.answer = () => new Response('ok')
    await api('PATCH', `/${id}`, { active: true })
    await taken(3)
    expect(receiver.taken).toEqual([1, 2, 3])
    expect(await endpoint(id)).toMatchObject({ active: true, disabled_reason: null, disabled_at: null })
    expect((await server.get('/health')).body.warnings).toEqual([])
  })

  test('a paused endpoint continues where it stopped', async () => {
    const id = await create()
    await append(2)
    await taken(2)
    await api('PATCH', `/${id}`, { active: false })
    await append(2)
    await api('PATCH', `/${id}`, { active: true })
    await taken(4)
    expect(receiver.taken).toEqual([1, 2, 3, 4])
  })

  test('during a rotation both secrets verify, afterwards only the new one', async () => {
    const id = await create()
    const old = receiver.secret
    const { body } = await api('POST', `/${id}/rotate-secret`)
    expect(body.secret).toMatch(/^whsec_/)
    expect(body.secret).not.toBe(old)
    await until('two signatures', async () => {
      await append(1)
      return receiver.received.at(-1)?.signatures.length === 2
    })
    receiver.secret = body.secret
    const before = receiver.taken.length
    await append(1)
    await taken(before + 1)
    expect(receiver.unverified).toBe(0)
    const { database } = server.services
    await database.queries.update(database.tables.endpoints).set({ previousSecretUntil: time.clock() - 1 })
    await api('PATCH', `/${id}`, { description: 'anew' })
    await until('one signature', async () => {
      await append(1)
      return receiver.received.at(-1)!.signatures.length === 1
    })
    expect(receiver.unverified).toBe(0)
  })

  test('one delivery is sent again with the same id, and its attempts add up', async () => {
    const id = await create()
    await append(2)
    await taken(2)
    await until('the outcomes', async () => (await deliveries(id)).length === 2)
    const { status, body } = await api('POST', `/${id}/deliveries/${id}_1/redeliver`)
    expect([status, body.delivery.status]).toEqual([202, 'pending'])
    await taken(3)
    expect(receiver.received.map((webhook) => webhook.id)).toEqual([`${id}_1`, `${id}_2`, `${id}_1`])
    await until('the outcome', async () => (await deliveries(id, '&status=delivered')).length === 2)
    expect((await deliveries(id)).at(-1).attempts).toHaveLength(2)
    for (const unknown of [`${id}_9`, `${id}_x`, 'other_1'])
      expect((await api('POST', `/${id}/deliveries/${unknown}/redeliver`)).body.code).toBe('delivery_not_found')
  })

  test('a delivery that is sent again while its last attempt is being recorded neither fails nor stops the record', async () => {
    const id = await create({ since: 0 })
    await append(1)
    await taken(1)
    await until('the outcome', async () => (await endpoint(id)).delivered_seq === 1)
    const { database } = server.services
    const { endpoints, endpointDeliveries } = database.tables
    let answer: ReturnType<typeof api> | undefined
    // As the record of an attempt: first the endpoint, then its deliveries.
    await database.transaction(async (tx) => {
      await database.forUpdate(tx.select().from(endpoints).where(eq(endpoints.id, id)))
      answer = api('POST', `/${id}/deliveries/${id}_1/redeliver`)
      if (database.isShared) await until('the wait for the endpoint', () => isAnyWaiting(tx))
      await tx.update(endpointDeliveries).set({ lastAttemptAt: 1 }).where(eq(endpointDeliveries.endpointId, id))
    })
    expect((await answer)?.status).toBe(202)
    await taken(2)
  })

  test('a replay delivers everything since a seq again, in order and with the same ids', async () => {
    const id = await create()
    await append(5)
    await until('the outcomes', async () => (await endpoint(id)).delivered_seq === 5)
    const { status, body } = await api('POST', `/${id}/replay`, { since: 2 })
    expect([status, body.gap, body.endpoint.delivered_seq]).toEqual([202, null, 2])
    await taken(8)
    expect(receiver.taken).toEqual([1, 2, 3, 4, 5, 3, 4, 5])
    expect((await api('POST', `/${id}/replay`, { since: 6 })).body.errors[0].path).toBe('since')
  })

  test('a test message is signed, answered at once, and no entry', async () => {
    const id = await create()
    const { body } = await api('POST', `/${id}/test`)
    expect(body).toMatchObject({ delivered: true, attempt: { response_status: 200, response_body: 'ok', error: null } })
    expect(receiver.received[0]!.entry).toMatchObject({ type: 'test', endpoint_id: id })
    expect(await deliveries(id)).toEqual([])
    receiver.answer = () => new Response('no', { status: 418 })
    expect((await api('POST', `/${id}/test`)).body).toMatchObject({
      delivered: false,
      attempt: { error: 'Status 418.' },
    })
  })

  test('a deleted endpoint receives nothing more, and an app that is deactivated neither', async () => {
    const id = await create()
    const other = startWebhookReceiver()
    await create({}, other)
    await append(1)
    await taken(1)
    await api('DELETE', `/${id}`)
    await append(1)
    await until('the other', () => other.taken.length === 2)
    await server.admin('PATCH', `/internal/apps/${app.appId}`, { active: false })
    await server.runJob('endpoint sweep')
    await append(1)
    await server.runJob('endpoint sweep')
    expect(other.taken).toEqual([1, 2])
    await server.admin('PATCH', `/internal/apps/${app.appId}`, { active: true })
    await until('the third', () => other.taken.length === 3)
    expect(receiver.taken).toEqual([1])
    other.stop()
  })

  test('endpoints of one app that are taken at once, as after a restart, all get every new entry', async () => {
    const other = startWebhookReceiver()
    const { size } = server.services.endpoints.deliverer
    const before = size()
    const held = (count: number) => until(`${count} endpoints`, () => size() === before + count)
    await create()
    await create({}, other)
    await held(2)
    for (const active of [false, true]) {
      await server.admin('PATCH', `/internal/apps/${app.appId}`, { active })
      await held(active ? 2 : 0)
    }
    await append(2)
    await taken(2)
    await until('the other', () => other.taken.length === 2)
    expect([receiver.taken, other.taken]).toEqual([range(1, 2), range(1, 2)])
    other.stop()
  })

  test("retention removes an endpoint's old deliveries with their attempts", async () => {
    const id = await create()
    await append(3)
    await taken(3)
    await until('the outcomes', async () => (await deliveries(id)).length === 3)
    const { database, endpoints } = server.services
    const old = { createdAt: 1, lastAttemptAt: 1 }
    await database.queries.update(database.tables.endpointDeliveries).set(old)
    await database.queries.update(database.tables.endpointAttempts).set({ attemptedAt: 1 })
    await endpoints.retention.purge()
    expect(await deliveries(id)).toHaveLength(3)
    const { createDeliveryRetention } = await import('../../src/endpoints/retention')
    const { createDeliveryStore } = await import('../../src/endpoints/delivery-store')
    const keeper = createDeliveryRetention({
      database,
      store: createDeliveryStore(database),
      clock: Date.now,
      retentionDays: 1,
    })
    await keeper.purge()
    expect(await deliveries(id)).toEqual([])
    expect(await database.queries.$count(database.tables.endpointAttempts)).toBe(0)
  })
})
