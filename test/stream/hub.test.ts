import { expect, test } from 'bun:test'
import { createCredentialWatch } from '../../src/auth/credential-watch'
import { openDatabase } from '../../src/db'
import { createMetrics } from '../../src/observability/metrics'
import { CLOSE_SLOW, createHub, type Socket } from '../../src/stream/hub'
import { createStreamStore } from '../../src/stream/store'
import { insertApp } from '../support/apps'
import { until } from '../support/until'

async function fixture() {
  const database = openDatabase('sqlite::memory:')
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
    subscribe: () => {},
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
  return { hub, watch, socket, log, append, to, fill: (bytes: number) => (buffered = bytes) }
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

test('closes a slow consumer with 4408 before it holds memory', async () => {
  const { hub, socket, log, append, to, fill } = await fixture()
  await hub.start(() => {})
  const subscriber = hub.register(socket)
  await hub.subscribe(subscriber, to)
  fill(2 * 1024 * 1024)
  await append()
  await until('the close', () => log.includes(`close ${CLOSE_SLOW}`))
})

test('ends a socket whose credentials have run out', async () => {
  const { hub, watch, socket, log, to } = await fixture()
  const subscriber = hub.register(socket)
  await hub.subscribe(subscriber, { ...to, expiresAt: 999 })
  await watch.sweep()
  expect(log).toContain('close 4401')
})
