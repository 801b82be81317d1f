import { afterEach, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { stopLogging } from '../../src/observability/logging'
import { backends, freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { freePort } from '../support/free-port'
import { startLog } from '../support/log'
import { ADMIN_SECRET, startTestServer, testConfig, WEBHOOK_SECRET } from '../support/server'
import { until } from '../support/until'

const log = getLogger(['cti', 'test'])
const NUMBER = '+14155550142'
const PERSON = 'Margaret Plantagenet'
const EMAIL = 'margaret.plantagenet@example.com'
const PASSWORD = 'planted-database-password'

afterEach(stopLogging)

describe.each(backends)('a failed query on %s', (_name, open) => {
  test('is logged with its text and its reason, briefly and without parameters', async () => {
    const written = await startLog()
    const database = await open()
    const { apps } = database.tables
    const row = { id: 'a', name: `${PERSON} ${NUMBER} ${'x'.repeat(3_000_000)}`, createdAt: 1, updatedAt: 1 }
    await database.queries.insert(apps).values(row)
    const failure = await database.queries
      .insert(apps)
      .values(row)
      .catch((error: unknown) => error)
    log.error('it failed: {error}', { error: failure })
    log.error('it failed inside', { deep: { error: failure } })
    await database.close()
    const text = await written()
    expect(text).toContain('insert into')
    expect(text).toMatch(/UNIQUE|duplicate key/)
    for (const planted of [PERSON, NUMBER, 'xxxxxxxx']) expect(text).not.toContain(planted)
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(10_000)
  })
})

test('errors of Postgres and of the JSON parser are logged without the value', async () => {
  const written = await startLog()
  const [, openPostgres] = backends[1]!
  const database = await openPostgres()
  const { webhookEvents } = database.tables
  const failure = await database.queries
    .update(webhookEvents)
    // A type the column does not have, as a faulty query would send it.
    .set({ receivedAt: PERSON as unknown as number })
    .catch((error: unknown) => error)
  log.error('postgres: {error}', { error: failure })
  await database.close()
  try {
    JSON.parse(`{"name":${PERSON}}`)
  } catch (error) {
    log.error('json: {error}', { error })
  }
  const text = await written()
  expect(text).toContain('SyntaxError')
  expect(text).not.toContain('Margaret')
})

test('secrets, numbers, and addresses are redacted in every text', async () => {
  const written = await startLog([PASSWORD, 'short'])
  const planted = [
    `raw_${'ab'.repeat(32)}`,
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg',
    NUMBER,
    encodeURIComponent(NUMBER),
    '(415) 555-0142',
    '415-555-0142',
    EMAIL,
    PASSWORD,
    'p4ssw0rd-in-a-url',
    'bearer-credential',
    'query-credential',
  ]
  log.warn('Dialpad said: {reason}', {
    reason: `${planted.slice(0, 9).join(' and ')} postgres://cti:p4ssw0rd-in-a-url@db/cti Bearer bearer-credential https://x/y?a=1&api_key=query-credential`,
  })
  const text = await written()
  expect(text).toContain('Dialpad said')
  for (const secret of planted) expect(text).not.toContain(secret)
})

test('redacting hostile input is fast', async () => {
  const written = await startLog()
  const began = process.cpuUsage()
  for (const part of ['eyJ', 'eyJ-', '+', 'a@', 'a.', '//a', 'Bearer ', '555-', '?token=', '1'])
    log.info('{text}', { text: part.repeat(100_000) })
  await written()
  // Time of the processor, because a busy machine makes everybody wait.
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(2000)
})

/** Begins a request whose body never ends, and goes once it is on its way. */
async function abortUpload(url: string, path: string, part: string, apiKey: string): Promise<void> {
  const { hostname, port, host } = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(Number(port), hostname, () =>
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nx-app-api-key: ${apiKey}\r\ncontent-type: application/json\r\n` +
        `content-length: 100000\r\n\r\n${part}`,
      () => socket.resetAndDestroy(),
    ),
  )
  socket.once('close', () => resolve())
  socket.once('error', reject)
  await promise
}

describe.each(Object.entries(freshUrl))('a whole session at debug on %s', (_name, url) => {
  test('leaves no secret and no personal data in the log, in the metrics, and in public responses', async () => {
    const databaseUrl = await url()
    const written = await startLog(testConfig(databaseUrl).secrets)
    const server = await startTestServer(databaseUrl)
    const { appId, apiKey } = await server.createApp('Planted')
    const key = { 'x-app-api-key': apiKey }
    const closed = `http://127.0.0.1:${await freePort()}/`
    const made = await server.request('POST', '/api/endpoints', { headers: key, body: { url: closed } })
    const attempts = `/api/endpoints/${made.body.endpoint.id}/deliveries`
    await server.deliver(
      callEvent(1, 'ringing', T0, { contact: { id: 1, type: 'local', name: PERSON, phone: NUMBER, email: EMAIL } }),
    )
    await server.request('POST', '/webhooks/dialpad', {
      body: JSON.stringify({ call_id: 1, text: PERSON, from: NUMBER }),
    })
    await server.request('POST', '/webhooks/dialpad', { body: `{"name":"${PERSON}` })
    await server.request('PUT', '/api/customers', {
      headers: key,
      body: { customers: [{ external_id: EMAIL, name: PERSON, phones: [NUMBER], email: EMAIL }] },
    })
    await server.request('PUT', '/api/customers', {
      headers: key,
      body: { customers: [{ external_id: 7, name: PERSON }] },
    })
    for (const path of ['/api/customers', '/webhooks/dialpad', `/api/messages?api_key=${apiKey}`])
      await abortUpload(server.url, path, `{"name":"${PERSON}","phones":["${NUMBER}"],"email":"${EMAIL}`, apiKey)
    await server.admin('POST', `/internal/apps/${appId}/users/map`, { dialpad_user_id: 7, crm_user_id: EMAIL })
    const strangers = [
      await server.request('GET', `/internal/apps/${ADMIN_SECRET}`),
      await server.request('GET', `/api/${WEBHOOK_SECRET}/${apiKey}`),
      await server.request('GET', `/ws?api_key=raw_${'0'.repeat(64)}`),
      await server.request('GET', '/api/calls', { headers: { 'x-app-api-key': `${apiKey.slice(0, -1)}x` } }),
      await server.admin('GET', '/metrics?format=prometheus'),
      await server.admin('GET', '/metrics'),
      await server.admin('GET', '/health'),
    ]
    for (const path of [
      `/api/customers/lookup?phone=${encodeURIComponent(NUMBER)}`,
      `/api/calls?number=${encodeURIComponent(NUMBER)}&q=${encodeURIComponent(PERSON)}`,
      `/api/calls/${encodeURIComponent(NUMBER)}`,
      `/api/customers/${encodeURIComponent(EMAIL)}`,
    ])
      await server.get(path, apiKey)
    await server.admin('GET', `/internal/apps/${appId}/users/mappings/crm/${encodeURIComponent(EMAIL)}`)
    await server.settle()
    await until('an attempt to deliver', async () => (await server.get(attempts, apiKey)).body.deliveries.length > 0)
    await server.stop()

    const text = `${await written()}${JSON.stringify(strangers.map(({ body }) => body))}`
    expect(text).toContain('/api/customers')
    // What was decided, and why.
    for (const decided of [
      /the event (goes|belongs) to app/,
      /of app .* is pending/,
      /processed 1 events/,
      /delivery .* after 1 failures; the next attempt is at/,
      /refused credentials from .*api_key_invalid/,
      /rejected a delivery to .* with 40[01]/,
    ])
      expect(text).toMatch(decided)
    const planted = [
      ADMIN_SECRET,
      WEBHOOK_SECRET,
      apiKey,
      PERSON,
      'Margaret',
      NUMBER,
      '4155550142',
      EMAIL,
      'plantagenet@',
    ]
    for (const secret of planted) expect(text.includes(secret) ? secret : 'nothing planted').toBe('nothing planted')
  })
})
