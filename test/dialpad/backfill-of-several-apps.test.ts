import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { startTestServer, type TestServer } from '../support/server'

const HOUR = 3600_000

/** One company key for two apps: what it lists is the calls of the whole company. */
describe.each(Object.entries(freshUrl))('a backfill with one key for several apps, on %s', (_name, url) => {
  let dialpad: Dialpad
  let server: TestServer
  let [a, b] = ['', '']

  beforeEach(async () => {
    dialpad = startDialpad({ rateLimits: false })
    server = await startTestServer(await url(), { DIALPAD_API_KEY: dialpad.apiKey, DIALPAD_BASE_URL: dialpad.url })
    a = (await server.createApp('A')).appId
    b = (await server.createApp('B')).appId
    for (const appId of [a, b]) await server.services.dialpad.backfill.begin(appId)
  })
  afterEach(async () => {
    await server.stop()
    await dialpad.stop()
  })

  const [first, second, third] = [0, 1, 2]
  const target = (user: number) => ({ target: { id: dialpad.state.users[user]!.id, type: 'user' } })
  const learn = (appId: string, user: number) => server.services.events.router.learn(appId, target(user))
  async function pastCall(user: number): Promise<number> {
    const call = dialpad.call({ userId: dialpad.state.users[user]!.id })
    await call.hangup()
    return call.id
  }
  async function fill(): Promise<void> {
    for (const appId of [a, b]) await server.services.dialpad.backfill.run(appId, Date.now() - HOUR)
    await server.settle()
  }
  /** The calls that each app has, and those that wait for the operator. */
  async function found() {
    const { events } = (await server.admin('GET', '/internal/events?limit=100')).body
    const of = (appId: string | null) =>
      events
        .filter((event: { app_id: string | null }) => event.app_id === appId)
        .map((event: { dialpad_call_id: number }) => event.dialpad_call_id)
        .sort()
    return { a: of(a), b: of(b), unrouted: of(null) }
  }

  test('gives each app the calls of its own people alone', async () => {
    learn(a, first)
    learn(b, second)
    const [ofA, ofB] = [await pastCall(first), await pastCall(second)]
    await fill()
    await fill()
    expect(await found()).toEqual({ a: [ofA], b: [ofB], unrouted: [] })
  })

  test('leaves a call of nobody known unrouted, once, until the operator assigns it', async () => {
    learn(a, first)
    const call = await pastCall(third)
    await fill()
    await fill()
    expect(await found()).toEqual({ a: [], b: [], unrouted: [call] })
    await server.admin('POST', '/internal/events/route', { app_id: b })
    await server.settle()
    await fill()
    expect(await found()).toEqual({ a: [], b: [call], unrouted: [] })
  })

  test('gives a call of nobody known to the app of the shared route', async () => {
    learn(a, first)
    await server.admin('PATCH', `/internal/apps/${b}`, { shared_route: true })
    const call = await pastCall(third)
    await fill()
    expect(await found()).toEqual({ a: [], b: [call], unrouted: [] })
  })

  test('gives a call of people of both to an app that has a webhook of its own', async () => {
    for (const appId of [a, b]) learn(appId, first)
    const { database } = server.services
    const now = Date.now()
    const webhook = { id: 'w', appId: a, kind: 'webhook' as const, hookUrl: 'https://cti.test/w', createdAt: now }
    const secretEncrypted = await server.services.secretBox.seal('a webhook secret')
    await database.queries
      .insert(database.tables.dialpadWebhooks)
      .values({ ...webhook, secretEncrypted, updatedAt: now })
    const call = await pastCall(first)
    await fill()
    expect(await found()).toEqual({ a: [call], b: [], unrouted: [] })
  })
})
