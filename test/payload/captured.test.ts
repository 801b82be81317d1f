import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import hangup from '../support/payloads/inbound-office-hangup-transferred.json'
import ringing from '../support/payloads/inbound-user-ringing.json'
import calling from '../support/payloads/outbound-shared-contact-calling.json'
import sms from '../support/payloads/sms-inbound.json'
import { startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('captured payloads on %s', (_name, url) => {
  let server: TestServer
  let apiKey: string
  beforeAll(async () => {
    server = await startTestServer(await url())
    apiKey = (await server.createApp('One')).apiKey
    for (const payload of [hangup, ringing, calling, sms]) expect((await server.deliver(payload)).status).toBe(200)
    await server.settle()
  })
  afterAll(() => server.stop())

  const call = async (id: number) => (await server.get(`/api/calls/dialpad:${id}`, apiKey)).body.call

  test('an inbound call to an office that hangs up unanswered is missed, with no talk and its instants', async () => {
    expect(await call(hangup.call_id)).toMatchObject({
      dialpad_call_id: 6421977457180672,
      direction: 'inbound',
      status: 'missed',
      from_number: '+15555550109',
      to_number: '+15555550187',
      started_at: '2024-11-14T22:40:39.404Z',
      connected_at: null,
      ended_at: '2024-11-14T22:40:48.355Z',
      duration_seconds: 0,
      talk_seconds: 0,
      is_transferred: true,
      dialpad_user_id: null,
      contact: { id: 6480210643730432, type: 'local', name: 'Sample Caller', phone: '+15555550109', email: null },
      target: { id: 5527348325810176, type: 'office', name: 'Example Office' },
    })
  })

  test('an inbound call to a user rings for that user', async () => {
    expect(await call(ringing.call_id)).toMatchObject({
      status: 'ringing',
      dialpad_user_id: 5991398486736896,
      rang_at: '2024-11-14T17:39:15.282Z',
      ended_at: null,
      duration_seconds: null,
    })
    const { body } = await server.get('/api/calls/active', apiKey)
    expect(body.calls.map((one: { dialpad_call_id: number }) => one.dialpad_call_id)).toContain(ringing.call_id)
  })

  test('an outbound call with a shared contact keeps its text id, its blocked number, its customer and job', async () => {
    expect(await call(calling.call_id)).toMatchObject({
      direction: 'outbound',
      status: 'ringing',
      from_number: 'blocked',
      to_number: '+15555550142',
      customer_id: 'cust_123',
      job_id: 'job_456',
      customer: { id: 'cust_123', name: 'Sample Customer', url: null },
      custom_data: { source: 'nexus_field_service' },
      contact: { id: 'shared_contact_pool_Company:1234567890123456_uid_001', type: 'shared' },
    })
    const found = await server.get('/api/calls?customer_id=cust_123&job_id=job_456', apiKey)
    expect(found.body.calls).toHaveLength(1)
  })

  test('an inbound SMS to an office', async () => {
    const { body } = await server.get('/api/messages', apiKey)
    expect(body.messages).toMatchObject([
      {
        dialpad_message_id: 6095823680520192,
        direction: 'inbound',
        from_number: '+15555550149',
        to_number: '+15555550187',
        to_numbers: ['+15555550187'],
        text: 'hello',
        status: 'pending',
        dialpad_user_id: null,
        sent_at: '2024-11-15T01:04:29.183Z',
      },
    ])
  })
})
