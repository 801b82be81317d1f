import { getLogger } from '@logtape/logtape'
import type { Database, Queries } from '../db/database'
import type { Clock } from '../lib/clock'
import type { StreamStore } from '../stream/store'
import type { CallApply } from './apply'
import type { CallStore } from './store'

const log = getLogger(['cti', 'calls'])
const PAGE = 200
const MINUTE_MS = 60_000
/** Dialpad retries the events of a call for 14 seconds: what has not come by then will not come. */
const UNSEEN_WITHIN_MS = MINUTE_MS

/** Calls that nobody ended: Dialpad's hangup was lost, and nothing was received of them for too long. */
export function createStaleCalls(deps: {
  database: Database
  store: CallStore
  apply: CallApply
  lockApp(q: Queries, appId: string): Promise<unknown>
  stream: StreamStore
  clock: Clock
  staleCallMinutes: number
}) {
  const { database, store, apply, lockApp, stream, clock, staleCallMinutes } = deps

  return {
    /** Ends the oldest of them and notifies subscribers. @returns how many. */
    async end(): Promise<number> {
      const now = clock()
      const before = now - staleCallMinutes * MINUTE_MS
      const stale = await store.stale(database.queries, before, PAGE)
      for (const [appId, rows] of Map.groupBy(stale, (row) => row.appId)) {
        const ids = rows.map(({ dialpadCallId }) => dialpadCallId)
        await database.transaction(async (tx) => {
          if (!(await lockApp(tx, appId))) return
          await stream.append(tx, appId, await apply.endStale(tx, appId, ids, before, now), now)
        })
      }
      if (stale.length > 0)
        log.warn('{count} calls ended as stale: nothing was received of them for {staleCallMinutes} minutes', {
          count: stale.length,
          staleCallMinutes,
        })
      return stale.length
    },
    /** Decides the unanswered legs that waited for a leg Dialpad named but never showed. @returns how many. */
    async endUndecided(): Promise<number> {
      const now = clock()
      const undecided = await store.undecided(database.queries, now - UNSEEN_WITHIN_MS, PAGE)
      for (const [appId, rows] of Map.groupBy(undecided, (row) => row.appId)) {
        const conversationIds = [...new Set(rows.map(({ conversationId }) => conversationId))]
        await database.transaction(async (tx) => {
          if (!(await lockApp(tx, appId))) return
          await stream.append(tx, appId, await apply.endUndecided(tx, appId, conversationIds, now), now)
        })
      }
      return undecided.length
    },
  }
}
