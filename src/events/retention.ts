import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { StreamStore } from '../stream/store'
import type { EventStore } from './store'

const log = getLogger(['cti', 'events'])
const DAY_MS = 24 * 60 * 60_000

export function createRetention(deps: {
  database: Database
  events: EventStore
  stream: StreamStore
  clock: Clock
  retentionDays: number | null
}) {
  const { database, events, stream, clock, retentionDays } = deps

  return {
    /** Removes raw events that are done with, and stream entries, older than the retention. */
    async purge(): Promise<void> {
      if (retentionDays === null) return
      const before = clock() - retentionDays * DAY_MS
      const removed = await events.purge(database.queries, before)
      for (const appId of await stream.appIds(database.queries))
        await database.transaction((tx) => stream.purge(tx, appId, before))
      log.info('purged {removed} events older than {retentionDays} days', { removed, retentionDays })
    },
  }
}
