import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/db/database'
import { newId } from '../../src/lib/id'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { T0 } from '../support/events'
import { createQueue, type Queue } from '../support/queue'

const DAY = 24 * 60 * 60_000

describe.each(backends)('retention on %s', (_name, open) => {
  let database: Database
  let queue: Queue
  beforeEach(async () => {
    database = await open()
    queue = await createQueue(database)
  })
  afterEach(() => database.close())

  test('retention purges what was processed, and keeps what is pending, failed, quarantined or unrouted however old', async () => {
    const { webhookEvents } = database.tables
    const statuses = ['pending', 'processed', 'unknown', 'unrouted', 'quarantined', 'failed'] as const
    const insert = (status: (typeof statuses)[number], receivedAt: number) =>
      database.queries.insert(webhookEvents).values({
        id: newId(),
        appId: status === 'unrouted' ? null : queue.appId,
        source: 'webhook',
        dedupeKey: `${status}-${receivedAt}`,
        eventType: 'ringing',
        body: '{}',
        status,
        nextAttemptAt: receivedAt,
        receivedAt,
      })
    const limit = queue.now - 5 * DAY
    for (const status of statuses) for (const at of [limit - 300 * DAY, limit - 1, limit]) await insert(status, at)
    const left = async () =>
      Object.fromEntries((await queue.services.events.queue.stats()).map(({ status, count }) => [status, count]))
    const all = { pending: 3, processed: 3, unknown: 3, unrouted: 3, quarantined: 3, failed: 3 }
    await queue.servicesAt(() => queue.now, { retentionDays: null }).maintenance.retention.run()
    expect(await left()).toEqual(all)
    await queue.servicesAt(() => queue.now, { retentionDays: 5 }).maintenance.retention.run()
    expect(await left()).toEqual({ ...all, processed: 1, unknown: 1 })
  })

  test('retention purges stream entries of each app by their age, and a reader is notified which are gone', async () => {
    const otherId = await insertApp(database, 'Two', T0)
    const append = (app: string, count: number) =>
      database.transaction((tx) =>
        queue.services.stream.store.append(
          tx,
          app,
          Array.from({ length: count }, () => ({ event: 'call.ring', userId: null, dialpadUserId: null, data: {} })),
          queue.now,
        ),
      )
    await append(queue.appId, 3)
    queue.now += 1
    await append(queue.appId, 2)
    await append(otherId, 4)
    const read = async (app: string, after: number) => {
      const principal = { appId: app, keyId: null, expiresAt: null, scopes: [], userId: null }
      const query = { after, limit: 100, events: [], userId: null, waitMs: 0 }
      const page = await queue.services.stream.queries.after(principal, query, new AbortController().signal)
      return { seqs: page.entries.map(({ seq }) => seq), gap: page.gap }
    }
    queue.now = T0 + 5 * DAY + 1
    const keeper = queue.servicesAt(() => queue.now, { retentionDays: 5 })
    for (const _again of [1, 2]) {
      await keeper.maintenance.retention.run()
      expect(await read(queue.appId, 0)).toEqual({ seqs: [4, 5], gap: { from: 1, to: 3 } })
      expect(await read(queue.appId, 2)).toEqual({ seqs: [4, 5], gap: { from: 3, to: 3 } })
      expect(await read(queue.appId, 3)).toEqual({ seqs: [4, 5], gap: null })
      expect(await read(otherId, 0)).toEqual({ seqs: [1, 2, 3, 4], gap: null })
    }
    queue.now += 1
    await keeper.maintenance.retention.run()
    expect(await read(queue.appId, 3)).toEqual({ seqs: [], gap: { from: 4, to: 5 } })
  })

  test('one run removes a part, the next runs the rest, and the last run is shown', async () => {
    const { webhookEvents } = database.tables
    const old = queue.now
    const rows = Array.from({ length: 10_700 }, (_, number) => ({
      id: newId(),
      appId: queue.appId,
      source: 'webhook' as const,
      dedupeKey: `old-${number}`,
      eventType: 'ringing',
      body: '{}',
      status: 'processed' as const,
      nextAttemptAt: old,
      receivedAt: old,
    }))
    await database.transaction((tx) => tx.insertMany(webhookEvents, rows, 'fail'))
    queue.now += 6 * DAY
    const { retention } = queue.servicesAt(() => queue.now, { retentionDays: 5 }).maintenance
    expect(retention.status().lastRun).toBeNull()
    await retention.run()
    expect(retention.status().lastRun).toMatchObject({ startedAt: queue.now, events: 10_000 })
    expect(await database.queries.$count(webhookEvents)).toBe(700)
    await retention.run()
    expect(await database.queries.$count(webhookEvents)).toBe(0)
  })
})
