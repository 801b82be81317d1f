import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

const MINUTE = 60_000

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('conversations, exports and voicemails on %s', (_name, url) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  let other: { appId: string; apiKey: string }
  beforeAll(async () => {
    server = await startTestServer(await url())
    app = await server.createApp('One')
    const contact = { name: '=cmd|calc, "x"', phone: '+15555550109' }
    await server.deliver(callEvent(1, 'ringing', T0, { contact }))
    await server.deliver(callEvent(1, 'connected', T0 + 1000, { contact, date_connected: T0 + 1000 }))
    await server.deliver(
      callEvent(2, 'connected', T0 + MINUTE, {
        date_started: T0 + MINUTE,
        date_connected: T0 + MINUTE,
        entry_point_call_id: 1,
        master_call_id: 1,
      }),
    )
    await server.deliver(callEvent(1, 'hangup', T0 + MINUTE + 5, { contact, date_ended: T0 + MINUTE + 5 }))
    await server.deliver(
      callEvent(2, 'hangup', T0 + 2 * MINUTE, { date_started: T0 + MINUTE, date_ended: T0 + 2 * MINUTE }),
    )
    const { receiver } = server.services.events
    await Promise.all(Array.from({ length: 1200 }, (_, i) => receiver.storeEvent(...stored(1000 + i))))
    await server.settle()
    other = await server.createApp('Other')
  }, 60_000)
  afterAll(() => server.stop())

  function stored(id: number) {
    const json = JSON.stringify(
      callEvent(id, 'ringing', T0 + 10 * MINUTE + id, { date_started: T0 + 10 * MINUTE + id }),
    )
    const origin = { source: 'webhook' as const, appId: app.appId, webhookId: null }
    return [json, json, origin] as const
  }

  test('a conversation joins its legs with one time line', async () => {
    const [leg] = (await server.get('/api/calls?number=%2B15555550109&sort=started_at&limit=1', app.apiKey)).body.calls
    const { body } = await server.get(`/api/conversations/${leg.conversation_id}`, app.apiKey)
    expect(body.conversation).toMatchObject({
      id: leg.conversation_id,
      direction: 'inbound',
      status: 'ended',
      started_at: new Date(T0).toISOString(),
      ended_at: new Date(T0 + 2 * MINUTE).toISOString(),
      duration_seconds: 120,
    })
    expect(body.conversation.calls.map((call: { dialpad_call_id: number }) => call.dialpad_call_id)).toEqual([1, 2])
    const states = body.conversation.timeline.map((entry: { state: string }) => entry.state)
    expect(states).toEqual(['ringing', 'connected', 'connected', 'hangup', 'hangup'])
    expect(body.conversation.calls[0].timeline).toHaveLength(3)
    const refused = await server.get(`/api/conversations/${leg.conversation_id}`, other.apiKey)
    expect([refused.status, refused.body.code]).toEqual([404, 'conversation_not_found'])
    expect((await server.get('/api/conversations/none', app.apiKey)).status).toBe(404)
  })

  test('NDJSON exports every call once, over many pages, in the order asked for', async () => {
    const answer = await server.get('/api/calls/export?format=ndjson&sort=started_at', app.apiKey)
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    const calls = answer.body
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line))
    expect(calls).toHaveLength(1202)
    expect(new Set(calls.map((call: { id: string }) => call.id)).size).toBe(1202)
    expect(calls[0]).toEqual({
      ...(await server.get('/api/calls/dialpad:1', app.apiKey)).body.call,
      timeline: undefined,
    })
    expect((await server.get('/api/calls/export?format=ndjson', other.apiKey)).body).toBe('')
  })

  test('CSV has a heading, quotes what must be quoted, and runs nothing in a spreadsheet', async () => {
    const answer = await server.get('/api/calls/export?started_before=2024-11-14T16:01:00Z', app.apiKey)
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="calls.csv"')
    const text = (await server.get(`/api/calls/export?started_before=${T0 + 1}`, app.apiKey)).body
    const [head, row, ...rest] = text.split('\r\n')
    expect(head).toStartWith('id,dialpad_call_id,conversation_id,direction,status,from_number')
    expect(row).toContain(',+15555550109,')
    expect(row).toContain(`"'=cmd|calc, ""x"""`)
    expect(rest).toEqual([''])
  })

  test('an export that is canceled halfway does not affect the server', async () => {
    const response = await fetch(`${server.url}/api/calls/export?format=ndjson`, {
      headers: { 'x-app-api-key': app.apiKey },
    })
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    expect((await server.get('/health')).status).toBe(200)
  })

  test.each(['format=xml', 'status=ringing,lost', 'started_after=soon', 'sort=id', 'limit=5', 'dialpad_user_id=0'])(
    'export with %s is 422 before the first byte',
    async (query) => {
      const answer = await server.get(`/api/calls/export?${query}`, app.apiKey)
      expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed'])
    },
  )

  test('voicemails are the same for client and operator, who may delete one', async () => {
    const owner = await server.createApp('With a voicemail', 1)
    await server.deliver(
      callEvent(77, 'voicemail_uploaded', T0, { org_id: 1, voicemail_link: 'https://dialpad.com/v/1' }),
    )
    await server.settle()
    const [voicemail] = (await server.get('/api/voicemails', owner.apiKey)).body.voicemails
    const base = `/internal/apps/${owner.appId}/voicemails`
    expect((await server.admin('GET', base)).body.voicemails).toEqual([voicemail])
    expect((await server.admin('GET', `${base}/${voicemail.id}`)).body.voicemail).toEqual(voicemail)
    const elsewhere = `/internal/apps/${other.appId}/voicemails/${voicemail.id}`
    expect((await server.admin('DELETE', elsewhere)).body.code).toBe('voicemail_not_found')
    expect((await server.admin('DELETE', `${base}/${voicemail.id}`)).body.voicemail).toEqual(voicemail)
    expect((await server.get(`/api/voicemails/${voicemail.id}`, owner.apiKey)).status).toBe(404)
    expect((await server.admin('DELETE', `${base}/${voicemail.id}`)).status).toBe(404)
    expect((await server.admin('GET', '/internal/apps/none/voicemails')).body.code).toBe('app_not_found')
  })
})
