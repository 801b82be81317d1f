import { getLogger } from '@logtape/logtape'
import type { AppStore } from '../apps/store'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { StreamStore } from '../stream/store'
import type { CallApplier } from './apply'
import type { CallStore } from './store'

const log = getLogger(['cti', 'calls'])
const PAGE = 200
const MINUTE_MS = 60_000
/** Dialpad retries events for 14 seconds, so later ones will not arrive. */
const UNSEEN_WITHIN_MS = MINUTE_MS

/** Ends calls whose hangup event was lost: no event arrived for too long. */
export function createStaleCalls(deps: {
  database: Database
  store: CallStore
  apply: CallApplier
  apps: { store: Pick<AppStore, 'lock'> }
  stream: { store: StreamStore }
  clock: Clock
  staleCallMinutes: number
}) {
  const { database, store, apply, apps, stream, clock, staleCallMinutes } = deps

  return {
    /** Ends the oldest stale calls and notifies subscribers. @returns the number ended. */
    async end(): Promise<number> {
      const now = clock()
      const before = now - staleCallMinutes * MINUTE_MS
      const stale = await store.stale(database.queries, before, PAGE)
      for (const [appId, rows] of Map.groupBy(stale, (row) => row.appId)) {
        const ids = rows.map(({ dialpadCallId }) => dialpadCallId)
        await database.transaction(async (tx) => {
          if (!(await apps.store.lock(tx, appId))) return
          await stream.store.append(tx, appId, await apply.endStale(tx, appId, ids, before, now), now)
        })
      }
      if (stale.length > 0)
        log.warn('ended {count} stale calls: no event for {staleCallMinutes} minutes', {
          count: stale.length,
          staleCallMinutes,
        })
      return stale.length
    },
    /** Decides unanswered legs that still wait for an unseen leg. @returns the number decided. */
    async endUndecided(): Promise<number> {
      const now = clock()
      const undecided = await store.undecided(database.queries, now - UNSEEN_WITHIN_MS, PAGE)
      for (const [appId, rows] of Map.groupBy(undecided, (row) => row.appId)) {
        const conversationIds = [...new Set(rows.map(({ conversationId }) => conversationId))]
        await database.transaction(async (tx) => {
          if (!(await apps.store.lock(tx, appId))) return
          await stream.store.append(tx, appId, await apply.endUndecided(tx, appId, conversationIds, now), now)
        })
      }
      return undecided.length
    },
  }
}
