import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

/** What no well-behaved sender sends: the same answer on both databases, and never a 500. */

const LONG = 'ß'.repeat(4_000)

describe.each(Object.entries(freshUrl))('odd input on %s', (_name, makeUrl) => {
  let server: TestServer
  let apiKey: string
  beforeAll(async () => {
    server = await startTestServer(await makeUrl())
    apiKey = (await server.createApp('One')).apiKey
  })
  afterAll(() => server.stop())

  const get = (path: string) => server.get(path, apiKey)

  test('an event with a value too long for an index in every field is processed, and its call is listed', async () => {
    const party = { id: LONG, type: LONG, name: LONG, phone: LONG, email: LONG, office_id: LONG }
    const more = { contact: party, target: party, external_number: LONG, internal_number: LONG, group_id: LONG }
    const rest = { custom_data: LONG, labels: [LONG], direction: LONG, master_call_id: LONG, recording_url: [LONG] }
    expect((await server.deliver(callEvent(71, 'ringing', T0, { ...more, ...rest }))).status).toBe(200)
    expect((await server.deliver(callEvent(72, LONG, T0))).status).toBe(200)
    const sms = { id: 73, event_timestamp: T0, from_number: LONG, to_number: [LONG], text: LONG, message_status: LONG }
    expect((await server.deliver({ ...sms, direction: 'inbound' })).status).toBe(200)
    await server.settle()
    const { stats } = (await server.admin('GET', '/internal/events/stats')).body
    expect(stats).toMatchObject({ pending: 0, failed: 0 })
    const { status, body } = await get('/api/calls')
    expect([status, body.calls.map((call: { dialpad_call_id: number }) => call.dialpad_call_id)]).toEqual([200, [71]])
    expect((await get('/api/messages')).body.messages).toHaveLength(1)
  })

  test('a stored row that cannot be shown as it should be hides no other', async () => {
    await server.deliver(callEvent(81, 'ringing', T0 + 1))
    await server.deliver(callEvent(82, 'ringing', T0 + 2))
    await server.settle()
    const { database } = server.services
    const { calls } = database.tables
    // An instant that no date can show, as an earlier version or another program may have stored it.
    await database.queries.update(calls).set({ startedAt: 9e15, endedAt: 9e15 })
    for (const path of ['/api/calls', '/api/calls/active', '/api/conversations', '/api/calls/export?format=ndjson']) {
      const answer = await get(path)
      expect([path, answer.status]).toEqual([path, 200])
    }
    expect((await get('/api/calls')).body.calls).toHaveLength(3)
  })
})
