import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { hmac, startTestServer, type TestServer } from '../support/server'

/** What no well-behaved sender sends: the same answer on both databases, and never a 500. */

const LONG = 'ß'.repeat(4_000)

describe.each(Object.entries(freshUrl))('odd input on %s', (_name, makeUrl) => {
  let server: TestServer
  /** The organization of the test's own app. */
  let orgId = 0
  let apiKey: string
  beforeAll(async () => {
    server = await startTestServer(await makeUrl())
  })
  beforeEach(async () => {
    apiKey = (await server.createApp('One', ++orgId)).apiKey
  })
  afterAll(() => server.stop())

  const get = (path: string) => server.get(path, apiKey)
  const deliver = (event: object) => server.deliver({ ...event, org_id: orgId })

  test('an event with a value too long for an index in every field is processed, and its call is listed', async () => {
    const party = { id: LONG, type: LONG, name: LONG, phone: LONG, email: LONG, office_id: LONG }
    const more = { contact: party, target: party, external_number: LONG, internal_number: LONG, group_id: LONG }
    const rest = { custom_data: LONG, labels: [LONG], direction: LONG, master_call_id: LONG, recording_url: [LONG] }
    expect((await deliver(callEvent(71, 'ringing', T0, { ...more, ...rest }))).status).toBe(200)
    expect((await deliver(callEvent(72, LONG, T0))).status).toBe(200)
    const sms = { id: 73, event_timestamp: T0, from_number: LONG, to_number: [LONG], text: LONG, message_status: LONG }
    expect((await deliver({ ...sms, direction: 'inbound' })).status).toBe(200)
    await server.settle()
    const { stats } = (await server.admin('GET', '/internal/events/stats')).body
    expect(stats).toMatchObject({ pending: 0, failed: 0 })
    const { status, body } = await get('/api/calls')
    expect([status, body.calls.map((call: { dialpad_call_id: number }) => call.dialpad_call_id)]).toEqual([200, [71]])
    expect((await get('/api/messages')).body.messages).toHaveLength(1)
  })

  test('an instant beyond the year 9999 in an event is as if it were absent, and every list shows the others', async () => {
    const beyond = 253_402_300_800_000
    const dates = { date_started: beyond, date_connected: beyond, date_ended: beyond, date_rang: beyond }
    expect((await deliver(callEvent(74, 'ringing', T0))).status).toBe(200)
    expect((await deliver(callEvent(75, 'ringing', beyond, dates))).status).toBe(200)
    await server.settle()
    for (const path of ['calls', 'calls/active', 'conversations', 'events?after=0']) {
      const { status, body } = await get(`/api/${path}`)
      expect([path, status]).toEqual([path, 200])
      expect(JSON.stringify(body)).not.toMatch(/"\+?\d{5,}-\d\d|9999-/)
    }
    const { calls } = (await get('/api/calls')).body
    expect(calls.map((call: { dialpad_call_id: number }) => call.dialpad_call_id).toSorted()).toEqual([74, 75])
  })

  test.each(['Smith, John', '["one"]', '{"a":1}'])(
    '%s in a query is one text, for apps and for operators',
    async (text) => {
      const value = encodeURIComponent(text)
      expect((await get(`/api/calls?user_id=${value}`)).body).toMatchObject({ success: true, calls: [] })
      const { status, body } = await server.admin('GET', `/internal/events/stats?app_id=${value}`)
      expect([status, body.stats.pending]).toEqual([200, 0])
    },
  )

  test('JSON nested 100,000 deep is refused, in a request as in a signed event', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    for (const repeatable of [{}, { 'idempotency-key': 'deep' }]) {
      const { status, body } = await server.request('PUT', '/api/customers', {
        headers: { 'x-app-api-key': apiKey, 'content-type': 'application/json', ...repeatable },
        body: `{"customers":[{"external_id":"1","name":"A","attributes":{"deep":${deep}}}]}`,
      })
      expect([status, body.errors.map(({ message }: { message: string }) => message)]).toEqual([
        422,
        ['must not be nested deeper than 64'],
      ])
    }
    const event = `{"call_id":76,"state":"ringing","custom_data":${deep}}`
    const delivered = await server.request('POST', '/webhooks/dialpad', {
      headers: { 'x-dialpad-signature': hmac(event) },
      body: event,
    })
    expect([delivered.status, delivered.body.code]).toEqual([400, 'body_malformed'])
  })

  test.each(['%00', 'a%00b', '%ED%A0%80', '%C0%AF', '%'])(
    'a webhook, an app, and a call named %s are refused without a question to the database',
    async (name) => {
      const statuses = [
        (await server.request('POST', `/webhooks/dialpad/${name}`, { body: 'x' })).status,
        (await get(`/api/calls/${name}`)).status,
        (await server.admin('GET', `/internal/apps/${name}`)).status,
      ]
      for (const status of statuses) expect([400, 401, 404, 422]).toContain(status)
    },
  )

  test('a stored row that cannot be shown does not hide the others', async () => {
    await deliver(callEvent(81, 'ringing', T0 + 1))
    await deliver(callEvent(82, 'ringing', T0 + 2))
    await server.settle()
    const { database } = server.services
    const { calls } = database.tables
    // An instant that no date can show, as an earlier version or another program may have stored it.
    await database.queries.update(calls).set({ startedAt: 9e15, endedAt: 9e15 })
    for (const path of ['/api/calls', '/api/calls/active', '/api/conversations', '/api/calls/export?format=ndjson']) {
      const answer = await get(path)
      expect([path, answer.status]).toEqual([path, 200])
    }
    expect((await get('/api/calls')).body.calls).toHaveLength(2)
  })
})
