import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Metrics } from '../observability/metrics'
import type { MaintenanceStore } from './store'

/** Updates the metrics of the queue (events that wait or need an operator, age of the oldest) and of the stream. */
export function createQueueFigures(deps: {
  database: Database
  store: MaintenanceStore
  metrics: Metrics
  clock: Clock
}) {
  const { database, store, metrics, clock } = deps
  let entriesBefore: number | null = null
  return async (): Promise<void> => {
    const rows = await store.unfinished(database.queries)
    metrics.eventsQueued.reset()
    for (const status of ['pending', 'failed', 'quarantined', 'unrouted'] as const)
      metrics.eventsQueued.set({ status }, rows.find((row) => row.status === status)?.count ?? 0)
    const oldestAt = rows.find(({ status }) => status === 'pending')?.oldestAt
    metrics.oldestPending.set(oldestAt ? Math.max(0, clock() - Number(oldestAt)) / 1000 : 0)
    const entries = await store.streamEntries(database.queries)
    // The total is smaller than before if an app was deleted.
    metrics.streamEntries.inc(Math.max(0, entries - (entriesBefore ?? entries)))
    entriesBefore = entries
  }
}
