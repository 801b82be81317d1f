import type { Database } from '../db/database'
import type { Filter } from '../stream/filter'
import type { StreamRow, StreamStore } from '../stream/store'
import type { Feed } from './feed'

const PAGE = 100

export type Backlog = ReturnType<typeof createBacklog>

/** Reads the entries an endpoint has not reached yet: from the feed's memory if it is close behind, otherwise from the database. */
export function createBacklog(deps: {
  database: Database
  stream: { store: StreamStore }
  appId: string
  filter: Filter
  feed: Feed
}) {
  const { database, stream, appId, filter, feed } = deps
  const users = filter.userId === null ? [] : [filter.userId]
  const events = filter.events && [...filter.events]

  return {
    /** Returns entries after a seq, and the seq up to which they are complete. May omit entries that do not match the filter. */
    async after(seq: number): Promise<{ entries: StreamRow[]; through: number }> {
      const remembered = feed.recentAfter(seq)
      if (remembered) {
        const entries = remembered.slice(0, PAGE)
        return { entries, through: entries.at(-1)?.seq ?? seq }
      }
      const position = feed.position()
      const entries = await stream.store.page(database.queries, appId, seq, PAGE, { events, users })
      const last = entries.at(-1)?.seq ?? 0
      return { entries, through: entries.length < PAGE ? Math.max(position, last) : last }
    },
    /** Returns one entry, or null if it was purged. */
    async entry(seq: number): Promise<StreamRow | null> {
      const [found] = await stream.store.page(database.queries, appId, seq - 1, 1, { events: null, users: [] })
      return found?.seq === seq ? found : null
    },
  }
}
