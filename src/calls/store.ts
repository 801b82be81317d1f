import { and, asc, eq, gt, inArray, isNull, lt, notExists, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { hasUnknownEnd, isOpenStatus } from '../db/call-sql'
import type { Database, Queries, Transaction } from '../db/database'
import { prepareLookup } from '../db/lookup'
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
  const { calls, callStates, callLinks } = database.tables
  const appIdValue = sql.placeholder('appId')
  const findLinks = prepareLookup(database, (q, hasKey) =>
    q
      .select(named(callLinks))
      .from(callLinks)
      .where(and(eq(callLinks.appId, appIdValue), hasKey(callLinks.dialpadCallId))),
  )
  const findLegs = prepareLookup(database, (q, hasKey) =>
    q
      .select(named(callLinks))
      .from(callLinks)
      .where(and(eq(callLinks.appId, appIdValue), hasKey(callLinks.conversationId))),
  )
  const findCalls = prepareLookup(database, (q, hasKey) =>
    q
      .select(named(calls))
      .from(calls)
      .where(and(eq(calls.appId, appIdValue), hasKey(calls.dialpadCallId))),
  )
  const findStates = prepareLookup(database, (q, hasKey) =>
    q
      .select(named(callStates))
      .from(callStates)
      .where(hasKey(callStates.callId))
      .orderBy(asc(callStates.at), asc(callStates.callId)),
  )
  const findStatesOf = prepareLookup(database, (q, hasKey) =>
    q
      .select(named(callStates))
      .from(callStates)
      .innerJoin(calls, eq(calls.id, callStates.callId))
      .where(and(eq(calls.appId, appIdValue), hasKey(calls.dialpadCallId)))
      .orderBy(asc(callStates.at), asc(callStates.callId)),
  )

  return {
    ...callPages(database),
    ...conversationRows(database),

    async links(q: Queries, appId: string, dialpadCallIds: number[]): Promise<Map<number, string>> {
      const rows = await findLinks(q, dialpadCallIds, { appId })
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
      const rows = await findCalls(q, dialpadCallIds, { appId })
      return new Map(rows.map((row) => [row.dialpadCallId, row]))
    },
    /** Returns the Dialpad ids of all legs of the conversations, including unseen ones. */
    async linkedLegs(
      q: Queries,
      appId: string,
      conversationIds: string[],
    ): Promise<{ conversationId: string; dialpadCallId: number }[]> {
      return findLegs(q, conversationIds, { appId })
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
    states: (q: Queries, callIds: string[]) => findStates(q, callIds),
    /** Returns the states of calls by Dialpad's ids, ordered by Dialpad's clock. */
    statesOf: (q: Queries, appId: string, dialpadCallIds: number[]) => findStatesOf(q, dialpadCallIds, { appId }),
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
