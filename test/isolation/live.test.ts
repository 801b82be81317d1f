import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { entriesOf, openEventStream } from '../support/event-stream'
import { connect, entries } from '../support/socket'
import { AT } from './seed'
import { type KeyedApp, startTwoAppServer, type TwoAppServer } from './two-app-server'

/** The live events of two apps with the same users and seqs, as sockets and polls receive them. */

let server: TwoAppServer
let mine: KeyedApp
let theirs: KeyedApp
let ann: string

beforeAll(async () => {
  server = await startTwoAppServer(await freshUrl.sqlite())
  ;({ mine, theirs } = server)
  const made = await server.request('POST', '/api/tokens', {
    headers: { 'x-app-api-key': mine.key },
    body: { user_id: 'ann' },
  })
  ann = made.body.token
}, 30_000)
afterAll(() => server.stop())

let round = 0
beforeEach(() => {
  round++
})

const append = (app: KeyedApp, users: (string | null)[]) =>
  server.services.database.transaction((tx) =>
    server.services.stream.store.append(
      tx,
      app.id,
      users.map((userId) => ({
        event: userId === 'bob' ? 'call.ended' : 'call.started',
        userId,
        dialpadUserId: null,
        data: { user_id: userId, owner: app.id, round },
      })),
      Date.now(),
    ),
  )
/** The other app's first, Ann's last. */
async function happen(): Promise<void> {
  await append(theirs, ['ann', 'bob', null])
  await append(mine, ['bob', null, 'ann'])
}
const seqOf = async ({ id }: KeyedApp) =>
  (await server.services.stream.store.head(server.services.database.queries, id))!.seq

// biome-ignore lint/suspicious/noExplicitAny: entries of every shape
type Entry = any
const isLast = (entry: Entry) => entry.owner === mine.id && entry.user_id === 'ann' && entry.round === round
const usersOf = (received: Entry[]) => [...new Set(received.map(({ user_id }) => user_id))].sort()

const listeners = {
  'a key': { query: () => `api_key=${mine.key}`, users: ['ann', 'bob', null] },
  'a key with a filter of a user': { query: () => `api_key=${mine.key}&user_id=ann`, users: ['ann'] },
  'a token of one user': { query: () => `token=${ann}`, users: ['ann'] },
  'a token of one user with a filter of events': { query: () => `token=${ann}&events=call.*`, users: ['ann'] },
}

describe.each(Object.entries(listeners))('a socket with %s', (_name, { query, users }) => {
  test("receives live what is its app's and its user's alone", async () => {
    const socket = await connect(`${server.url}/ws?${query()}`)
    const beside = await connect(`${server.url}/ws?api_key=${theirs.key}`)
    for (const one of [socket, beside]) await one.next(({ type }) => type === 'subscribed')
    await append(theirs, ['ann', 'bob', null])
    await beside.next((entry) => entry.round === round && entry.user_id === null)
    await append(mine, ['bob', null, 'ann'])
    await socket.next(isLast)
    const received = entries(socket)
    for (const one of [socket, beside]) one.close()
    expect(entries(beside).every(({ owner }) => owner === theirs.id)).toBe(true)
    expect(received.every(({ owner }) => owner === mine.id)).toBe(true)
    expect(usersOf(received)).toEqual(usersOf(users.map((user_id) => ({ user_id }))))
    expect(received).toHaveLength(users.length)
  })

  test("receives while it catches up what is its app's and its user's alone, each entry once", async () => {
    await happen()
    const socket = await connect(`${server.url}/ws?${query()}&since=0`)
    await socket.next(isLast)
    const received = entries(socket)
    socket.close()
    expect(received.every(({ owner }) => owner === mine.id)).toBe(true)
    expect(usersOf(received)).toEqual(usersOf(users.map((user_id) => ({ user_id }))))
    expect(new Set(received.map(({ seq }) => seq)).size).toBe(received.length)
    if (users.length === 3) expect(received.map(({ seq }) => seq)).toEqual(received.map((_, index) => index + 1))
  })
})

describe.each(Object.entries(listeners))('server-sent events with %s', (_name, { query, users }) => {
  test("carry live, and while catching up, what is the app's and the user's alone", async () => {
    await happen()
    const stream = await openEventStream(`${server.url}/api/events/stream?${query()}&since=0`)
    await stream.next(({ data }) => isLast(data))
    const caughtUp = entriesOf(stream).length
    round++
    await happen()
    await stream.next(({ data }) => isLast(data))
    const received = entriesOf(stream)
    stream.close()
    expect(received.every(({ owner }) => owner === mine.id)).toBe(true)
    expect(usersOf(received)).toEqual(usersOf(users.map((user_id) => ({ user_id }))))
    expect(received.length - caughtUp).toBe(users.length)
    expect(new Set(received.map(({ seq }) => seq)).size).toBe(received.length)
  })
})

test('a socket of one user is refused the filter of another user', async () => {
  const socket = await connect(`${server.url}/ws?token=${ann}&user_id=bob&since=0`)
  const { code } = await socket.next(({ type }) => type === 'error')
  socket.close()
  expect(code).toBe('scope_missing')
  expect(entries(socket)).toEqual([])
})

test('a socket whose message names another app is closed, and receives no entry of that app', async () => {
  const socket = await connect(`${server.url}/ws`)
  socket.send({ type: 'subscribe', app_id: theirs.id, api_key: mine.key, since: 0 })
  expect((await socket.ended()).code).toBe(4401)
  expect(entries(socket)).toEqual([])
})

describe('GET /api/events', () => {
  const poll = async (query: string, credential: string) =>
    (await server.request('GET', `/api/events?${query}`, { headers: { authorization: `Bearer ${credential}` } })).body

  test("shows the app's own entries alone, under seqs another app has too", async () => {
    const { events } = await poll('after=0&limit=100', mine.key)
    expect(events.length).toBe(await seqOf(mine))
    expect(events.every(({ owner }: Entry) => owner === mine.id)).toBe(true)
  })

  test("shows a token of one user that user's entries alone, and none to a filter of another user", async () => {
    const { events } = await poll('after=0&limit=100', ann)
    expect(usersOf(events)).toEqual(['ann'])
    expect((await poll('after=0&limit=100&user_id=bob', ann)).events).toEqual([])
  })

  test("waits on for what is the user's while another app and another user have news", async () => {
    const waiting = poll(`after=${await seqOf(mine)}&wait_seconds=20`, ann)
    await append(theirs, ['ann'])
    await append(mine, ['bob', null])
    await append(mine, ['ann'])
    const { events } = await waiting
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ owner: mine.id, user_id: 'ann', round })
  })
})

test("a purge of one app's entries makes no gap in the other's", async () => {
  await server.services.database.transaction((tx) => server.services.stream.store.purge(tx, theirs.id, AT))
  const socket = await connect(`${server.url}/ws?api_key=${mine.key}&since=0`)
  await happen()
  await socket.next(isLast)
  expect(socket.messages.filter(({ type }) => type === 'gap')).toEqual([])
  expect(entries(socket).map(({ seq }) => seq)).toEqual(entries(socket).map((_, index) => index + 1))
  socket.close()
  const { body } = await server.get('/api/events?after=0', mine.key)
  expect(body.gap).toBeNull()
})
