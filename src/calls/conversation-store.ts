import { and, asc, desc, eq, exists, gt, gte, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { CallStatus } from '../lib/call-status'
import type { Position } from '../lib/cursor'
import type { ConversationRow, Leg, Outcome } from './conversation'

export interface ConversationCriteria {
  statuses?: CallStatus[] | undefined
  outcomes?: Outcome[] | undefined
  direction?: 'inbound' | 'outbound' | undefined
  externalNumber?: string | undefined
  fromNumber?: string | undefined
  toNumber?: string | undefined
  /** Dialpad users, one of whom a leg must be of. */
  dialpadUserIds?: number[] | undefined
  customer?: { id: string; phones: string[] } | undefined
  jobId?: string | undefined
  conversationId?: string | undefined
  startedAfter?: number | undefined
  startedBefore?: number | undefined
  updatedAfter?: number | undefined
  /** A pattern of LIKE, escaped by `\`, for a leg. */
  text?: string | undefined
}

export interface ConversationOrder {
  by: 'started_at' | 'duration_seconds'
  descending: boolean
}

export type ConversationStore = ReturnType<typeof createConversationStore>

export function createConversationStore({ tables, isAnyOf }: Database) {
  const { calls, conversations, conversationRebuilds: rebuilds } = tables
  const leg = {
    appId: calls.appId,
    dialpadCallId: calls.dialpadCallId,
    conversationId: calls.conversationId,
    direction: calls.direction,
    status: calls.status,
    fromNumber: calls.fromNumber,
    toNumber: calls.toNumber,
    externalNumber: calls.externalNumber,
    startedAt: calls.startedAt,
    connectedAt: calls.connectedAt,
    endedAt: calls.endedAt,
    talkSeconds: calls.talkSeconds,
    holdSeconds: calls.holdSeconds,
    dialpadUserId: calls.dialpadUserId,
    contact: calls.contact,
    target: calls.target,
    customerId: calls.customerId,
    jobId: calls.jobId,
    isInternal: calls.isInternal,
    learned: calls.learned,
    createdAt: calls.createdAt,
  }

  const matching = (q: Queries, appId: string, c: ConversationCriteria) =>
    and(
      eq(conversations.appId, appId),
      c.statuses && inArray(conversations.status, c.statuses),
      c.outcomes && inArray(conversations.outcome, c.outcomes),
      c.direction && eq(conversations.direction, c.direction),
      c.externalNumber === undefined ? undefined : eq(conversations.externalNumber, c.externalNumber),
      c.fromNumber === undefined ? undefined : eq(conversations.fromNumber, c.fromNumber),
      c.toNumber === undefined ? undefined : eq(conversations.toNumber, c.toNumber),
      legsMatch(q, c),
      c.customer && ofCustomer(c.customer),
      c.jobId === undefined ? undefined : eq(conversations.jobId, c.jobId),
      c.conversationId === undefined ? undefined : eq(conversations.id, c.conversationId),
      c.startedAfter === undefined ? undefined : gte(conversations.startedAt, c.startedAfter),
      c.startedBefore === undefined ? undefined : lt(conversations.startedAt, c.startedBefore),
      c.updatedAfter === undefined ? undefined : gte(conversations.updatedAt, c.updatedAfter),
    )
  /** One leg is of one of the users and has the text, so that nobody finds a conversation by what others' legs hold. */
  const legsMatch = (q: Queries, { dialpadUserIds, text }: ConversationCriteria) =>
    dialpadUserIds || text !== undefined
      ? exists(
          q
            .select({ one: sql`1` })
            .from(calls)
            .where(
              and(
                eq(calls.appId, conversations.appId),
                eq(calls.conversationId, conversations.id),
                dialpadUserIds && inArray(calls.dialpadUserId, dialpadUserIds),
                text === undefined ? undefined : sql`${calls.searchText} like ${text} escape '\\'`,
              ),
            ),
        )
      : undefined
  /** A conversation that names no customer belongs to the one whose number it has. */
  const ofCustomer = ({ id, phones }: { id: string; phones: string[] }) =>
    or(
      eq(conversations.customerId, id),
      and(isNull(conversations.customerId), inArray(conversations.externalNumber, phones)),
    )

  // NULLs sort differently on the two databases: a conversation without a duration counts as shorter than any.
  const sortValue = ({ by }: ConversationOrder): SQL<number> =>
    by === 'started_at' ? sql`${conversations.startedAt}` : sql`coalesce(${conversations.durationSeconds}, -1)`

  return {
    /** Every leg of the conversations of which an event was received. */
    async legs(q: Queries, appId: string, conversationIds: string[]): Promise<Leg[]> {
      if (conversationIds.length === 0) return []
      return q
        .select(leg)
        .from(calls)
        .where(and(eq(calls.appId, appId), isAnyOf(calls.conversationId, conversationIds)))
    },
    save: (tx: Transaction, rows: ConversationRow[]) =>
      tx.insertMany(conversations, rows, { update: ['appId', 'id'], keep: ['createdAt'] }),
    /** Removes conversations that went into others. */
    async remove(q: Queries, appId: string, ids: string[]): Promise<void> {
      if (ids.length === 0) return
      await q.delete(conversations).where(and(eq(conversations.appId, appId), isAnyOf(conversations.id, ids)))
    },

    page: async (
      q: Queries,
      appId: string,
      criteria: ConversationCriteria,
      order: ConversationOrder,
      limit: number,
      after: Position | null,
      offset: number,
    ): Promise<ConversationRow[]> => {
      const value = sortValue(order)
      const [beyond, direction] = order.descending ? [lt, desc] : [gt, asc]
      const rest =
        after && or(beyond(value, after.value), and(eq(value, after.value), beyond(conversations.id, after.id)))
      return q
        .select()
        .from(conversations)
        .where(and(matching(q, appId, criteria), rest ?? undefined))
        .orderBy(direction(value), direction(conversations.id))
        .limit(limit)
        .offset(offset)
    },
    count: (q: Queries, appId: string, criteria: ConversationCriteria) =>
      q.$count(conversations, matching(q, appId, criteria)),

    /** Begins to work out an app's conversations anew, from the first one. */
    async beginRebuild(q: Queries, appId: string): Promise<void> {
      await q
        .insert(rebuilds)
        .values({ appId, afterId: '' })
        .onConflictDoUpdate({ target: rebuilds.appId, set: { afterId: '' } })
    },
    rebuilds: async (q: Queries): Promise<{ appId: string; afterId: string }[]> => q.select().from(rebuilds),
    async saveRebuild(q: Queries, appId: string, afterId: string): Promise<void> {
      await q.update(rebuilds).set({ afterId }).where(eq(rebuilds.appId, appId))
    },
    async endRebuild(q: Queries, appId: string): Promise<void> {
      await q.delete(rebuilds).where(eq(rebuilds.appId, appId))
    },
    /** The next conversations that calls name, in the order of their ids. */
    async idsAfter(q: Queries, appId: string, afterId: string, limit: number): Promise<string[]> {
      const rows = await q
        .selectDistinct({ id: calls.conversationId })
        .from(calls)
        .where(and(eq(calls.appId, appId), gt(calls.conversationId, afterId)))
        .orderBy(asc(calls.conversationId))
        .limit(limit)
      return rows.map(({ id }) => id)
    },
  }
}

export const conversationPositionOf = (row: ConversationRow, order: ConversationOrder): Position => ({
  value: order.by === 'started_at' ? row.startedAt : (row.durationSeconds ?? -1),
  id: row.id,
})
