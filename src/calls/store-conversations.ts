import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm'
import { durationOrNone } from '../db/call-sql'
import type { Database, Queries, Transaction } from '../db/database'
import { prepareLookup } from '../db/lookup'
import { createPreparedQueries, named } from '../db/prepared'
import type { Position } from '../lib/cursor'
import type { ConversationRow, Leg } from './conversation'
import type { Section } from './search'
import {
  anyOf,
  boundsOf,
  type CallOrder,
  type ConversationCriteria,
  conditionOf,
  createCounter,
  createMatcher,
  createSectionCounter,
  orderBy,
  type Part,
  positionOf,
  shapeOf,
} from './store-criteria'

/** Queries for conversations, which are computed from their legs. */
export function conversationRows(database: Database) {
  const { tables, isAnyOf, prepare } = database
  const { calls, conversations, conversationRebuilds: rebuilds } = tables
  const column = named(calls)
  const leg = {
    appId: column.appId,
    dialpadCallId: column.dialpadCallId,
    conversationId: column.conversationId,
    direction: column.direction,
    status: column.status,
    fromNumber: column.fromNumber,
    toNumber: column.toNumber,
    externalNumber: column.externalNumber,
    startedAt: column.startedAt,
    connectedAt: column.connectedAt,
    endedAt: column.endedAt,
    talkSeconds: column.talkSeconds,
    holdSeconds: column.holdSeconds,
    dialpadUserId: column.dialpadUserId,
    contact: column.contact,
    target: column.target,
    customerId: column.customerId,
    jobId: column.jobId,
    isInternal: column.isInternal,
    learned: column.learned,
    createdAt: column.createdAt,
  }
  const findLegs = prepareLookup(database, (q, hasKey) =>
    q
      .select(leg)
      .from(calls)
      .where(and(eq(calls.appId, sql.placeholder('appId')), hasKey(calls.conversationId))),
  )
  const prepared = createPreparedQueries<ConversationRow>()
  const places = createPreparedQueries<Pick<ConversationRow, 'id' | 'startedAt' | 'durationSeconds'>>()
  const count = createCounter(database, conversations)
  const countSection = createSectionCounter(database, conversations)

  const matching = createMatcher<ConversationCriteria>(conversations, {
    terms: { conversationId: eq(conversations.id, sql.placeholder('conversationId')) },
    parts: ({ statuses, outcomes, dialpadUserIds, text }) => [
      anyOf('status', statuses, (value) => eq(conversations.status, value)),
      anyOf('outcome', outcomes, (value) => eq(conversations.outcome, value)),
      withLeg(dialpadUserIds, text),
    ],
  })

  /** The same leg must match users and text, so that a user cannot find a conversation by the content of others' legs. */
  function withLeg(dialpadUserIds: number[] | undefined, text: string | undefined): Part | undefined {
    if (!dialpadUserIds && text === undefined) return undefined
    const fits = and(
      eq(calls.appId, conversations.appId),
      eq(calls.conversationId, conversations.id),
      dialpadUserIds && isAnyOf(calls.dialpadUserId, sql.placeholder('users')),
      text === undefined ? undefined : sql`${calls.searchText} like ${sql.placeholder('text')} escape '\\'`,
    )
    return {
      shape: `leg ${dialpadUserIds !== undefined} ${text !== undefined}`,
      conditions: [sql`exists (select 1 from ${calls} where ${fits})`],
      values: { users: JSON.stringify(dialpadUserIds ?? []) },
    }
  }

  const sortValue = ({ by }: CallOrder): SQL =>
    by === 'started_at' ? sql`${conversations.startedAt}` : durationOrNone(conversations.durationSeconds)

  return {
    /** All stored legs of the conversations. */
    legs: (q: Queries, appId: string, conversationIds: string[]): Promise<Leg[]> =>
      findLegs(q, conversationIds, { appId }),
    saveConversations: (tx: Transaction, rows: ConversationRow[]) =>
      tx.insertMany(conversations, rows, { update: ['appId', 'id'], keep: ['createdAt'] }),
    /** Deletes conversations that were merged into others. */
    async removeConversations(q: Queries, appId: string, ids: string[]): Promise<void> {
      if (ids.length === 0) return
      await q.delete(conversations).where(and(eq(conversations.appId, appId), isAnyOf(conversations.id, ids)))
    },

    conversationPage: async (
      q: Queries,
      appId: string,
      criteria: ConversationCriteria,
      order: CallOrder,
      limit: number,
      after: Position | null,
      offset: number,
      end: Position | null = null,
    ): Promise<ConversationRow[]> => {
      const match = matching(appId, criteria)
      if (match.matchesNothing) return []
      const section = { after, end }
      const query = prepared(`${match.shape};${order.by} ${order.descending} ${shapeOf(section)}`, () =>
        prepare((build) => {
          const { terms, within } = orderBy(sortValue(order), conversations.id, order)
          return build
            .select(named(conversations))
            .from(conversations)
            .where(and(conditionOf(match), within(section)))
            .orderBy(...terms)
            .limit(sql.placeholder('limit'))
            .offset(sql.placeholder('offset'))
        }),
      )
      return q.rows(query, { ...match.values, ...boundsOf(section), limit, offset })
    },
    /** The position `rows` conversations after `after`; null if the list ends before. */
    async skipConversations(
      q: Queries,
      appId: string,
      criteria: ConversationCriteria,
      order: CallOrder,
      after: Position | null,
      rows: number,
    ): Promise<Position | null> {
      const match = matching(appId, criteria)
      if (match.matchesNothing) return null
      const section = { after, end: null }
      const query = places(`${match.shape};${order.by} ${order.descending} ${shapeOf(section)}`, () =>
        prepare((build) => {
          const { terms, within } = orderBy(sortValue(order), conversations.id, order)
          const { id, startedAt, durationSeconds } = named(conversations)
          return build
            .select({ id, startedAt, durationSeconds })
            .from(conversations)
            .where(and(conditionOf(match), within(section)))
            .orderBy(...terms)
            .limit(1)
            .offset(sql.placeholder('offset'))
        }),
      )
      const [place] = await q.rows(query, { ...match.values, ...boundsOf(section), offset: rows - 1 })
      return place ? positionOf(place, order) : null
    },
    countConversationSection: (
      q: Queries,
      appId: string,
      criteria: ConversationCriteria,
      order: CallOrder,
      section: Section,
    ) => countSection(q, matching(appId, criteria), section, order, sortValue(order)),
    countConversations: (q: Queries, appId: string, criteria: ConversationCriteria) =>
      count(q, matching(appId, criteria)),

    /** Starts computing an app's conversations again, from the first one. */
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
    /** The next conversation ids of the app's calls, in order. */
    async conversationIdsAfter(q: Queries, appId: string, afterId: string, limit: number): Promise<string[]> {
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
