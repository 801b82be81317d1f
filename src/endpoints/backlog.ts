import type { Database } from '../db/database'
import type { Filter } from '../stream/filter'
import type { StreamRow, StreamStore } from '../stream/store'
import type { Feed } from './feed'

const PAGE = 100

export type Backlog = ReturnType<typeof createBacklog>

/** The entries an endpoint has not come to yet: from the feed's memory when it is close behind, else from the database. */
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
    /** Entries after a seq; those the filter passes over may be left out. @returns up to where they are complete. */
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
    /** One entry, or null when it was purged. */
    async entry(seq: number): Promise<StreamRow | null> {
      const [found] = await stream.store.page(database.queries, appId, seq - 1, 1, { events: null, users: [] })
      return found?.seq === seq ? found : null
    },
  }
}
