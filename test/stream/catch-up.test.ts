import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openDatabase } from '../../src/db'
import { createStreamStore, type NewEntry } from '../../src/stream/store'
import { freshUrl } from '../support/backends'
import { startTestServer, type TestServer } from '../support/server'
import { connect, entries } from '../support/socket'
import { until } from '../support/until'

/** More than two of the pages in which the server reads its stream. */
const PAST = 1203
const FIRST_MESSAGE = 1150

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('catching up over many pages on %s', (_name, url) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  let databaseUrl: string
  beforeAll(async () => {
    databaseUrl = await url()
    server = await startTestServer(databaseUrl)
    app = await server.createApp('One')
    await append(PAST)
  })
  afterAll(() => server.stop())

  /** The first thousand and more are calls of bob's, the last fifty messages of ann's. */
  const entryOf = (index: number): NewEntry => ({
    event: index < FIRST_MESSAGE ? 'call.ring' : 'message.received',
    userId: index < FIRST_MESSAGE ? 'bob' : 'ann',
    dialpadUserId: null,
    data: {},
  })
  const append = (count: number, database = server.services.database) =>
    database.transaction((tx) =>
      createStreamStore(database).append(
        tx,
        app.appId,
        Array.from({ length: count }, (_, index) => entryOf(index)),
        Date.now(),
      ),
    )
  const head = async () => (await server.services.stream.store.head(server.services.database.queries, app.appId))!.seq
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
  const socket = (query: string) => connect(`${server.url}/ws?api_key=${app.apiKey}${query}`)
  const seqsOf = (one: Awaited<ReturnType<typeof socket>>) => entries(one).map(({ seq }) => seq)

  test.each([0, 202, 203, 702, 703, 1202])(
    'a socket that comes back after seq %p gets each missed entry once and in order',
    async (since) => {
      const end = await head()
      const one = await socket(`&since=${since}`)
      await until('the last entry', () => seqsOf(one).at(-1) === end)
      expect(seqsOf(one)).toEqual(range(since + 1, end))
      one.close()
    },
  )

  test.each(['events=message.*', 'user_id=ann'])(
    'a socket with %s gets what passes, also when whole pages of the past do not',
    async (filter) => {
      const end = await head()
      const past = await server.services.stream.store.after(server.services.database.queries, app.appId, 0, end)
      const wanted = past.filter(({ event }) => event === 'message.received').map(({ seq }) => seq)
      const one = await socket(`&since=0&${filter}`)
      await until('the last entry', () => seqsOf(one).at(-1) === wanted.at(-1))
      expect(seqsOf(one)).toEqual(wanted)
      one.close()
    },
  )

  test('a socket that catches up while new entries are made gets each once and in order', async () => {
    const start = await head()
    const one = await socket('&since=0')
    for (let i = 0; i < 20; i++) await append(30)
    await until('the last entry', () => seqsOf(one).at(-1) === start + 600)
    expect(seqsOf(one)).toEqual(range(1, start + 600))
    one.close()
  })

  test('a socket that listens gets each entry of one large commit, once and in order', async () => {
    const start = await head()
    const [one, other] = [await socket(''), await socket('&events=call.*')]
    for (const each of [one, other]) await each.next(({ type }) => type === 'subscribed')
    await append(PAST)
    const all = range(start + 1, start + PAST)
    await until('the last entries', () => seqsOf(one).at(-1) === start + PAST)
    await until('the last call', () => seqsOf(other).at(-1) === start + FIRST_MESSAGE)
    expect(seqsOf(one)).toEqual(all)
    expect(seqsOf(other)).toEqual(all.slice(0, FIRST_MESSAGE))
    for (const each of [one, other]) each.close()
  })

  test('a socket that listens gets each entry of one large commit of another process, once and in order', async () => {
    const start = await head()
    const one = await socket('')
    await one.next(({ type }) => type === 'subscribed')
    const elsewhere = await openDatabase(databaseUrl)
    await append(PAST, elsewhere)
    await elsewhere.close()
    // What the sweep does when the notification was lost; SQLite has none between processes.
    await server.services.stream.hub.sweep()
    await until('the last entry', () => seqsOf(one).at(-1) === start + PAST)
    expect(seqsOf(one)).toEqual(range(start + 1, start + PAST))
    one.close()
  })

  test('a socket that subscribes again while it catches up gets the complete new answer', async () => {
    const end = await head()
    const one = await socket('&since=0')
    one.send({ type: 'subscribe', since: 500 })
    await until('the second answer', () => one.messages.filter(({ type }) => type === 'subscribed').length === 2)
    const second = one.messages.findLastIndex(({ type }) => type === 'subscribed')
    await until('the last entry', () => one.messages.at(-1).seq === end && one.messages.length > second + 1)
    expect(one.messages.slice(second + 1).map(({ seq }) => seq)).toEqual(range(501, end))
    one.close()
  })

  test.each([
    ['', () => true],
    ['&events=call.*', (event: string) => event === 'call.ring'],
    ['&events=message.*', (event: string) => event === 'message.received'],
    ['&user_id=ann', (event: string) => event === 'message.received'],
  ])('reading %p on from next_after gives each entry once and in order', async (filter, passes) => {
    const end = await head()
    for (const limit of [100, 37]) {
      const found: { seq: number; event: string }[] = []
      for (let after = 0, more = true; more; ) {
        const { body } = await server.get(`/api/events?after=${after}&limit=${limit}${filter}`, app.apiKey)
        expect(body.events.length).toBeLessThanOrEqual(limit)
        expect(body.next_after).toBeGreaterThan(after)
        found.push(...body.events)
        after = body.next_after
        more = body.pagination.has_more
        if (!more) expect(after).toBe(end)
      }
      const all = await server.services.stream.store.after(server.services.database.queries, app.appId, 0, end)
      expect(found.map(({ seq }) => seq)).toEqual(all.filter(({ event }) => passes(event)).map(({ seq }) => seq))
    }
  })

  test('a read says that there is more exactly when there is', async () => {
    const end = await head()
    for (const [after, more] of [
      [end - 11, true],
      [end - 10, false],
      [end - 9, false],
    ] as const) {
      const { body } = await server.get(`/api/events?after=${after}&limit=10`, app.apiKey)
      expect([after, body.pagination.has_more, body.next_after]).toEqual([after, more, Math.min(after + 10, end)])
    }
  })
})
