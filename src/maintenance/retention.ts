import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Metrics } from '../observability/metrics'
import type { StreamStore } from '../stream/store'
import type { MaintenanceStore } from './store'

const log = getLogger(['cti', 'retention'])
const DAY_MS = 24 * 60 * 60_000
/** One transaction takes a few milliseconds, so receiving never waits long. */
const BATCH = 500
/** Maximum rows of each kind per run. The next run continues. */
const MAX_PER_RUN = 10_000
/** Statuses whose raw event is no longer needed. */
const DONE = new Set(['processed', 'unknown'])

interface RetentionRun {
  startedAt: number
  finishedAt: number
  events: number
  streamEntries: number
}

export type Retention = ReturnType<typeof createRetention>

/** Deletes data older than the retention, in small transactions and many small runs per day. */
export function createRetention(deps: {
  database: Database
  store: MaintenanceStore
  stream: { store: StreamStore }
  endpoints: { retention: { purge(): Promise<void> } }
  metrics: Metrics
  clock: Clock
  retentionDays: number | null
}) {
  const { database, store, stream, endpoints, metrics, clock, retentionDays } = deps
  let lastRun: RetentionRun | null = null

  /** Deletes processed raw events. Keeps events that failed, wait or have no app. */
  async function purgeEvents(before: number): Promise<number> {
    let removed = 0
    for (let after = ''; removed < MAX_PER_RUN; ) {
      const rows = await store.events(database.queries, after, BATCH)
      const old = rows.filter(({ receivedAt }) => receivedAt < before)
      const ids = old.filter(({ status }) => DONE.has(status)).map(({ id }) => id)
      if (ids.length > 0) removed += await database.transaction((tx) => store.removeEvents(tx, ids))
      if (old.length === 0 || rows.length < BATCH) break
      after = rows.at(-1)?.id ?? after
    }
    return removed
  }

  async function purgeEntries(appId: string, before: number): Promise<number> {
    let removed = 0
    for (let batch = BATCH; batch === BATCH && removed < MAX_PER_RUN; removed += batch)
      batch = await database.transaction((tx) => stream.store.purge(tx, appId, before, BATCH))
    return removed
  }

  return {
    /** Deletes a part of the old data. Does nothing without a retention. */
    async run(): Promise<void> {
      if (retentionDays === null) return
      const startedAt = clock()
      const before = startedAt - retentionDays * DAY_MS
      const events = await purgeEvents(before)
      let streamEntries = 0
      for (const appId of await stream.store.appIds(database.queries))
        streamEntries += await purgeEntries(appId, before)
      await endpoints.retention.purge()
      lastRun = { startedAt, finishedAt: clock(), events, streamEntries }
      metrics.retentionAt.set(lastRun.finishedAt / 1000)
      metrics.retentionRemoved.inc({ kind: 'events' }, events)
      metrics.retentionRemoved.inc({ kind: 'stream_entries' }, streamEntries)
      if (events + streamEntries > 0)
        log.info('removed {events} events and {streamEntries} stream entries older than {retentionDays} days', {
          events,
          streamEntries,
          retentionDays,
        })
    },
    /** Returns the last run of this process, or null. */
    status: () => ({ retentionDays, lastRun }),
  }
}
