import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mp3 } from '../support/dialpad/audio'
import { type Dialpad, startDialpad } from '../support/dialpad/start'

/** What others change at Dialpad: nobody notifies the server under test. */

let dialpad: Dialpad
const events: Record<string, unknown>[] = []
let receiver: ReturnType<typeof Bun.serve>
beforeEach(() => {
  dialpad = startDialpad()
  events.length = 0
  receiver = Bun.serve({
    port: 0,
    fetch: async (request) => {
      events.push((await request.json()) as Record<string, unknown>)
      return new Response()
    },
  })
})
afterEach(async () => {
  await receiver.stop(true)
  await dialpad.stop()
})

const api = async (method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${dialpad.url}/api/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${dialpad.apiKey}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
}
async function subscribe(kind: 'call' | 'sms') {
  const hook = await api('POST', '/webhooks', { hook_url: receiver.url.href })
  const settings = { endpoint_id: Number(hook.json.id), ...(kind === 'sms' ? { direction: 'all' } : {}) }
  return `/subscriptions/${kind}/${(await api('POST', `/subscriptions/${kind}`, settings)).json.id}`
}

describe('a subscription', () => {
  test('that is disabled delivers nothing until a client enables it', async () => {
    const path = await subscribe('call')
    dialpad.administrator.disableSubscriptions('sms')
    expect((await api('GET', path)).json.enabled).toBe(true)
    dialpad.administrator.disableSubscriptions('call')
    expect((await api('GET', path)).json.enabled).toBe(false)
    await dialpad.call().ring()
    expect(events).toEqual([])
    await api('PATCH', path, { enabled: true })
    await dialpad.call().ring()
    expect(events).toHaveLength(1)
  })

  test('that is deleted, alone or with its webhook, is not found', async () => {
    const path = await subscribe('call')
    dialpad.administrator.deleteSubscriptions()
    expect((await api('GET', path)).status).toBe(404)
    await subscribe('sms')
    dialpad.administrator.deleteEndpoints('webhook')
    expect((await api('GET', '/webhooks')).json).toEqual({ items: null })
    expect((await api('GET', '/subscriptions/sms')).json).toEqual({ items: null })
  })

  test('of a webhook whose address or secret was changed goes there', async () => {
    await subscribe('call')
    dialpad.administrator.changeSecrets('another')
    dialpad.administrator.changeHookUrls(new URL('/elsewhere', receiver.url).href)
    const { items } = (await api('GET', '/webhooks')).json as { items: object[] }
    expect(items).toMatchObject([{ hook_url: `${receiver.url}elsewhere`, signature: { secret: 'another' } }])
  })
})

test('a deleted websocket is not found, its connection ends and its address admits nobody', async () => {
  const { json } = await api('POST', '/websockets', { secret: 'k' })
  const socket = new WebSocket(String(json.websocket_url))
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }))
  dialpad.administrator.deleteEndpoints('websocket')
  await closed
  expect((await api('GET', `/websockets/${json.id}`)).status).toBe(404)
  const again = new WebSocket(String(json.websocket_url))
  await new Promise((resolve) => again.addEventListener('error', resolve, { once: true }))
})

describe('a withdrawn scope', () => {
  test('is 403 for what needs it, and for nothing else', async () => {
    dialpad.administrator.withdrawScope('calls:list')
    expect((await api('GET', '/call')).status).toBe(403)
    expect((await api('GET', '/company')).status).toBe(200)
    dialpad.administrator.restoreScope('calls:list')
    expect((await api('GET', '/call')).status).toBe(200)
  })

  test('takes recordings out of events and refuses their audio', async () => {
    await subscribe('call')
    dialpad.administrator.withdrawScope('recordings_export')
    const call = dialpad.call()
    await call.recorded(mp3())
    expect(events).toMatchObject([{ state: 'recording', was_recorded: true }])
    expect(Object.keys(events[0]!)).not.toContain('recording_details')
    const headers = { authorization: `Bearer ${dialpad.apiKey}` }
    expect((await fetch(call.record.recording_details[0]!.url, { headers })).status).toBe(403)
  })

  test('takes the text out of messages', async () => {
    await subscribe('sms')
    const sms = { direction: 'inbound', text: 'hello', text_content: 'hello', message_status: 'success' }
    await dialpad.deliver('sms', sms)
    dialpad.administrator.withdrawScope('message_content_export')
    await dialpad.deliver('sms', sms)
    expect(events).toEqual([sms, { direction: 'inbound', message_status: 'success' }])
  })
})

test('the limit of calls is counted per user, the limit of call details per company', async () => {
  const [ada, ben] = dialpad.state.users
  const place = async (user_id: number) =>
    (await api('POST', '/call', { phone_number: '+14155550100', user_id })).status
  dialpad.limits.exhaustUser(ada!.id)
  expect([await place(ada!.id), await place(ben!.id)]).toEqual([429, 200])
  dialpad.limits.restoreUser(ada!.id)
  for (let i = 0; i < 5; i++) expect(await place(ada!.id)).toBe(200)
  expect([await place(ada!.id), await place(ben!.id)]).toEqual([429, 200])
  const call = dialpad.call()
  for (let i = 0; i < 10; i++) expect((await api('GET', `/call/${call.id}`)).status).toBe(200)
  expect((await api('GET', `/call/${call.id}`)).status).toBe(429)
})

test('a lost hangup is never delivered, but the call has ended', async () => {
  await subscribe('call')
  const call = dialpad.call()
  await call.connect()
  call.loseHangup()
  expect(events.map(({ state }) => state)).toEqual(['connected'])
  expect((await api('GET', `/call/${call.id}`)).json).toMatchObject({
    state: 'hangup',
    date_ended: String(call.record.date_ended),
  })
})
