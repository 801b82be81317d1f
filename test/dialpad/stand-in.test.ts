import { afterEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { jwtVerify } from 'jose'
import { type Dialpad, type DialpadOptions, startDialpad } from '../support/dialpad/start'

/** The stand-in must itself refuse what Dialpad refuses, or the tests built on it prove nothing. */

let dialpad: Dialpad
let receiver: ReturnType<typeof Bun.serve> | undefined
afterEach(async () => {
  await dialpad.stop()
  await receiver?.stop(true)
  receiver = undefined
})
const start = (options: DialpadOptions = {}) => {
  dialpad = startDialpad({ wait: async () => {}, ...options })
  return dialpad
}
const api = (path: string, init: RequestInit = {}, bearer = dialpad.apiKey) =>
  fetch(`${dialpad.url}/api/v2${path}`, { ...init, headers: { authorization: `Bearer ${bearer}` } })
const post = (path: string, body: unknown) => api(path, { method: 'POST', body: JSON.stringify(body) })

describe('OAuth', () => {
  const redirectUri = 'http://localhost/cb'
  const verifier = 'v'.repeat(64)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const codeFor = async (scope: string) => {
    const query = new URLSearchParams({
      client_id: 'client-id',
      redirect_uri: redirectUri,
      response_type: 'code',
      scope,
      state: 's',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const answer = await fetch(`${dialpad.url}/oauth2/authorize?${query}`, { redirect: 'manual' })
    return new URL(answer.headers.get('location')!).searchParams.get('code')!
  }
  const exchange = (fields: Record<string, string>) =>
    fetch(`${dialpad.url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'client-id', client_secret: 'client-secret', ...fields }),
    })

  test('exchanges a code once, only with the verifier behind its challenge', async () => {
    start({ redirectUris: [redirectUri] })
    const code = await codeFor('calls:list offline_access')
    const wrong = await exchange({ grant_type: 'authorization_code', code, code_verifier: 'w'.repeat(64) })
    expect(wrong.status).toBe(400)
    const fields = { grant_type: 'authorization_code', code: await codeFor('offline_access'), code_verifier: verifier }
    expect((await exchange(fields)).status).toBe(200)
    expect((await exchange(fields)).status).toBe(400)
  })

  test('lets a token do only what its scopes say, until it expires or is rotated', async () => {
    let now = 1_700_000_000_000
    start({ redirectUris: [redirectUri], clock: () => now })
    const fields = { grant_type: 'authorization_code', code: await codeFor('offline_access'), code_verifier: verifier }
    const tokens = (await (await exchange(fields)).json()) as { access_token: string; refresh_token: string }
    expect((await api('/company', {}, tokens.access_token)).status).toBe(200)
    expect((await api('/call', {}, tokens.access_token)).status).toBe(403)
    now += 3600_000
    expect((await api('/company', {}, tokens.access_token)).status).toBe(401)
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    expect((await exchange(refresh)).status).toBe(200)
    expect((await exchange(refresh)).status).toBe(400)
  })
})

test('delivers signed events to subscribers, retries 5xx by kind and never 4xx', async () => {
  start()
  const bodies: string[] = []
  const statuses = [503, 500, 200, 429]
  receiver = Bun.serve({
    port: 0,
    fetch: async (request) => {
      bodies.push(await request.text())
      return new Response(null, { status: statuses.shift() ?? 500 })
    },
  })
  const hook = (await (await post('/webhooks', { hook_url: receiver.url.href, secret: 'k' })).json()) as { id: string }
  expect(hook.id).toBeString()
  await post('/subscriptions/call', { endpoint_id: Number(hook.id), call_states: ['ringing', 'hangup'] })
  const call = dialpad.call()
  await call.ring()
  await call.connect()
  await call.hangup()
  expect(dialpad.deliveries.log.map(({ attempts }) => attempts)).toEqual([[503, 500, 200], [429]])
  const { payload } = await jwtVerify(bodies[0]!, new TextEncoder().encode('k'), { algorithms: ['HS256'] })
  expect(payload).toMatchObject({ call_id: call.id, state: 'ringing' })
  await dialpad.deliver('call', { state: 'ringing' })
  expect(dialpad.deliveries.log.at(-1)?.attempts).toEqual([500, 500, 500, 500])
})

test('lists concluded calls only, newest first, page by page, null when there is none', async () => {
  start({ pageSize: 2 })
  expect(await (await api('/call')).json()).toEqual({ items: null })
  for (let i = 0; i < 3; i++) await dialpad.call().hangup()
  dialpad.call()
  const first = (await (await api('/call')).json()) as { items: { call_id: string }[]; cursor: string }
  const second = (await (await api(`/call?cursor=${first.cursor}`)).json()) as typeof first
  expect([first.items.length, second.items.length, second.cursor]).toEqual([2, 1, undefined!])
  expect(first.items[0]?.call_id).toBeString()
})

test('admits a websocket with a live token and ends it after an hour', async () => {
  let now = 1_700_000_000_000
  start({ clock: () => now })
  const { id, websocket_url } = (await (await post('/websockets', { secret: 'k' })).json()) as Record<string, string>
  await post('/subscriptions/call', { endpoint_id: Number(id) })
  const socket = new WebSocket(websocket_url!)
  const frame = new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  await dialpad.call().ring()
  await frame
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }))
  now += 3600_000
  dialpad.sockets.closeExpired()
  await closed
  const refused = new WebSocket(websocket_url!)
  const failed = new Promise((resolve) => refused.addEventListener('error', resolve, { once: true }))
  await failed
})

test('serves media to a bearer, a range of it when asked', async () => {
  start()
  const call = dialpad.call()
  await call.recorded(new Uint8Array([1, 2, 3, 4, 5]))
  const url = call.record.recording_details[0]!.url
  expect((await fetch(url)).status).toBe(401)
  const headers = { authorization: `Bearer ${dialpad.apiKey}` }
  const part = await fetch(url, { headers: { ...headers, range: 'bytes=1-2' } })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1-2/5'])
  expect((await fetch(url, { headers: { ...headers, range: 'bytes=9-' } })).status).toBe(416)
})

test('refuses and records a body that does not match the published schema, and fails on request', async () => {
  start()
  expect((await post('/call', { phone_number: '555-1234', user_id: 1 })).status).toBe(400)
  expect(dialpad.takeViolations()).toHaveLength(1)
  dialpad.faults.add({ on: /^GET \/api\/v2\/company$/, times: 1, status: 429, headers: { 'retry-after': '7' } })
  expect((await api('/company')).headers.get('retry-after')).toBe('7')
  dialpad.faults.add({ on: /^GET \/api\/v2\/company$/, times: 1, cut: 'half' })
  await expect(api('/company').then((answer) => answer.json())).rejects.toThrow()
  expect((await api('/company')).status).toBe(200)
})
