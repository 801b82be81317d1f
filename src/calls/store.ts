import { and, asc, eq, gt, inArray, isNull, lt, notExists, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { hasUnknownEnd, isOpenStatus } from '../db/call-sql'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'
import type { HeardState } from './state'

const DAY_MS = 86_400_000

export type CallRow = Tables['calls']['$inferSelect']

export type CallStore = ReturnType<typeof createCallStore>

/** What the processing of events reads and writes; reading for clients is in query-store.ts. */
export function createCallStore({ tables: { calls, callStates, callLinks }, isAnyOf }: Database) {
  return {
    async links(q: Queries, appId: string, dialpadCallIds: number[]): Promise<Map<number, string>> {
      if (dialpadCallIds.length === 0) return new Map()
      const rows = await q
        .select()
        .from(callLinks)
        .where(and(eq(callLinks.appId, appId), isAnyOf(callLinks.dialpadCallId, dialpadCallIds)))
      return new Map(rows.map((row) => [row.dialpadCallId, row.conversationId]))
    },
    saveLinks: (tx: Transaction, rows: Tables['callLinks']['$inferInsert'][]) =>
      tx.insertMany(callLinks, rows, 'ignore', 'dialpadCallId'),
    /** Moves every leg of one conversation into another. @returns the calls that moved. */
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
      const rows = await q
        .select()
        .from(calls)
        .where(and(eq(calls.appId, appId), isAnyOf(calls.dialpadCallId, dialpadCallIds)))
      return new Map(rows.map((row) => [row.dialpadCallId, row]))
    },
    /** Every leg of the conversations; a null call is one that Dialpad named but no event was received of. */
    async legs(
      q: Queries,
      appId: string,
      conversationIds: string[],
    ): Promise<{ conversationId: string; dialpadCallId: number; call: CallRow | null }[]> {
      if (conversationIds.length === 0) return []
      const sameCall = and(eq(calls.appId, callLinks.appId), eq(calls.dialpadCallId, callLinks.dialpadCallId))
      return q
        .select({ conversationId: callLinks.conversationId, dialpadCallId: callLinks.dialpadCallId, call: calls })
        .from(callLinks)
        .leftJoin(calls, sameCall)
        .where(and(eq(callLinks.appId, appId), isAnyOf(callLinks.conversationId, conversationIds)))
    },
    /** Unanswered legs that are not decided although no leg of their conversation goes on, quiet since `before`. */
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
    /** The states heard of each call, by Dialpad's clock. */
    async states(q: Queries, callIds: string[]): Promise<Map<string, HeardState[]>> {
      const byCall = new Map<string, HeardState[]>()
      if (callIds.length === 0) return byCall
      const rows = await q
        .select()
        .from(callStates)
        .where(isAnyOf(callStates.callId, callIds))
        .orderBy(asc(callStates.at))
      for (const { callId, state, at } of rows) byCall.set(callId, [...(byCall.get(callId) ?? []), { state, at }])
      return byCall
    },
    save: (tx: Transaction, rows: CallRow[]) =>
      tx.insertMany(calls, rows, { update: ['id'], keep: ['appId', 'dialpadCallId', 'createdAt', 'source'] }),
    saveStates: (tx: Transaction, rows: Tables['callStates']['$inferInsert'][]) =>
      tx.insertMany(callStates, rows, 'ignore', 'callId'),
    /** Calls that ring or talk but were not heard of since `before`, oldest first. */
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
