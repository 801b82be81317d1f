import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { DeliveryStore } from './delivery-store'

const DAY_MS = 24 * 60 * 60_000

export function createDeliveryRetention(deps: {
  database: Database
  store: DeliveryStore
  clock: Clock
  retentionDays: number | null
}) {
  const { database, store, clock, retentionDays } = deps
  return {
    /** Removes deliveries older than the retention, in small transactions. */
    async purge(): Promise<void> {
      if (retentionDays === null) return
      const before = clock() - retentionDays * DAY_MS
      for (const id of await store.endpointIds(database.queries)) {
        let more = true
        while (more) more = await database.transaction((tx) => store.purge(tx, id, before))
      }
    },
  }
}
