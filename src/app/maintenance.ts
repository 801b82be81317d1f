import { getLogger } from '@logtape/logtape'
import type { AppStore } from '../apps/store'
import type { CallService } from '../calls/service'
import type { CallStore } from '../calls/store'
import type { Database } from '../db/database'
import type { EventStore } from '../events/store'
import type { Clock } from '../lib/clock'
import type { StreamStore } from '../stream/store'

const log = getLogger(['cti', 'maintenance'])
const STALE_PAGE = 200
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export type Maintenance = ReturnType<typeof createMaintenance>

/** Work that time alone makes due: calls nobody ended, and what is older than the retention. */
export function createMaintenance(deps: {
  database: Database
  apps: AppStore
  events: EventStore
  callStore: CallStore
  calls: CallService
  stream: StreamStore
  clock: Clock
  staleCallMinutes: number
  retentionDays: number | null
}) {
  const { database, apps, events, callStore, calls, stream, clock, staleCallMinutes, retentionDays } = deps

  return {
    /** Ends calls not heard of for too long, and tells so. @returns how many. */
    async endStaleCalls(): Promise<number> {
      const now = clock()
      const before = now - staleCallMinutes * MINUTE_MS
      const stale = await callStore.stale(database.queries, before, STALE_PAGE)
      for (const [appId, rows] of Map.groupBy(stale, (row) => row.appId))
        await database.transaction(async (tx) => {
          if (!(await apps.lock(tx, appId))) return
          const entries = await calls.endStale(
            tx,
            appId,
            rows.map(({ dialpadCallId }) => dialpadCallId),
            before,
            now,
          )
          await stream.append(tx, appId, entries, now)
        })
      if (stale.length > 0)
        log.warn('{count} calls were not heard of for {staleCallMinutes} minutes and are ended as stale', {
          count: stale.length,
          staleCallMinutes,
        })
      return stale.length
    },

    /** Removes raw events that are done with, and stream entries, older than the retention. */
    async purge(): Promise<void> {
      if (retentionDays === null) return
      const now = clock()
      const before = now - retentionDays * DAY_MS
      const removed = await events.purge(database.queries, before)
      for (const appId of await stream.appIds(database.queries))
        await database.transaction((tx) => stream.purge(tx, appId, before))
      log.info('purged {removed} events older than {retentionDays} days', { removed, retentionDays })
    },
  }
}
