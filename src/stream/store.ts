import { and, asc, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import { named } from '../db/prepared'
import type { Tables } from '../db/tables'

/**
 * The stream entries of each app. `seq` comes from a counter in the app's row, which stays locked until commit, so the
 * commit order is the order of `seq`, without gaps.
 */

/** An entry before it has its `seq`. */
export interface NewEntry {
  event: string
  /** CRM user of the entry, for subscribers with a user filter. */
  userId: string | null
  dialpadUserId: number | null
  data: Record<string, unknown>
}

/** An entry before the lookup of its CRM user. */
export interface EntryDraft {
  dialpadUserId: number | null
  toEntries(userId: string | null): NewEntry[]
}

export type StreamRow = Tables['streamEntries']['$inferSelect']
export type StreamStore = ReturnType<typeof createStreamStore>

export function createStreamStore(database: Database) {
  const { apps, streamEntries } = database.tables
  const afterQuery = database.prepare((q) =>
    q
      .select(named(streamEntries))
      .from(streamEntries)
      .where(and(eq(streamEntries.appId, sql.placeholder('appId')), gt(streamEntries.seq, sql.placeholder('seq'))))
      .orderBy(asc(streamEntries.seq))
      .limit(sql.placeholder('limit')),
  )

  const numberQuery = database.prepare((q) =>
    q
      .update(apps)
      .set({ streamSeq: sql`${apps.streamSeq} + ${sql.placeholder('count')}` })
      .where(eq(apps.id, sql.placeholder('appId')))
      .returning({ last: sql<number>`${apps.streamSeq}`.mapWith(Number).as('last') }),
  )

  return {
    /**
     * Numbers and stores the entries. Notifies every instance once they are committed.
     * @param lastSeq `streamSeq` of the app's row that this transaction has locked. With it, the entries are stored without
     * waiting for the counter.
     */
    async append(tx: Transaction, appId: string, entries: NewEntry[], now: number, lastSeq?: number): Promise<void> {
      if (entries.length === 0) return
      const numbered = tx.rows(numberQuery, { appId, count: entries.length }).then(([app]) => {
        if (!app) throw new Error(`app ${appId} no longer exists`)
        return app.last
      })
      const last = lastSeq === undefined ? await numbered : lastSeq + entries.length
      const first = last - entries.length + 1
      const rows = entries.map(({ event, userId, dialpadUserId, data }, index) => {
        const seq = first + index
        return {
          appId,
          seq,
          event,
          userId,
          dialpadUserId,
          data: JSON.stringify({ event, seq, ...data }),
          createdAt: now,
        }
      })
      const [given] = await Promise.all([numbered, tx.insertMany(streamEntries, rows, 'fail', 'seq')])
      if (given !== last) throw new Error(`app ${appId} was not locked`)
      tx.notify('stream', appId, rows satisfies StreamRow[])
    },
    /** The app's newest `seq` and the newest purged one, or null if the app does not exist. */
    async head(q: Queries, appId: string): Promise<{ seq: number; purgedSeq: number } | null> {
      const columns = { seq: apps.streamSeq, purgedSeq: apps.streamPurgedSeq }
      return (await q.select(columns).from(apps).where(eq(apps.id, appId)))[0] ?? null
    },
    /** Lists the entries after a `seq`, oldest first. */
    after: (q: Queries, appId: string, seq: number, limit: number): Promise<StreamRow[]> =>
      q.rows(afterQuery, { appId, seq, limit }),
    /** Lists the entries after a `seq` that match the filter. @param filter.users an entry must match each of them. */
    page: async (
      q: Queries,
      appId: string,
      seq: number,
      limit: number,
      filter: { events: string[] | null; users: string[] },
    ): Promise<StreamRow[]> =>
      q
        .select()
        .from(streamEntries)
        .where(
          and(
            eq(streamEntries.appId, appId),
            gt(streamEntries.seq, seq),
            filter.events ? inArray(streamEntries.event, filter.events) : undefined,
            ...filter.users.map((userId) => eq(streamEntries.userId, userId)),
          ),
        )
        .orderBy(asc(streamEntries.seq))
        .limit(limit),
    /** Purges an app's oldest entries created before `before`. @returns the number purged, at most `limit`. */
    async purge(tx: Transaction, appId: string, before: number, limit = 500): Promise<number> {
      const oldest = await tx
        .select({ seq: streamEntries.seq, createdAt: streamEntries.createdAt })
        .from(streamEntries)
        .where(eq(streamEntries.appId, appId))
        .orderBy(asc(streamEntries.seq))
        .limit(limit)
      const last = oldest.findLast(({ createdAt }) => createdAt < before)
      if (!last) return 0
      const over = and(eq(streamEntries.appId, appId), lte(streamEntries.seq, last.seq))
      const removed = await tx.delete(streamEntries).where(over).returning({ seq: streamEntries.seq })
      await tx.update(apps).set({ streamPurgedSeq: last.seq }).where(eq(apps.id, appId))
      return removed.length
    },
    appIds: async (q: Queries): Promise<string[]> => (await q.select({ id: apps.id }).from(apps)).map(({ id }) => id),
  }
}
