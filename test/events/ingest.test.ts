import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { hmac, sign, startTestServer, type TestServer, WEBHOOK_SECRET } from '../support/server'

describe.each([
  ['SQLite', async () => freshUrl.sqlite()],
  ['Postgres', freshUrl.pg],
] as const)('webhooks on %s', (_name, url) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  let nextCallId = 1_000_000
  beforeAll(async () => {
    server = await startTestServer(await url())
    app = await server.createApp('One')
  })
  afterAll(() => server.stop())

  const post = (body: string | Uint8Array, headers: Record<string, string> = {}, path = '/webhooks/dialpad') =>
    server.request('POST', path, { body, headers })
  const eventCount = async () => (await server.services.events.queue.stats()).reduce((sum, { count }) => sum + count, 0)
  const storedEvent = (id: string) => server.services.events.queue.get(id)

  test.each(['application/jwt', 'text/plain; charset=utf-8', 'application/json', 'application/octet-stream', ''])(
    'takes a JWT body whatever the Content-Type (%p), and has it on disk before the answer',
    async (type) => {
      const answer = await post(
        await sign(callEvent(++nextCallId, 'ringing', T0)),
        type ? { 'content-type': type } : {},
      )
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual({ received: true, event_id: expect.any(String) })
      expect((await storedEvent(answer.body.event_id)).appId).toBe(app.appId)
    },
  )

  test.each([
    ['hex', (body: string) => hmac(body)],
    ['base64', (body: string) => hmac(body, WEBHOOK_SECRET, 'base64')],
    ['sha256=', (body: string) => `sha256=${hmac(body)}`],
  ])('takes a JSON body signed as %s', async (_form, signature) => {
    const body = JSON.stringify(callEvent(++nextCallId, 'ringing', T0))
    expect((await post(body, { 'x-dialpad-signature': signature(body) })).status).toBe(200)
  })

  test('stores a repetition once and answers with the first event', async () => {
    const event = callEvent(++nextCallId, 'ringing', T0)
    const first = await post(await sign(event))
    const before = await eventCount()
    const again = await post(await sign({ ...event, mos_score: 4 }))
    expect(again.status).toBe(200)
    expect(again.body).toEqual({ received: true, duplicate: true, event_id: first.body.event_id })
    expect(await eventCount()).toBe(before)
  })

  test('repetitions that arrive together are stored once', async () => {
    const jwt = await sign(callEvent(++nextCallId, 'ringing', T0))
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(jwt)))
    expect(answers.filter(({ body }) => !body.duplicate)).toHaveLength(1)
    expect(new Set(answers.map(({ body }) => body.event_id)).size).toBe(1)
  })

  test('forged, truncated, unsigned and foreign bodies change nothing', async () => {
    const good = await sign(callEvent(++nextCallId, 'ringing', T0))
    const json = JSON.stringify(callEvent(++nextCallId, 'ringing', T0))
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(json).toString('base64url')}.`
    const before = await eventCount()
    const refused: [string | Uint8Array, Record<string, string>, number, string][] = [
      [await sign(callEvent(1, 'ringing', T0), 'another secret'), {}, 401, 'signature_invalid'],
      [await sign(callEvent(1, 'ringing', T0), WEBHOOK_SECRET.padEnd(64, 'x'), 'HS512'), {}, 401, 'signature_invalid'],
      [good.slice(0, -10), {}, 401, 'signature_invalid'],
      [
        `${good.split('.')[0]}.${Buffer.from('{"call_id":5}').toString('base64url')}.${good.split('.')[2]}`,
        {},
        401,
        'signature_invalid',
      ],
      [none, {}, 401, 'signature_invalid'],
      [json, {}, 401, 'signature_invalid'],
      [json, { 'x-dialpad-signature': hmac(json, 'another secret') }, 401, 'signature_invalid'],
      [json, { 'x-dialpad-signature': 'sha256=' }, 401, 'signature_invalid'],
      ['', {}, 400, 'body_malformed'],
      ['call=1&state=ringing', {}, 400, 'body_malformed'],
      [new Uint8Array([0xff, 0xfe, 0x7b]), {}, 400, 'body_malformed'],
      ['{"a":', { 'x-dialpad-signature': hmac('{"a":') }, 400, 'body_malformed'],
      ['['.repeat(5000), { 'x-dialpad-signature': hmac('['.repeat(5000)) }, 400, 'body_malformed'],
    ]
    for (const [body, headers, status, code] of refused) {
      const answer = await post(body, headers)
      expect([answer.status, answer.body.code]).toEqual([status, code])
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    }
    expect(await eventCount()).toBe(before)
  })

  test('refuses more than 1 MiB, with and without Content-Length', async () => {
    const big = randomBytes(1024 * 1024 + 1).toString('hex')
    expect((await post(big)).status).toBe(413)
    const chunked = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 40; i++) controller.enqueue(new Uint8Array(64 * 1024))
        controller.close()
      },
    })
    const answer = await fetch(`${server.url}/webhooks/dialpad`, { method: 'POST', body: chunked })
    expect(answer.status).toBe(413)
  })

  test('keeps an id beyond 2^53-1 in quarantine with the reason, digits intact', async () => {
    for (const body of [
      '{"call_id":9223372036854775807,"state":"ringing"}',
      '{"call_id":"9223372036854775807","state":"ringing"}',
    ]) {
      const answer = await post(body, { 'x-dialpad-signature': hmac(body) })
      expect(answer.status).toBe(200)
      const event = await storedEvent(answer.body.event_id)
      expect(event).toMatchObject({ status: 'quarantined', body })
      expect(event.error).toContain('9223372036854775807')
    }
  })

  test('quarantines events without an id, and bodies that are not objects', async () => {
    for (const body of [
      '[1,2]',
      '{"state":"ringing"}',
      '{"call_id":{"a":1},"state":7}',
      '{"message_status":"pending"}',
    ]) {
      const answer = await post(body, { 'x-dialpad-signature': hmac(body) })
      expect((await storedEvent(answer.body.event_id)).status).toBe('quarantined')
    }
  })

  test('wrong types in other fields are ignored', async () => {
    const id = ++nextCallId
    const junk = {
      direction: 5,
      target: 'x',
      contact: [],
      date_started: {},
      labels: 'a',
      duration: 'long',
      custom_data: '{broken',
      recording_details: [1],
    }
    await server.deliver(callEvent(id, 'ringing', T0, junk))
    await server.settle()
    const { body } = await server.get(`/api/calls/dialpad:${id}`, app.apiKey)
    expect(body.call).toMatchObject({
      status: 'ringing',
      direction: 'inbound',
      target: null,
      contact: null,
      labels: [],
      custom_data: '{broken',
    })
  })

  test('an unknown event is stored and marked, and nothing is published', async () => {
    for (const payload of [callEvent(++nextCallId, 'teleported', T0), { changelog: true, what: nextCallId }]) {
      const { body } = await server.deliver(payload)
      await server.settle()
      expect((await storedEvent(body.event_id)).status).toBe('unknown')
    }
  })

  test('an app’s own webhook has its own secret, and a second one while it is rotated', async () => {
    const { services } = server
    const { dialpadWebhooks } = services.database.tables
    const now = Date.now()
    const id = Bun.randomUUIDv7()
    await services.database.queries.insert(dialpadWebhooks).values({
      id,
      appId: app.appId,
      kind: 'webhook',
      secretEncrypted: await services.secretBox.seal('new'),
      previousSecretEncrypted: await services.secretBox.seal('old'),
      previousSecretUntil: now + 60_000,
      createdAt: now,
      updatedAt: now,
    })
    const path = `/webhooks/dialpad/${id}`
    for (const secret of ['new', 'old']) {
      const answer = await post(await sign(callEvent(++nextCallId, 'ringing', T0), secret), {}, path)
      expect(answer.status).toBe(200)
      expect(await storedEvent(answer.body.event_id)).toMatchObject({ appId: app.appId, webhookId: id })
    }
    expect((await post(await sign(callEvent(++nextCallId, 'ringing', T0)), {}, path)).status).toBe(401)
    expect(
      (await post(await sign(callEvent(++nextCallId, 'ringing', T0)), {}, '/webhooks/dialpad/unknown')).status,
    ).toBe(404)
    await services.events.receiver.flushCounts()
    const [row] = await services.database.queries.select().from(dialpadWebhooks)
    expect(row).toMatchObject({ deliveryCount: 2, failureCount: 1 })
  })

  test('with several apps the organization decides, and an event that matches none waits for an operator', async () => {
    const other = await server.createApp('Two')
    await server.services.apps.update(other.appId, { orgId: 77 })
    const ours = await server.deliver(callEvent(++nextCallId, 'ringing', T0, { org_id: 77 }))
    expect((await storedEvent(ours.body.event_id)).appId).toBe(other.appId)
    const unknownUser = { target: { id: 99, type: 'user' } }
    const lost = await server.deliver(callEvent(++nextCallId, 'ringing', T0, unknownUser))
    expect(await storedEvent(lost.body.event_id)).toMatchObject({ appId: null, status: 'unrouted' })
    await server.services.events.queue.replay(lost.body.event_id, other.appId)
    await server.settle()
    expect((await server.get(`/api/calls/dialpad:${nextCallId}`, other.apiKey)).status).toBe(200)
    expect((await server.get(`/api/calls/dialpad:${nextCallId}`, app.apiKey)).status).toBe(404)
    await server.services.apps.remove(other.appId)
  })

  test('answers 503 when an event cannot be stored, so that Dialpad delivers it again', async () => {
    const broken = await startTestServer(await url())
    await broken.createApp('One')
    await broken.services.events.processor.stop()
    await broken.services.database.close()
    const answer = await broken.deliver(callEvent(++nextCallId, 'ringing', T0))
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable'])
    expect((await broken.get('/health')).status).toBe(503)
    expect((await broken.get('/live')).status).toBe(200)
    await broken.stop().catch(() => {})
  })
})
