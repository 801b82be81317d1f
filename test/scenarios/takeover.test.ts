import { afterEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent } from '../support/events'
import { freePort } from '../support/free-port'
import { ADMIN_SECRET, sign, startTestServer, WEBHOOK_SECRET } from '../support/server'
import { until } from '../support/until'
import { startWebhookReceiver } from '../support/webhook-receiver'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** A server in a process of its own, so that it can be killed. */
async function startProcess(databaseUrl: string) {
  const port = await freePort()
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'serve'], {
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      HOST: '127.0.0.1',
      INTERNAL_API_SECRET: ADMIN_SECRET,
      DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
    },
    stdout: 'ignore',
    stderr: 'ignore',
  })
  stops.push(() => child.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  await until('the server', async () => (await fetch(`${url}/ready`).catch(() => null))?.ok === true)
  return { url, kill: () => child.kill('SIGKILL'), exited: child.exited }
}

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('deliveries on %s', (_name, freshDatabase) => {
  test('survive a kill: the next server delivers the rest, and nothing is missed', async () => {
    const databaseUrl = await freshDatabase()
    const receiver = startWebhookReceiver()
    stops.push(receiver.stop)
    const first = await startProcess(databaseUrl)
    const admin = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' }
      return (await fetch(`${first.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json()
    }
    const { app_id } = (await admin('/internal/apps', { name: 'One' })) as { app_id: string }
    const { secret } = (await admin(`/internal/apps/${app_id}/endpoints`, { url: receiver.url })) as { secret: string }
    receiver.secret = secret
    receiver.answer = () => new Response('down', { status: 503 })
    for (let call = 1; call <= 10; call++) {
      const body = await sign(callEvent(call, 'ringing', Date.now()))
      await fetch(`${first.url}/webhooks/dialpad`, { method: 'POST', body })
    }
    const before = receiver.received.length
    receiver.answer = async () => {
      if (receiver.received.length >= 4 + before) {
        first.kill()
        await first.exited
      }
      return new Response('ok')
    }
    await until('the kill', async () => (await Promise.race([first.exited, null])) !== null)
    const server = await startTestServer(databaseUrl)
    stops.push(server.stop)
    // What a living instance held is free once it has given no sign of life for three seconds.
    await until('all entries', async () => {
      await server.services.events.processor.beat()
      await server.runJob('endpoint sweep')
      const head = await server.services.stream.store.head(server.services.database.queries, app_id)
      return head!.seq >= 10 && new Set(receiver.taken).size === head!.seq
    })
    const taken = [...new Set(receiver.taken)].sort((a, b) => a - b)
    expect(taken).toEqual(Array.from({ length: taken.length }, (_, index) => index + 1))
  }, 60_000)
})

test('of two servers on one database, one delivers to an endpoint, and the other takes over when it stops', async () => {
  const databaseUrl = await freshUrl.pg()
  const [one, other] = [await startTestServer(databaseUrl), await startTestServer(databaseUrl)]
  stops.push(other.stop)
  const receiver = startWebhookReceiver()
  stops.push(receiver.stop)
  const { appId, apiKey } = await one.createApp('One')
  const headers = { 'x-app-api-key': apiKey }
  receiver.secret = (await one.request('POST', '/api/endpoints', { headers, body: { url: receiver.url } })).body.secret
  const deliverers = [one, other].map(({ services }) => services.endpoints.deliverer)
  const held = () => deliverers.map(({ size }) => size()).reduce((sum, count) => sum + count, 0)
  await until('a holder', () => held() === 1)
  for (const server of [one, other]) await server.runJob('endpoint sweep')
  expect(held()).toBe(1)
  const append = (server: typeof one) =>
    server.services.database.transaction((tx) =>
      server.services.stream.store.append(
        tx,
        appId,
        [{ event: 'call.ring', userId: null, dialpadUserId: null, data: {} }],
        Date.now(),
      ),
    )
  for (let round = 0; round < 10; round++) await append(round % 2 === 0 ? one : other)
  await until('ten', () => receiver.taken.length === 10)
  await one.stop()
  await other.runJob('endpoint sweep')
  await append(other)
  await until('the eleventh', () => receiver.taken.length === 11)
  expect(receiver.taken).toEqual(Array.from({ length: 11 }, (_, index) => index + 1))
}, 30_000)
