import { expect, jest, test } from 'bun:test'
import { compose } from '../../src/app/compose'
import { createCredentialWatch } from '../../src/auth/credential-watch'
import { operatorOf } from '../../src/auth/principal'
import { openDatabase } from '../../src/db'
import { createMetrics } from '../../src/observability/metrics'
import { createArrivals } from '../../src/stream/arrivals'
import { CLOSE_SLOW, createHub, type Socket } from '../../src/stream/hub'
import { createEventStreams } from '../../src/stream/server-sent-events'
import { createConnections } from '../../src/stream/socket'
import { createStreamStore } from '../../src/stream/store'
import { createTopics } from '../../src/stream/topics'
import { insertApp } from '../support/apps'
import { quickWork, testConfig } from '../support/server'
import { startStopwatch } from '../support/stopwatch'
import { until } from '../support/until'

async function fixture() {
  const database = await openDatabase('sqlite::memory:')
  await database.migrate()
  const appId = await insertApp(database, 'One', 1)
  const stream = createStreamStore(database)
  const watch = createCredentialWatch({ clock: () => 1000, endOf: async () => Infinity })
  const hub = createHub({ database, store: stream, metrics: createMetrics(), watch })
  const log: string[] = []
  let buffered = 0
  const socket: Socket = {
    send: (text) => log.push(text),
    ping: () => log.push('ping'),
    subscribe: () => void log.push('joined'),
    unsubscribe: () => {},
    close: (code) => void log.push(`close ${code}`),
    terminate: () => void log.push('terminate'),
    getBufferedAmount: () => buffered,
  }
  const append = () =>
    database.transaction((tx) =>
      stream.append(tx, appId, [{ event: 'call.ring', userId: null, dialpadUserId: null, data: {} }], 1),
    )
  const to = { appId, keyId: 'k', expiresAt: null, filter: { events: null, userId: null }, since: null }
  return { database, stream, hub, watch, socket, log, append, to, fill: (bytes: number) => (buffered = bytes) }
}

test('pings every peer and cuts off one that stays silent for two beats', async () => {
  const { hub, socket, log } = await fixture()
  const subscriber = hub.register(socket)
  hub.beat()
  hub.markAlive(subscriber)
  hub.beat()
  hub.beat()
  hub.beat()
  expect(log).toEqual(['ping', 'ping', 'ping', 'terminate'])
})

test('closes a slow consumer with 4408 before it uses much memory', async () => {
  const { hub, socket, log, append, to, fill } = await fixture()
  await hub.start(() => {})
  const subscriber = hub.register(socket)
  await hub.subscribe(subscriber, to)
  fill(2 * 1024 * 1024)
  await append()
  await until('the close', () => log.includes(`close ${CLOSE_SLOW}`))
})

test('closes a socket whose credentials have expired', async () => {
  const { hub, watch, socket, log, to } = await fixture()
  const subscriber = hub.register(socket)
  await hub.subscribe(subscriber, { ...to, expiresAt: 999 })
  await watch.sweep()
  expect(log).toContain('close 4401')
})

const away = () => Promise.reject(new Error('the database is away'))

test('an app whose entries could not be read at first is read again for the next subscription', async () => {
  const { stream, hub, socket, log, to } = await fixture()
  const { head } = stream
  stream.head = away
  await expect(hub.subscribe(hub.register(socket), to)).rejects.toThrow('the database is away')
  stream.head = head
  await hub.subscribe(hub.register(socket), to)
  expect(log).toEqual([expect.stringContaining('subscribed'), 'joined'])
})

test('a catch-up that fails is an error of the subscription, which joins nothing', async () => {
  const { stream, hub, socket, log, append, to } = await fixture()
  await append()
  stream.after = away
  await expect(hub.subscribe(hub.register(socket), { ...to, since: 0 })).rejects.toThrow('the database is away')
  expect(log).toEqual([expect.stringContaining('subscribed')])
})

test('a socket that closes, or subscribes again, during its catch-up receives no more of it', async () => {
  const { stream, hub, socket, log, append, to } = await fixture()
  await append()
  const { after } = stream
  const amid = (what: (subscriber: ReturnType<typeof hub.register>) => unknown) => {
    const subscriber = hub.register(socket)
    stream.after = async (...asked) => {
      stream.after = after
      const entries = await after(...asked)
      await what(subscriber)
      return entries
    }
    return hub.subscribe(subscriber, { ...to, since: 0 })
  }
  await amid((subscriber) => hub.remove(subscriber))
  expect(log.splice(0)).toEqual([expect.stringContaining('subscribed')])
  await amid((subscriber) => hub.subscribe(subscriber, to))
  expect(log).toEqual([expect.stringContaining('subscribed'), expect.stringContaining('subscribed'), 'joined'])
})

test('an event stream whose subscription fails ends, so that its client connects again', async () => {
  const { stream, hub, to } = await fixture()
  stream.head = away
  const open = createEventStreams({ hub, topics: createTopics() })
  const response = open(operatorOf(to.appId), to.filter, null, new AbortController().signal)
  expect(await response.text()).toBe('retry: 2000\n\n')
  expect(hub.size()).toBe(0)
})

test('a request that waits for entries gets a response when its time is over', async () => {
  const { database, to } = await fixture()
  const arrivals = createArrivals({ database })
  const elapsedMs = startStopwatch()
  const never = new AbortController().signal
  expect(
    await arrivals.wait(
      to.appId,
      20,
      never,
      async () => [],
      ({ length }) => length > 0,
    ),
  ).toEqual([])
  expect(elapsedMs()).toBeLessThan(4000)
})

test('a socket without a message for ten seconds is closed with a reason; one that has closed by then is ignored', async () => {
  const { database, hub, socket, log } = await fixture()
  const { authenticator } = compose(testConfig('sqlite::memory:'), database, Date.now, quickWork).auth
  const connection = createConnections({ hub, authenticator })
  const connect = () => {
    const handlers = connection(null, { type: 'subscribe' }, '127.0.0.1')
    handlers.open(socket)
    return handlers
  }
  jest.useFakeTimers()
  try {
    connect()
    connect().close(socket)
    jest.advanceTimersByTime(9_999)
    expect(log).toEqual([])
    jest.advanceTimersByTime(1)
    expect(log).toEqual([expect.stringContaining('api_key_missing'), 'close 4401'])
    jest.advanceTimersByTime(60_000)
    expect(log).toHaveLength(2)
  } finally {
    jest.useRealTimers()
  }
})
