import { and, asc, eq, gt, inArray, isNull, lt, notExists, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { hasUnknownEnd, isOpenStatus } from '../db/call-sql'
import type { Database, Queries, Transaction } from '../db/database'
import { named } from '../db/prepared'
import type { Tables } from '../db/tables'
import { conversationRows } from './store-conversations'
import { callPages } from './store-pages'

const DAY_MS = 86_400_000

export type CallRow = Tables['calls']['$inferSelect']

export type CallStore = ReturnType<typeof createCallStore>

/**
 * Queries for calls, their states, links and conversations. Each query for an app is limited to it. Pages of calls and
 * conversations are in store-pages.ts and store-conversations.ts.
 */
export function createCallStore(database: Database) {
  const { tables, isAnyOf } = database
  const { calls, callStates, callLinks } = tables
  const [appIdValue, idsValue] = [sql.placeholder('appId'), sql.placeholder('ids')]
  const linksQuery = database.prepare((q) =>
    q
      .select(named(callLinks))
      .from(callLinks)
      .where(and(eq(callLinks.appId, appIdValue), isAnyOf(callLinks.dialpadCallId, idsValue))),
  )
  const legsQuery = database.prepare((q) =>
    q
      .select(named(callLinks))
      .from(callLinks)
      .where(and(eq(callLinks.appId, appIdValue), isAnyOf(callLinks.conversationId, idsValue))),
  )
  const callsQuery = database.prepare((q) =>
    q
      .select(named(calls))
      .from(calls)
      .where(and(eq(calls.appId, appIdValue), isAnyOf(calls.dialpadCallId, idsValue))),
  )
  const statesQuery = database.prepare((q) =>
    q
      .select(named(callStates))
      .from(callStates)
      .where(isAnyOf(callStates.callId, idsValue))
      .orderBy(asc(callStates.at), asc(callStates.callId)),
  )
  const statesOfQuery = database.prepare((q) =>
    q
      .select(named(callStates))
      .from(callStates)
      .innerJoin(calls, eq(calls.id, callStates.callId))
      .where(and(eq(calls.appId, appIdValue), isAnyOf(calls.dialpadCallId, idsValue)))
      .orderBy(asc(callStates.at), asc(callStates.callId)),
  )
  const byIdQuery = database.prepare((q) =>
    q
      .select(named(calls))
      .from(calls)
      .where(and(eq(calls.appId, appIdValue), eq(calls.id, sql.placeholder('id')))),
  )

  return {
    ...callPages(database),
    ...conversationRows(database),

    async byId(q: Queries, appId: string, id: string): Promise<CallRow | null> {
      return (await q.rows(byIdQuery, { appId, id }))[0] ?? null
    },
    async links(q: Queries, appId: string, dialpadCallIds: number[]): Promise<Map<number, string>> {
      if (dialpadCallIds.length === 0) return new Map()
      const rows = await q.rows(linksQuery, { appId, ids: JSON.stringify(dialpadCallIds) })
      return new Map(rows.map((row) => [row.dialpadCallId, row.conversationId]))
    },
    saveLinks: (tx: Transaction, rows: Tables['callLinks']['$inferInsert'][]) =>
      tx.insertMany(callLinks, rows, 'ignore', 'dialpadCallId'),
    /** Moves all legs of one conversation into another. @returns the moved calls. */
    async mergeConversation(q: Queries, appId: string, from: string, into: string): Promise<CallRow[]> {
      await q
        .update(callLinks)
        .set({ conversationId: into })
        .where(and(eq(callLinks.appId, appId), eq(callLinks.conversationId, from)))
      return q
        .update(calls)
        .set({ conversationId: into })
        .where(and(eq(calls.appId, appId), eq(calls.conversationId, from)))
        .returning()
    },
    async byDialpadIds(q: Queries, appId: string, dialpadCallIds: number[]): Promise<Map<number, CallRow>> {
      if (dialpadCallIds.length === 0) return new Map()
      const rows = await q.rows(callsQuery, { appId, ids: JSON.stringify(dialpadCallIds) })
      return new Map(rows.map((row) => [row.dialpadCallId, row]))
    },
    /** Returns the Dialpad ids of all legs of the conversations, including unseen ones. */
    async linkedLegs(
      q: Queries,
      appId: string,
      conversationIds: string[],
    ): Promise<{ conversationId: string; dialpadCallId: number }[]> {
      return conversationIds.length === 0 ? [] : q.rows(legsQuery, { appId, ids: JSON.stringify(conversationIds) })
    },
    /** Lists undecided unanswered legs of conversations without an open leg and without an event since `before`. */
    async undecided(q: Queries, before: number, limit: number): Promise<CallRow[]> {
      const other = alias(calls, 'other')
      const going = q
        .select({ one: sql`1` })
        .from(other)
        .where(
          and(eq(other.appId, calls.appId), eq(other.conversationId, calls.conversationId), isOpenStatus(other.status)),
        )
      return q
        .select()
        .from(calls)
        .where(
          and(
            inArray(calls.status, ['ended', 'missed']),
            hasUnknownEnd(calls.endReason),
            isNull(calls.connectedAt),
            lt(calls.snapshotAt, before),
            gt(calls.snapshotAt, before - DAY_MS),
            notExists(going),
          ),
        )
        .orderBy(asc(calls.snapshotAt))
        .limit(limit)
    },
    /** Returns the states of the calls, ordered by Dialpad's clock. */
    states: async (q: Queries, callIds: string[]) =>
      callIds.length === 0 ? [] : q.rows(statesQuery, { ids: JSON.stringify(callIds) }),
    /** Returns the states of calls by Dialpad's ids, ordered by Dialpad's clock. */
    statesOf: async (q: Queries, appId: string, dialpadCallIds: number[]) =>
      dialpadCallIds.length === 0 ? [] : q.rows(statesOfQuery, { appId, ids: JSON.stringify(dialpadCallIds) }),
    save: (tx: Transaction, rows: CallRow[]) =>
      tx.insertMany(calls, rows, { update: ['id'], keep: ['appId', 'dialpadCallId', 'createdAt', 'source'] }),
    /** Inserts new calls and updates changed ones. @param stored the calls as currently stored. */
    async saveChanges(tx: Transaction, rows: CallRow[], stored: Map<number, CallRow>): Promise<void> {
      const others = rows.filter(({ dialpadCallId }) => !stored.has(dialpadCallId))
      const known = rows.flatMap((after) => {
        const before = stored.get(after.dialpadCallId)
        return before ? [{ before, after }] : []
      })
      await Promise.all([this.save(tx, others), tx.updateMany(calls, known)])
    },
    saveStates: (tx: Transaction, rows: Tables['callStates']['$inferInsert'][]) =>
      tx.insertMany(callStates, rows, 'ignore', 'callId'),
    /** Lists open calls without an event since `before`, oldest first. */
    async stale(q: Queries, before: number, limit: number): Promise<CallRow[]> {
      return q
        .select()
        .from(calls)
        .where(and(isOpenStatus(calls.status), lt(calls.snapshotAt, before)))
        .orderBy(asc(calls.snapshotAt))
        .limit(limit)
    },
  }
}
