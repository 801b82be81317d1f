import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { AGENT_ID, callEvent, T0 } from '../support/events'
import { ADMIN_SECRET, startTestServer, type TestServer } from '../support/server'
import { connect, entries, type TestSocket } from '../support/socket'
import { until } from '../support/until'

describe.each([
  ['SQLite', async () => freshUrl.sqlite()],
  ['Postgres', freshUrl.pg],
] as const)('sockets on %s', (name, makeUrl) => {
  let server: TestServer
  let url: string
  let app: { appId: string; apiKey: string }
  let callId = 2_000_000
  let orgId = 0
  beforeAll(async () => {
    url = await makeUrl()
    server = await startTestServer(url)
  })
  beforeEach(async () => {
    app = await server.createApp('One', ++orgId)
  })
  afterAll(() => server.stop())

  const ws = (query = '', headers?: Record<string, string>) => connect(`${server.url}/ws${query}`, headers)
  const subscribed = (socket: TestSocket) => socket.next(({ type }) => type === 'subscribed')
  const ring = async (more: object = {}) => {
    await server.deliver(callEvent(++callId, 'ringing', T0, { org_id: orgId, ...more }))
    return callId
  }
  const heardCall = (socket: TestSocket, id: number) => socket.next((message) => message.call_id === id)

  test('accepts credentials in the address, in a header, and in a first message, and each socket receives the same', async () => {
    const byAddress = await ws(`?api_key=${app.apiKey}`)
    const byHeader = await ws('', { 'x-app-api-key': app.apiKey })
    const byMessage = await ws()
    byMessage.send({ type: 'subscribe', app_id: app.appId, api_key: app.apiKey })
    const sockets = [byAddress, byHeader, byMessage]
    for (const socket of sockets)
      expect(await subscribed(socket)).toEqual({ type: 'subscribed', app_id: app.appId, seq: expect.any(Number) })
    const id = await ring()
    const heard = await Promise.all(sockets.map((socket) => heardCall(socket, id)))
    expect(heard[0]).toMatchObject({
      event: 'call.ring',
      call_id: id,
      status: 'ringing',
      from_number: '+15555550109',
      user_id: null,
      customer: null,
    })
    expect(heard[1]).toEqual(heard[0])
    expect(heard[2]).toEqual(heard[0])
    for (const socket of sockets) socket.close()
  })

  test('a socket that sends more than 60 messages a minute gets an error and is closed', async () => {
    const socket = await ws(`?api_key=${app.apiKey}`)
    await subscribed(socket)
    for (let sent = 0; sent < 60; sent++) socket.send('{')
    await until('an answer to each', () => socket.messages.filter(({ type }) => type === 'error').length === 60)
    expect(socket.messages.every(({ code }) => code !== 'rate_limited')).toBe(true)
    for (let sent = 0; sent < 10; sent++) socket.send('{')
    expect(await socket.ended()).toMatchObject({ code: 1008 })
    expect(socket.messages.filter(({ code }) => code === 'rate_limited')).toHaveLength(1)
  })

  test('refuses bad credentials: 401 at the upgrade, 4401 after a first message', async () => {
    expect(ws(`?api_key=raw_${'0'.repeat(64)}`)).rejects.toThrow('refused')
    const upgrade = {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    }
    const refused = await server.request('GET', '/ws?api_key=wrong', { headers: upgrade })
    expect([refused.status, refused.body.code]).toEqual([401, 'api_key_invalid'])
    const socket = await ws()
    socket.send({ type: 'subscribe', app_id: app.appId, api_key: 'wrong' })
    expect(await socket.next(({ type }) => type === 'error')).toMatchObject({ code: 'api_key_invalid' })
    expect((await socket.ended()).code).toBe(4401)
  })

  test("refuses one app's key for another app's events", async () => {
    const socket = await ws()
    const other = await server.createApp('Other')
    socket.send({ type: 'subscribe', app_id: other.appId, api_key: app.apiKey })
    expect((await socket.ended()).code).toBe(4401)
    const theirs = await ws(`?api_key=${other.apiKey}`)
    await subscribed(theirs)
    const id = await ring()
    const ours = await ws(`?api_key=${app.apiKey}&since=0`)
    await heardCall(ours, id)
    expect(entries(theirs)).toEqual([])
    await server.services.apps.remove(other.appId)
    expect((await theirs.ended()).code).toBe(4401)
    ours.close()
  })

  test('filters by event pattern and by user', async () => {
    const { dialpadUserMappings } = server.services.database.tables
    await server.services.database.queries.insert(dialpadUserMappings).values({
      id: Bun.randomUUIDv7(),
      appId: app.appId,
      dialpadUserId: AGENT_ID,
      crmUserId: 'crm-1',
      createdAt: 1,
      updatedAt: 1,
    })
    const calls = await ws(`?api_key=${app.apiKey}&events=call.ring,call.e*`)
    const mine = await ws(`?api_key=${app.apiKey}&user_id=crm-1`)
    const theirs = await ws(`?api_key=${app.apiKey}&user_id=crm-2`)
    const all = await ws(`?api_key=${app.apiKey}`)
    for (const socket of [calls, mine, theirs, all]) await subscribed(socket)
    const id = await ring()
    await server.deliver(callEvent(id, 'connected', T0 + 1, { org_id: orgId }))
    await server.deliver(callEvent(id, 'hangup', T0 + 2, { org_id: orgId }))
    await all.next((message) => message.call_id === id && message.event === 'call.ended')
    await mine.next((message) => message.event === 'call.ended')
    await calls.next((message) => message.event === 'call.ended')
    expect(entries(calls).map(({ event }) => event)).toEqual(['call.ring', 'call.ended'])
    expect(entries(mine).map(({ event }) => event)).toEqual(['call.ring', 'call.started', 'call.ended'])
    expect(entries(theirs)).toEqual([])
    for (const socket of [calls, mine, theirs, all]) socket.close()
  })

  test('resumes after `since` without a gap or a repetition while new entries arrive', async () => {
    const head = (await server.services.stream.store.head(server.services.database.queries, app.appId))!.seq
    for (let i = 0; i < 30; i++) await ring()
    await until(
      'the ringing to be processed',
      async () =>
        (await server.services.stream.store.head(server.services.database.queries, app.appId))!.seq === head + 30,
    )
    const delivering = (async () => {
      for (let i = 0; i < 30; i++) await ring()
    })()
    const socket = await ws(`?api_key=${app.apiKey}&since=${head}`)
    await delivering
    await until('all entries', () => entries(socket).length >= 60)
    expect(entries(socket).map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, i) => head + 1 + i))
    socket.close()
  })

  test('reports a gap when missed entries are purged, and when the client is ahead', async () => {
    const { services } = server
    for (let i = 0; i < 5; i++) await ring()
    await server.settle()
    const { seq } = (await services.stream.store.head(services.database.queries, app.appId))!
    await services.database.transaction((tx) => services.stream.store.purge(tx, app.appId, Date.now() + 1))
    const behind = await ws(`?api_key=${app.apiKey}&since=3`)
    expect(await behind.next(({ type }) => type === 'gap')).toEqual({ type: 'gap', from: 4, to: seq })
    const ahead = await ws(`?api_key=${app.apiKey}&since=${seq + 5}`)
    expect(await ahead.next(({ type }) => type === 'gap')).toEqual({ type: 'gap', from: seq + 1, to: seq + 5 })
    const id = await ring()
    for (const socket of [behind, ahead]) {
      expect((await heardCall(socket, id)).seq).toBe(seq + 1)
      socket.close()
    }
  })

  test('responds to malformed and oversized messages and continues', async () => {
    const socket = await ws(`?api_key=${app.apiKey}`)
    await subscribed(socket)
    const wrong = [
      '{broken',
      '[]',
      '{"type":"dance"}',
      '{"type":"subscribe","since":-1}',
      '{"type":"subscribe","events":["cal.*"]}',
      `"${'x'.repeat(65 * 1024)}"`,
    ]
    for (const message of wrong) socket.send(message)
    await until('six errors', () => socket.messages.filter(({ type }) => type === 'error').length === wrong.length)
    expect(socket.messages.filter(({ type }) => type === 'error').map(({ code }) => code)).toEqual([
      ...Array.from({ length: 3 }, () => 'validation_failed'),
      ...Array.from({ length: 3 }, () => expect.any(String)),
    ])
    expect(socket.messages.some(({ code }) => code === 'body_too_large')).toBe(true)
    socket.send(new Blob(['{"type":"subscribe","since":0}']))
    await until('a seventh error', () => socket.messages.filter(({ type }) => type === 'error').length === 7)
    expect(socket.messages.filter(({ type }) => type === 'subscribed')).toHaveLength(1)
    const id = await ring()
    await heardCall(socket, id)
    socket.close()
  })

  test('a rotation without grace closes the sockets of the old key; with grace they stay', async () => {
    const mine = await server.createApp('Rotating')
    const first = await ws(`?api_key=${mine.apiKey}`)
    await subscribed(first)
    const rotated = await server.admin('POST', `/internal/apps/${mine.appId}/api-key`, { grace_seconds: 60 })
    const second = await ws(`?api_key=${rotated.body.api_key}`)
    await subscribed(second)
    expect(first.closed).toBeNull()
    await server.admin('POST', `/internal/apps/${mine.appId}/api-key/revoke`)
    expect((await first.ended()).code).toBe(4401)
    expect((await second.ended()).code).toBe(4401)
    await server.services.apps.remove(mine.appId)
  })

  test('a client token opens the socket only for its user, and ends with its key', async () => {
    const mine = await server.createApp('Tokens')
    const [key] = await (async () => {
      const verified = await server.services.auth.keys.verify(mine.apiKey, {
        address: '203.0.113.1',
        isLockedOut: async () => false,
      })
      return [verified.keyId]
    })()
    const { token } = await server.services.auth.tokens.issue(mine.appId, key!, 'crm-9', 60)
    const socket = await ws(`?token=${token}`)
    await subscribed(socket)
    socket.send({ type: 'subscribe', user_id: 'crm-1' })
    expect(await socket.next(({ type }) => type === 'error')).toMatchObject({ code: 'scope_missing' })
    await server.services.apps.revokeKey(mine.appId, 'test')
    expect((await socket.ended()).code).toBe(4401)
    expect(ws(`?token=${token}`)).rejects.toThrow('refused')
    await server.services.apps.remove(mine.appId)
  })

  test('a token created by the operator ends when its app is deactivated', async () => {
    const mine = await server.createApp('Deactivated')
    const { body } = await server.admin('POST', `/internal/apps/${mine.appId}/tokens`, {})
    const socket = await ws(`?token=${body.token}`)
    await subscribed(socket)
    await server.services.apps.update(mine.appId, { active: false })
    expect((await socket.ended()).code).toBe(4401)
    expect(
      (await server.request('GET', '/api/calls', { headers: { authorization: `Bearer ${body.token}` } })).status,
    ).toBe(401)
    await server.services.apps.remove(mine.appId)
  })

  test('the admin secret is no app key', async () => {
    expect(ws(`?api_key=${ADMIN_SECRET}`)).rejects.toThrow('refused')
  })

  test.if(name === 'Postgres')('instances deliver to each other’s sockets, and a revocation reaches all', async () => {
    const second = await startTestServer(url)
    const mine = await server.createApp('Shared', ++orgId)
    const there = await connect(`${second.url}/ws?api_key=${mine.apiKey}`)
    await subscribed(there)
    await server.deliver(callEvent(++callId, 'ringing', T0, { org_id: orgId }))
    expect(await heardCall(there, callId)).toMatchObject({ event: 'call.ring', seq: 1 })
    expect((await second.get('/api/calls', mine.apiKey)).status).toBe(200)
    await server.admin('POST', `/internal/apps/${mine.appId}/api-key/revoke`)
    expect((await there.ended()).code).toBe(4401)
    expect((await second.get('/api/calls', mine.apiKey)).status).toBe(401)
    await second.stop()
  })
})
