import type { Database, Transaction } from '../db/database'
import { ROLLUP_GROUPS } from '../db/tables'
import type { Clock } from '../lib/clock'
import type { AnalyticsStore } from './store'

/** The last events of an hour's calls come after it: rolling it up at once would be done again and again. */
const SETTLES_MS = 5 * 60_000
const HOURS_AT_ONCE = 500
/** Nothing else is written meanwhile. */
const HOURS_IN_ONE_TRANSACTION = 4

export function createRollUp(deps: {
  database: Database
  store: AnalyticsStore
  lockApp(tx: Transaction, appId: string): Promise<unknown>
  clock: Clock
}) {
  const { database, store, lockApp, clock } = deps

  async function step(settledBefore: number): Promise<number> {
    const waiting = await store.waitingHours(database.queries, settledBefore, HOURS_AT_ONCE)
    for (const [appId, hours] of Map.groupBy(waiting, (one) => one.appId))
      for (let i = 0; i < hours.length; i += HOURS_IN_ONE_TRANSACTION)
        await database.transaction(async (tx) => {
          if (!(await lockApp(tx, appId))) return
          const some = hours.slice(i, i + HOURS_IN_ONE_TRANSACTION).map(({ hourAt }) => hourAt)
          await store.rollUp(tx, appId, some, ROLLUP_GROUPS)
        })
    return waiting.length
  }

  return {
    /** Rolls up the hours whose figures changed. @returns how many. */
    async run(report: (hours: number) => void = () => {}): Promise<number> {
      const settledBefore = clock() - SETTLES_MS
      let total = 0
      for (let done = HOURS_AT_ONCE; done === HOURS_AT_ONCE; report(total)) {
        done = await step(settledBefore)
        total += done
      }
      return total
    },
  }
}
