import { afterEach, describe, expect, test } from 'bun:test'
import { newId } from '../../src/lib/id'
import { freshUrl } from '../support/backends'
import { callEvent } from '../support/events'
import { runBinary } from '../support/process'
import { ADMIN_SECRET, sign, startTestServer, type TestServer, WEBHOOK_SECRET } from '../support/server'
import { startWebhookReceiver } from '../support/webhook-receiver'

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64')
const [OLD, NEW, OTHER] = [key(1), key(2), key(3)]
const WEBHOOK_ID = newId()
const CONNECTION_ID = newId()
const OWN_SECRET = 'the-secret-of-the-webhook'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function withKey<T>(url: string, ENCRYPTION_KEY: string, work: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startTestServer(url, { ENCRYPTION_KEY, ENDPOINT_ALLOW_PRIVATE: 'true' })
  try {
    return await work(server)
  } finally {
    await server.stop()
  }
}

/** One of everything that `ENCRYPTION_KEY` encrypts. */
async function fill(server: TestServer, receiverUrl: string) {
  const { appId, apiKey } = await server.createApp('One')
  const { database, secretBox } = server.services
  const { dialpadWebhooks, dialpadConnections } = database.tables
  const times = { createdAt: Date.now(), updatedAt: Date.now() }
  await database.queries.insert(dialpadWebhooks).values({
    id: WEBHOOK_ID,
    appId,
    kind: 'webhook',
    dialpadWebhookId: 1,
    hookUrl: 'https://cti.example.com/hook',
    secretEncrypted: await secretBox.seal(OWN_SECRET),
    previousSecretEncrypted: await secretBox.seal('the-one-before'),
    ...times,
  })
  await database.queries.insert(dialpadConnections).values({
    id: CONNECTION_ID,
    appId,
    tokensEncrypted: await secretBox.seal(JSON.stringify({ access_token: 'a', token_type: 'bearer' })),
    status: 'connected',
    ...times,
  })
  const made = await server.request('POST', '/api/endpoints', {
    headers: { 'x-app-api-key': apiKey },
    body: { url: receiverUrl },
  })
  expect(made.status).toBe(201)
  const endpointId: string = made.body.endpoint.id
  return { appId, apiKey, endpointId, answer: await makeToken(server, apiKey) }
}

/** A request whose answer is stored. */
const makeToken = async (server: TestServer, apiKey: string) =>
  server.request('POST', '/api/tokens', { headers: { 'x-app-api-key': apiKey, 'idempotency-key': 'one' }, body: {} })

const deliverTo = async (server: TestServer, id: number) =>
  server.request('POST', `/webhooks/dialpad/${WEBHOOK_ID}`, {
    body: await sign(callEvent(id, 'ringing', Date.now()), OWN_SECRET),
  })
const testEndpoint = (server: TestServer, apiKey: string, id: string) =>
  server.request('POST', `/api/endpoints/${id}/test`, { headers: { 'x-app-api-key': apiKey }, body: {} })
const unreadable = async (server: TestServer): Promise<string[]> => {
  const { warnings } = (await server.get('/health')).body as { warnings: { code: string; subject: string }[] }
  return warnings.filter(({ code }) => code === 'secret_unreadable').map(({ subject }) => subject)
}
const reseal = async (server: TestServer) => (await server.admin('POST', '/internal/encryption/reseal')).body

describe.each(Object.entries(freshUrl))('ENCRYPTION_KEY on %s', (_name, makeUrl) => {
  test('a key can be retired: everything is encrypted again with the first key and works without the old one', async () => {
    const url = await makeUrl()
    const receiver = startWebhookReceiver()
    undo.push(receiver.stop)
    const made = await withKey(url, OLD, (server) => fill(server, receiver.url))

    await withKey(url, `${NEW},${OLD}`, async (server) => {
      expect((await deliverTo(server, 1)).status).toBe(200)
      expect(await reseal(server)).toMatchObject({
        resealed: 5,
        current: 5,
        under_old_keys: 0,
        unreadable: 0,
        old_keys_removable: true,
      })
      expect(await reseal(server)).toMatchObject({ resealed: 0, current: 5, old_keys_removable: true })
    })

    await withKey(url, NEW, async (server) => {
      expect(await unreadable(server)).toEqual([])
      expect((await deliverTo(server, 2)).status).toBe(200)
      expect((await testEndpoint(server, made.apiKey, made.endpointId)).status).toBe(200)
      expect((await makeToken(server, made.apiKey)).body).toEqual(made.answer.body)
    })
  }, 60_000)

  test('a lost key is reported in /health, in the response to Dialpad, in the test of an endpoint, and in doctor', async () => {
    const url = await makeUrl()
    const receiver = startWebhookReceiver()
    undo.push(receiver.stop)
    const made = await withKey(url, OLD, (server) => fill(server, receiver.url))

    await withKey(url, OTHER, async (server) => {
      expect((await unreadable(server)).toSorted()).toEqual([WEBHOOK_ID, CONNECTION_ID, made.endpointId].toSorted())
      const refused = await deliverTo(server, 1)
      expect(refused).toMatchObject({ status: 503, body: { code: 'secret_unreadable' } })
      expect(refused.body.detail).toContain('ENCRYPTION_KEY')
      expect(await testEndpoint(server, made.apiKey, made.endpointId)).toMatchObject({
        status: 503,
        body: { code: 'secret_unreadable' },
      })
      const webhook = (await server.admin('GET', `/internal/webhooks/${WEBHOOK_ID}`)).body.webhook
      expect(webhook).toMatchObject({ failure_count: 1 })
      expect(webhook.last_failure).toContain('ENCRYPTION_KEY')
      expect(await reseal(server)).toMatchObject({ resealed: 0, unreadable: 5 })
    })

    const doctor = await runBinary(['doctor', '--json'], {
      DATABASE_URL: url,
      INTERNAL_API_SECRET: ADMIN_SECRET,
      DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
      DIALPAD_BASE_URL: 'http://127.0.0.1:1',
      DATA_DIR: process.env.TMPDIR!,
      ENCRYPTION_KEY: OTHER,
    })
    expect(doctor.code).toBe(1)
    const { findings } = JSON.parse(doctor.stdout) as { findings: { check: string; verdict: string; detail: string }[] }
    expect(findings.find(({ check }) => check === 'encryption')).toMatchObject({ verdict: 'problem' })
  }, 60_000)
})
