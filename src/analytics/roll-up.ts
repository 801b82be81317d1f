import type { AppStore } from '../apps/store'
import type { Database } from '../db/database'
import { ROLLUP_GROUPS } from '../db/tables'
import type { Clock } from '../lib/clock'
import { COMBINED, LENGTH_MS } from './intervals'
import type { AnalyticsStore } from './store'

/** Delay after an hour, because the last events of its calls arrive later and each one causes another rollup. */
const SETTLES_MS = 5 * 60_000
/** Delay after a day. Later events are rare, and each one removes the combined bucket. */
const DAY_SETTLES_MS = 24 * 60 * 60_000
const HOURS_AT_ONCE = 500
/** Hours per transaction. Other writes wait for it. */
const HOURS_IN_ONE_TRANSACTION = 4

export function createRollUp(deps: {
  database: Database
  store: AnalyticsStore
  apps: { store: Pick<AppStore, 'lock'> }
  allAppIds(): Promise<string[]>
  clock: Clock
}) {
  const { database, store, apps, allAppIds, clock } = deps

  async function step(settledBefore: number): Promise<number> {
    const waiting = await store.waitingHours(database.queries, settledBefore, HOURS_AT_ONCE)
    for (const [appId, hours] of Map.groupBy(waiting, (one) => one.appId))
      for (let i = 0; i < hours.length; i += HOURS_IN_ONE_TRANSACTION)
        await database.transaction(async (tx) => {
          if (!(await apps.store.lock(tx, appId))) return
          const some = hours.slice(i, i + HOURS_IN_ONE_TRANSACTION).map(({ hourAt }) => hourAt)
          await store.rollUp(tx, appId, some, ROLLUP_GROUPS)
        })
    return waiting.length
  }

  return {
    /** Rolls up the hours whose figures changed. @returns their number. */
    async run(report: (hours: number) => void = () => {}): Promise<number> {
      const settledBefore = clock() - SETTLES_MS
      let total = 0
      for (let done = HOURS_AT_ONCE; done === HOURS_AT_ONCE; report(total)) {
        done = await step(settledBefore)
        total += done
      }
      return total
    },

    /** Combines past days whose figures no longer change. */
    async combine(): Promise<void> {
      const before = clock() - DAY_SETTLES_MS
      for (const appId of await allAppIds())
        for (const groupBy of ROLLUP_GROUPS)
          for (const size of COMBINED) {
            const range = { from: 0, to: before }
            const missing = await store.missingCombined(database.queries, appId, groupBy, size, range)
            for (const at of missing.filter((at) => at + LENGTH_MS[size] <= before))
              await database.transaction(async (tx) => {
                if (await apps.store.lock(tx, appId)) await store.combine(tx, appId, groupBy, size, at)
              })
          }
    },
  }
}
