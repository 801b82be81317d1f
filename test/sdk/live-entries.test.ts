import { afterEach, describe, expect, test } from 'bun:test'
import { CtiClient } from '../../src/sdk/cti-client'
import type { LiveEntries, LiveState } from '../../src/sdk/live-entries'
import { streamServer } from '../support/stream-server'
import { until } from '../support/until'

const entry = (seq: number) => ({ event: 'call.updated', seq, timestamp: '2026-01-01T00:00:00.000Z' })

let server: ReturnType<typeof streamServer>
let live: LiveEntries
afterEach(async () => {
  live.close()
  await server.stop()
})

/** What was heard, in order. */
function listen() {
  const heard: (number | string)[] = []
  const states: LiveState[] = []
  live.on('entry', ({ seq }) => heard.push(seq))
  live.on('gap', ({ from, to }) => heard.push(`gap ${from}-${to}`))
  live.on('error', (error) => heard.push((error as { code?: string }).code ?? error.message))
  live.on('state', (state) => states.push(state))
  return { heard, states }
}

const isLive = () => until('the connection to stand', () => live.state === 'live')

describe('LiveEntries', () => {
  test('delivers entries in order and passes the filters on', async () => {
    server = streamServer()
    live = new CtiClient({ baseUrl: server.url, token: 't', appId: 'app' }).live({ events: ['call.*'], user_id: 'ada' })
    const { heard } = listen()
    await isLive()
    server.send(entry(1), entry(2), entry(5))
    await until('three entries', () => heard.length === 3)
    expect(heard).toEqual([1, 2, 5])
    expect(server.asked[0]).toMatchObject({
      type: 'subscribe',
      app_id: 'app',
      token: 't',
      events: ['call.*'],
      user_id: 'ada',
    })
    expect(live.seq).toBe(5)
  })

  test('resumes after the last entry when the connection is lost, without a gap or a repetition', async () => {
    server = streamServer()
    live = new CtiClient({ baseUrl: server.url, token: 't' }).live()
    const { heard, states } = listen()
    await isLive()
    server.send(entry(1), entry(2))
    await until('two entries', () => heard.length === 2)
    // The server repeats what it is not sure about, then goes on.
    server.script.answer = (socket, since) => {
      socket.send(JSON.stringify({ type: 'subscribed', app_id: 'app', seq: 4 }))
      for (let seq = since!; seq <= 4; seq++) socket.send(JSON.stringify(entry(seq)))
    }
    server.drop()
    await until('the missed entries', () => heard.length === 4)
    expect(heard).toEqual([1, 2, 3, 4])
    expect(server.asked[1]?.since).toBe(2)
    expect(states).toContain('waiting')
  })

  test('starts where an earlier page left off', async () => {
    server = streamServer()
    live = new CtiClient({ baseUrl: server.url, token: 't' }).live({ since: 41 })
    const { heard } = listen()
    await isLive()
    server.send(entry(41), entry(42))
    await until('the next entry', () => heard.length === 1)
    expect(heard).toEqual([42])
    expect(server.asked[0]?.since).toBe(41)
  })

  test('reports which entries the server no longer has, and continues after them', async () => {
    server = streamServer()
    server.script.answer = (socket) => {
      socket.send(JSON.stringify({ type: 'subscribed', app_id: 'app', seq: 90 }))
      socket.send(JSON.stringify({ type: 'gap', from: 6, to: 80 }))
      socket.send(JSON.stringify(entry(81)))
    }
    live = new CtiClient({ baseUrl: server.url, token: 't' }).live({ since: 5 })
    const { heard } = listen()
    await until('the entry after the gap', () => heard.length === 2)
    expect(heard).toEqual(['gap 6-80', 81])
    expect(live.seq).toBe(81)
  })

  test('resumes after a gap, although no entry came since, and takes none from within it', async () => {
    server = streamServer()
    live = new CtiClient({ baseUrl: server.url, token: 't' }).live({ since: 5 })
    const { heard } = listen()
    await isLive()
    server.send({ type: 'gap', from: 6, to: 80 }, entry(80), entry(7))
    await until('the gap', () => heard.length === 1)
    server.drop()
    await until('the next subscription', () => server.asked.length === 2)
    expect(server.asked[1]?.since).toBe(80)
    await isLive()
    server.send(entry(81))
    await until('the next entry', () => heard.length === 2)
    expect(heard).toEqual(['gap 6-80', 81])
  })

  test('a gap before its position changes nothing', async () => {
    server = streamServer()
    live = new CtiClient({ baseUrl: server.url, token: 't' }).live({ since: 90 })
    const { heard } = listen()
    await isLive()
    server.send({ type: 'gap', from: 6, to: 80 }, entry(85), entry(91))
    await until('the next entry', () => heard.length === 2)
    expect(heard).toEqual(['gap 6-80', 91])
  })

  test('fetches a fresh token when one is refused, and resumes', async () => {
    server = streamServer()
    let made = 0
    live = new CtiClient({ baseUrl: server.url, token: () => `token-${++made}` }).live()
    const { heard } = listen()
    await isLive()
    server.send(entry(1))
    await until('the first entry', () => heard.length === 1)
    server.script.refuse = (token) => token === 'token-1'
    for (const socket of server.sockets) socket.close(4401, 'credentials ended')
    await until('the second subscription', () => server.asked.length === 2 && live.state === 'live')
    expect(server.asked.map(({ token, since }) => [token, since])).toEqual([
      ['token-1', undefined],
      ['token-2', 1],
    ])
  })

  test('stops when new credentials are refused, too', async () => {
    server = streamServer()
    server.script.refuse = () => true
    let made = 0
    live = new CtiClient({ baseUrl: server.url, token: () => `token-${++made}` }).live()
    await until('the end', () => live.state === 'refused')
    expect(server.asked.map(({ token }) => token)).toEqual(['token-1', 'token-2'])
  })

  test('ignores invalid messages and continues', async () => {
    server = streamServer()
    live = new CtiClient({ baseUrl: server.url, token: 't' }).live()
    const { heard } = listen()
    await isLive()
    for (const socket of server.sockets)
      for (const text of ['{', 'null', '[]', '7', '{"event":1,"seq":"x"}']) socket.send(text)
    server.send(entry(1))
    await until('the entry', () => heard.length === 1)
    expect(heard).toEqual([1])
  })

  test('keeps retrying while it cannot get a token', async () => {
    server = streamServer()
    let tries = 0
    const token = () => {
      if (++tries < 3) throw new Error('backend away')
      return 'token'
    }
    live = new CtiClient({ baseUrl: server.url, token }).live()
    const { heard } = listen()
    await isLive()
    expect(heard).toEqual(['backend away', 'backend away'])
  })
})

describe('CtiClient', () => {
  test('asks for one fresh token for all requests that are refused together', async () => {
    let made = 0
    const seen: string[] = []
    const http = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch(request) {
        const token = request.headers.get('authorization')!
        seen.push(token)
        return token === 'Bearer token-1'
          ? Response.json({ code: 'token_invalid', detail: 'ended' }, { status: 401 })
          : Response.json({ success: true, calls: [] })
      },
    })
    server = streamServer()
    const client = new CtiClient({ baseUrl: `http://127.0.0.1:${http.port}`, token: () => `token-${++made}` })
    live = client.live()
    live.close()
    await Promise.all([client.calls.active(), client.calls.active(), client.calls.active()])
    expect(made).toBe(2)
    expect(seen.filter((token) => token === 'Bearer token-2')).toHaveLength(3)
    await http.stop(true)
  })

  test('reports a broken connection outside of a page as such, without a second request', async () => {
    const asked: string[] = []
    const broken = async (url: string | URL | Request) => {
      asked.push(String(url))
      if (asked.length === 1) throw new TypeError('The connection broke.')
      return new Response('ok')
    }
    server = streamServer()
    const client = new CtiClient({ baseUrl: server.url, token: 't', fetch: broken as typeof fetch })
    live = client.live()
    live.close()
    const error: unknown = await client.calls.active().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'network' })
    expect(asked).toEqual([`${server.url}/api/calls/active`])
  })

  test('renews a token shortly before it ends, without a refused request', async () => {
    const jwt = (lifeSeconds: number) =>
      `e30.${Buffer.from(JSON.stringify({ exp: Date.now() / 1000 + lifeSeconds })).toString('base64url')}.x`
    const tokens = [jwt(10), jwt(3600)]
    const seen: string[] = []
    const http = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch(request) {
        seen.push(request.headers.get('authorization')!)
        return Response.json({ success: true, calls: [] })
      },
    })
    server = streamServer()
    let made = 0
    const client = new CtiClient({ baseUrl: `http://127.0.0.1:${http.port}`, token: () => tokens[made++]! })
    live = client.live()
    live.close()
    for (let i = 0; i < 3; i++) await client.calls.active()
    expect(seen).toEqual([tokens[0], tokens[1], tokens[1]].map((token) => `Bearer ${token}`))
    await http.stop(true)
  })

  test('places each call under a key of its own, and repeats the key with a fresh token', async () => {
    const seen: { token: string; key: string | null; body: unknown }[] = []
    const http = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        const token = request.headers.get('authorization')!
        seen.push({ token, key: request.headers.get('idempotency-key'), body: await request.json() })
        return token === 'Bearer token-1'
          ? Response.json({ code: 'token_invalid', detail: 'ended' }, { status: 401 })
          : Response.json({ success: true, dialpad_call_id: 1, phone_number: '+15551234567' }, { status: 202 })
      },
    })
    server = streamServer()
    let made = 0
    const client = new CtiClient({ baseUrl: `http://127.0.0.1:${http.port}`, token: () => `token-${++made}` })
    live = client.live()
    live.close()
    await client.calls.place({ phone_number: '5551234567', user_id: 'ann' })
    await client.calls.place({ phone_number: '5551234567', user_id: 'ann' })
    expect(seen.map(({ token }) => token)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2'])
    expect(seen[0]!.key).toMatch(/^[0-9a-f]{24}$/)
    expect(seen[1]).toMatchObject({ key: seen[0]!.key, body: { phone_number: '5551234567', user_id: 'ann' } })
    expect(seen[2]!.key).toMatch(/^[0-9a-f]{24}$/)
    expect(seen[2]!.key).not.toBe(seen[0]!.key)
    await http.stop(true)
  })

  test('an id stays one part of the path, and an empty filter is not sent', async () => {
    const seen: string[] = []
    const http = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch(request) {
        seen.push(request.url.slice(request.url.indexOf('/api')))
        return Response.json({ success: true, call: {} })
      },
    })
    server = streamServer()
    const client = new CtiClient({ baseUrl: `http://127.0.0.1:${http.port}//`, token: 't' })
    live = client.live()
    live.close()
    await client.calls.get('../calls?x#y')
    await client.calls.list({ status: '', job_id: 'a&b', limit: 2 })
    expect(seen).toEqual(['/api/calls/..%2Fcalls%3Fx%23y', '/api/calls?job_id=a%26b&limit=2'])
    await http.stop(true)
  })

  test('turns problem answers and a server that is gone into errors with a code', async () => {
    const http = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () =>
        Response.json({ code: 'call_not_found', detail: 'There is no such call.', request_id: 'r-1' }, { status: 404 }),
    })
    server = streamServer()
    const client = new CtiClient({ baseUrl: `http://127.0.0.1:${http.port}`, token: 't' })
    live = client.live()
    live.close()
    expect(client.calls.get('x')).rejects.toMatchObject({ status: 404, code: 'call_not_found', requestId: 'r-1' })
    await http.stop(true)
    expect(client.calls.get('x')).rejects.toMatchObject({ status: 0, code: 'network' })
  })
})
