import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { freshUrl } from '../support/backends'
import { describeInBrowser } from '../support/browser'
import { entriesOf, openEventStream, type StreamedEvent } from '../support/event-stream'
import { hasPrograms } from '../support/programs'
import { startTestServer, type TestServer } from '../support/server'
import { createSkippableTime } from '../support/skippable-time'
import { until } from '../support/until'

const SUBSCRIBED = ({ event }: StreamedEvent) => event === 'subscribed'
const seqIs =
  (seq: number) =>
  ({ id, event }: StreamedEvent) =>
    event === null && id === String(seq)

let server: TestServer
let app: { appId: string; apiKey: string }

async function append(count: number, { event = 'call.ring', userId = null as string | null, text = '' } = {}) {
  const { database, stream } = server.services
  const entry = { event, userId, dialpadUserId: null, data: { user_id: userId, text } }
  await database.transaction((tx) =>
    stream.store.append(
      tx,
      app.appId,
      Array.from({ length: count }, () => entry),
      Date.now(),
    ),
  )
}
const open = (query = '', headers: Record<string, string> = { 'x-app-api-key': app.apiKey }) =>
  openEventStream(`${server.url}/api/events/stream${query}`, headers)
const tokenFor = async (user_id?: string, ttl_seconds?: number): Promise<string> => {
  const body = { ...(user_id ? { user_id } : {}), ...(ttl_seconds ? { ttl_seconds } : {}) }
  return (await server.request('POST', '/api/tokens', { headers: { 'x-app-api-key': app.apiKey }, body })).body.token
}

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('GET /api/events/stream on %s', (_name, url) => {
  const time = createSkippableTime()
  beforeAll(async () => {
    server = await startTestServer(await url(), { CORS_ORIGINS: 'https://crm.example.com' }, time)
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    app = await server.createApp('One')
  })

  test('sends new entries as the socket does, each with its seq as the id', async () => {
    await append(2)
    const stream = await open()
    expect((await stream.next(SUBSCRIBED)).data).toEqual({ type: 'subscribed', app_id: app.appId, seq: 2 })
    await append(2)
    await stream.next(seqIs(4))
    expect(stream.events.map(({ id }) => id)).toEqual(['2', '3', '4'])
    expect(entriesOf(stream)).toMatchObject([
      { event: 'call.ring', seq: 3 },
      { event: 'call.ring', seq: 4 },
    ])
    stream.close()
  })

  test('Last-Event-ID resumes without a loss or a repetition, and takes precedence over since', async () => {
    await append(5)
    const headers = { 'x-app-api-key': app.apiKey, 'last-event-id': '3' }
    const stream = await open('?since=0', headers)
    await append(1)
    await stream.next(seqIs(6))
    expect(entriesOf(stream).map(({ seq }) => seq)).toEqual([4, 5, 6])
    stream.close()
    const all = await open('?since=0')
    await all.next(seqIs(6))
    expect(entriesOf(all).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
    // While it catches up, nothing may move a client past what it has not received.
    expect(all.events.find(SUBSCRIBED)!.id).toBeNull()
    all.close()
  })

  test('an interrupted catch-up over thousands of entries loses and repeats nothing', async () => {
    await append(4000, { text: 'x'.repeat(500) })
    const received: number[] = []
    while (received.length < 4000) {
      const stream = await open('', { 'x-app-api-key': app.apiKey, 'last-event-id': String(received.at(-1) ?? 0) })
      await until('the end or a part', () => stream.ended || entriesOf(stream).at(-1)?.seq === 4000)
      received.push(...entriesOf(stream).map(({ seq }) => seq))
      stream.close()
    }
    expect(received).toEqual(Array.from({ length: 4000 }, (_, index) => index + 1))
  })

  test('filters by events and by user as the socket does', async () => {
    const calls = await open('?events=call.*')
    const anns = await open('?user_id=ann')
    for (const stream of [calls, anns]) await stream.next(SUBSCRIBED)
    await append(1, { event: 'message.received', userId: 'ann' })
    await append(1, { userId: 'bob' })
    await append(1, { userId: 'ann' })
    for (const stream of [calls, anns]) await stream.next(seqIs(3))
    expect(entriesOf(calls).map(({ seq }) => seq)).toEqual([2, 3])
    expect(entriesOf(anns).map(({ seq }) => seq)).toEqual([1, 3])
    for (const stream of [calls, anns]) stream.close()
  })

  test('reports which entries were purged, and resumes after them', async () => {
    await append(3)
    const { database, stream } = server.services
    await database.transaction((tx) => stream.store.purge(tx, app.appId, Date.now() + 1000))
    const opened = await open('?since=1')
    const gap = await opened.next(({ event }) => event === 'gap')
    expect(gap).toEqual({ id: '3', event: 'gap', data: { type: 'gap', from: 2, to: 3 } })
    opened.close()
  })

  test("a token of one user in the address receives only that user's entries, and 403 for another user", async () => {
    const token = await tokenFor('ann')
    const stream = await open(`?token=${token}`, {})
    await stream.next(SUBSCRIBED)
    await append(1, { userId: 'bob' })
    await append(1, { userId: 'ann' })
    await stream.next(seqIs(2))
    expect(entriesOf(stream)).toHaveLength(1)
    stream.close()
    const other = await server.request('GET', `/api/events/stream?token=${token}&user_id=bob`)
    expect([other.status, other.body.code]).toEqual([403, 'scope_missing'])
  })

  test('the API key works in the address, and a wrong one is 401', async () => {
    const stream = await open(`?api_key=${app.apiKey}`, {})
    expect(stream.status).toBe(200)
    stream.close()
    expect((await server.request('GET', `/api/events/stream?api_key=raw_${'0'.repeat(64)}`)).status).toBe(401)
  })

  test.each(['since=-1', 'since=x', 'events=call.sarted', 'user=ann'])('%s is 422 and names it', async (query) => {
    const { status, body } = await server.get(`/api/events/stream?${query}`, app.apiKey)
    expect([status, body.errors[0].path]).toEqual([422, query.split('=')[0]])
  })

  test('a Last-Event-ID that is no seq is 422', async () => {
    const headers = { 'x-app-api-key': app.apiKey, 'last-event-id': 'abc' }
    expect((await server.request('GET', '/api/events/stream', { headers })).status).toBe(422)
  })

  test.each([
    ['rotated', () => server.admin('POST', `/internal/apps/${app.appId}/api-key`)],
    ['revoked', () => server.admin('POST', `/internal/apps/${app.appId}/api-key/revoke`)],
    ['of an app that is deactivated', () => server.admin('PATCH', `/internal/apps/${app.appId}`, { active: false })],
  ])('closes when the key is %s', async (_how, end) => {
    const streams = [await open(), await open(`?token=${await tokenFor()}`, {})]
    for (const stream of streams) await stream.next(SUBSCRIBED)
    await end()
    for (const stream of streams) {
      expect((await stream.next(({ event }) => event === 'closed')).data.code).toBe(4401)
      await until('the end', () => stream.ended)
    }
  })

  test('closes when the token expires', async () => {
    const stream = await open(`?token=${await tokenFor('ann', 600)}`, {})
    await stream.next(SUBSCRIBED)
    time.skip(500_000)
    await server.runJob('ended credentials')
    await append(1, { userId: 'ann' })
    await stream.next(seqIs(1))
    time.skip(100_000)
    await server.runJob('ended credentials')
    await until('the end', () => stream.ended)
    expect(stream.events.at(-1)!.data.code).toBe(4401)
  })

  test('is not compressed or cached on the way, and other origins may read it like any /api route', async () => {
    const stream = await open('', {
      'x-app-api-key': app.apiKey,
      'accept-encoding': 'gzip, br',
      origin: 'https://crm.example.com',
    })
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.headers.get('content-encoding')).toBeNull()
    expect(stream.headers.get('cache-control')).toBe('private, no-cache')
    expect(stream.headers.get('x-accel-buffering')).toBe('no')
    expect(stream.headers.get('access-control-allow-origin')).toBe('https://crm.example.com')
    stream.close()
  })

  test('a heartbeat reaches every stream, and none is cut off for being silent', async () => {
    const stream = await open()
    await stream.next(SUBSCRIBED)
    for (let beat = 1; beat <= 4; beat++) {
      await server.runJob('heartbeat')
      await until('the comment', () => stream.comments === beat)
    }
    expect(stream.ended).toBe(false)
    stream.close()
  })

  test('a client that disconnects is removed', async () => {
    const before = server.services.stream.hub.size()
    const stream = await open()
    await stream.next(SUBSCRIBED)
    expect(server.services.stream.hub.size()).toBe(before + 1)
    stream.close()
    await until('the hub to forget it', () => server.services.stream.hub.size() === before)
    expect(server.services.stream.topics.events()).toEqual([])
  })

  test.skipIf(!hasPrograms('curl -N', 'curl'))('curl -N shows entries as they happen', async () => {
    const curl = Bun.spawn(['curl', '-sN', '-H', `x-app-api-key: ${app.apiKey}`, `${server.url}/api/events/stream`], {
      stdout: 'pipe',
    })
    const lines: string[] = []
    const reading = (async () => {
      for await (const text of curl.stdout.pipeThrough(new TextDecoderStream())) lines.push(text)
    })()
    await until('the subscription', () => lines.join('').includes('event: subscribed'))
    await append(1)
    await until('the entry', () => /id: 1\ndata: \{"event":"call.ring","seq":1,/.test(lines.join('')))
    curl.kill()
    await reading
  })

  test('a client that never reads is disconnected before it uses much memory', async () => {
    const { hostname, port } = new URL(server.url)
    const { hub } = server.services.stream
    const before = hub.size()
    const clients = Array.from({ length: 5 }, () => {
      const client = connect(Number(port), hostname)
      client.on('error', () => {})
      client.pause()
      client.write(`GET /api/events/stream?api_key=${app.apiKey} HTTP/1.1\r\nHost: cti\r\n\r\n`)
      return client
    })
    await until('all to be subscribed', () => hub.size() === before + clients.length)
    let rounds = 0
    await until('all to be cut off', async () => {
      await append(50, { text: 'x'.repeat(10_000) })
      rounds++
      return hub.size() === before
    })
    // The kernel's buffers hold some megabytes for each; the server itself at most one.
    expect(rounds * 0.5).toBeLessThan(40)
    for (const client of clients) client.destroy()
  })
})

test('a server that stops closes its streams, and a client resumes at the next', async () => {
  server = await startTestServer(await freshUrl.sqlite())
  app = await server.createApp('One')
  const stream = await open()
  await stream.next(SUBSCRIBED)
  await server.stop()
  await until('the end', () => stream.ended)
  expect(stream.events.at(-1)!.data).toMatchObject({ type: 'closed', code: 1001 })
})

describeInBrowser("the browser's EventSource", (browser) => {
  test('gets entries with a client token in the address, and resumes by itself', async () => {
    server = await startTestServer(await freshUrl.sqlite())
    app = await server.createApp('One')
    const page = await (await browser().newContext()).newPage()
    await page.goto(`${server.url}/live`)
    const address = `/api/events/stream?token=${await tokenFor()}`
    await page.evaluate((url) => {
      const seqs: number[] = []
      Object.assign(window, { seqs })
      const source = new EventSource(url)
      source.onmessage = ({ data }) => void seqs.push(JSON.parse(data).seq)
      return new Promise((resolve) => source.addEventListener('subscribed', resolve, { once: true }))
    }, address)
    const seqs = () => page.evaluate(() => (window as unknown as { seqs: number[] }).seqs)
    await append(2)
    await until('two entries', async () => (await seqs()).length === 2)
    const { hub } = server.services.stream
    // As after a restart: the connection ends, and entries come before the browser is back.
    hub.stop()
    await append(2)
    await until('the two it missed', async () => (await seqs()).length === 4)
    expect(await seqs()).toEqual([1, 2, 3, 4])
    await page.close()
    await server.stop()
  })
})
