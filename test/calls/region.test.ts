import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

const LOCAL = '020 7946 0958'
const E164 = '+442079460958'
const found = encodeURIComponent(LOCAL)

describe('DEFAULT_REGION=GB: a number without a country is British', () => {
  let server: TestServer
  let dialpad: Dialpad
  let apiKey: string
  beforeAll(async () => {
    dialpad = startDialpad()
    const connection = { DIALPAD_BASE_URL: dialpad.url, DIALPAD_API_KEY: dialpad.apiKey }
    server = await startTestServer(await freshUrl.sqlite(), { DEFAULT_REGION: 'GB', ...connection })
    apiKey = (await server.createApp('British')).apiKey
    const numbers = { external_number: LOCAL, internal_number: '(020) 7946 0123' }
    await server.deliver(callEvent(1, 'ringing', T0, numbers))
    await server.deliver(
      callEvent(1, 'voicemail_uploaded', T0 + 1, { ...numbers, voicemail_link: 'https://d.example' }),
    )
    await server.deliver({
      id: 31,
      direction: 'inbound',
      from_number: LOCAL,
      to_number: ['020 7946 0123'],
      text: 'hello',
      created_date: T0,
      message_status: 'pending',
      event_timestamp: T0,
    })
    await server.settle()
  })
  afterAll(async () => {
    await server.stop()
    await dialpad.stop()
  })

  const headers = () => ({ 'x-app-api-key': apiKey })

  test.each([
    [`calls?number=${found}`, 'calls'],
    [`calls?from=${found}`, 'calls'],
    [`calls?to=${encodeURIComponent('020 7946 0123')}`, 'calls'],
    [`messages?from=${found}`, 'messages'],
    [`messages?with=${found}`, 'messages'],
    [`voicemails?from=${found}`, 'voicemails'],
  ])('/api/%s finds what Dialpad sent', async (query, list) => {
    const { body } = await server.get(`/api/${query}`, apiKey)
    expect(body[list]).toHaveLength(1)
    expect(body[list][0]).toMatchObject({ from_number: E164, to_number: '+442079460123' })
  })

  test('customers are stored and looked up by it', async () => {
    const customers = [{ external_id: 'c-1', name: 'Ada', phones: ['(020) 7946-0958'] }]
    await server.request('PUT', '/api/customers', { headers: headers(), body: { customers } })
    const { body } = await server.get(`/api/customers/lookup?phone=${found}`, apiKey)
    expect(body.customer).toMatchObject({ external_id: 'c-1', phones: [E164] })
    expect((await server.get('/api/calls/dialpad:1', apiKey)).body.call.customer).toMatchObject({ id: 'c-1' })
  })

  test('a call is placed to it', async () => {
    const body = { phone_number: LOCAL, dialpad_user_id: dialpad.state.users[0]!.id }
    const answer = await server.request('POST', '/api/calls', { headers: headers(), body })
    expect([answer.status, answer.body.phone_number]).toEqual([202, E164])
    expect(dialpad.calls.find(answer.body.dialpad_call_id).external_number).toBe(E164)
  })
})
