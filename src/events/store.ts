import {
  and,
  asc,
  count,
  desc,
  eq,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  min,
  notInArray,
  or,
  type SQL,
  sql,
} from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'

export type EventRow = Tables['webhookEvents']['$inferSelect']
export type NewEvent = Tables['webhookEvents']['$inferInsert']
export type EventStatus = EventRow['status']
export type EventStore = ReturnType<typeof createEventStore>

export interface EventFilter {
  appId?: string | undefined
  status?: EventStatus | undefined
  eventType?: string | undefined
  receivedAfter?: number | undefined
  receivedBefore?: number | undefined
}

/** How often an instance gives a sign of life, and looks for others that give none. */
export const BEAT_MS = 500
/** An instance without a sign of life for this long is dead: what it holds is free. Three beats may come late. */
const DEAD_AFTER_MS = 1_800

/** The durable queue of received events. */
export function createEventStore(database: Database) {
  const { tables, forUpdate, isAnyOf } = database
  const { webhookEvents: events, instances } = tables
  const bodiesQuery = database.prepare((q) =>
    q
      .select({ id: sql<string>`${events.id}`.as('id'), body: sql<string>`${events.body}`.as('body') })
      .from(events)
      .where(isAnyOf(events.id, sql.placeholder('ids'))),
  )
  /** Claimable now. The status stands as a constant, or Postgres could not plan with it. */
  const due = (q: Queries, now: number) =>
    and(
      sql`${events.status} = 'pending'`,
      lte(events.nextAttemptAt, now),
      or(
        isNull(events.claimedBy),
        lte(events.claimedUntil, now),
        notInArray(events.claimedBy, q.select({ id: instances.id }).from(instances)),
      ),
    )
  const matching = (filter: EventFilter) =>
    and(
      filter.appId === undefined ? undefined : eq(events.appId, filter.appId),
      filter.status === undefined ? undefined : eq(events.status, filter.status),
      filter.eventType === undefined ? undefined : eq(events.eventType, filter.eventType),
      filter.receivedAfter === undefined ? undefined : gte(events.receivedAt, filter.receivedAfter),
      filter.receivedBefore === undefined ? undefined : lt(events.receivedAt, filter.receivedBefore),
    )
  const released = { claimedUntil: null, claimedBy: null }
  /** What a claim still holds: nobody took it over, and nobody ended it. */
  const held = (ids: string[], claimedBy: string) =>
    and(isAnyOf(events.id, ids), eq(events.claimedBy, claimedBy), eq(events.status, 'pending'))

  return {
    /** Stores what is new. @returns the ids stored; the others were stored before. */
    insertNew: (q: Pick<Transaction, 'insertMany'>, rows: NewEvent[]) =>
      q.insertMany(events, rows, 'ignore') as Promise<Set<string>>,
    /** The bodies of events, by id. */
    async bodies(q: Queries, ids: string[]): Promise<Map<string, string>> {
      const rows = await q.rows(bodiesQuery, { ids: JSON.stringify(ids) })
      return new Map(rows.map(({ id, body }) => [id, body]))
    },
    /** Id and key of the events already stored under these keys. */
    idsByKeys: async (q: Queries, keys: string[]): Promise<Map<string, string>> => {
      const rows = await q
        .select({ id: events.id, key: events.dedupeKey })
        .from(events)
        .where(isAnyOf(events.dedupeKey, keys))
      return new Map(rows.map(({ id, key }) => [key, id]))
    },

    /**
     * Claims due events, oldest first. The predicate stands in the outer UPDATE too, and rows others lock are skipped:
     * each event has one holder at a time.
     */
    async claim(q: Queries, claimedBy: string, now: number, leaseMs: number, limit: number): Promise<EventRow[]> {
      const ids = forUpdate(
        q
          .select({ id: events.id })
          .from(events)
          .where(due(q, now))
          .orderBy(asc(events.receivedAt), asc(events.id))
          .limit(limit),
        { skipLocked: true },
      )
      const claimed = await q
        .update(events)
        .set({ claimedUntil: now + leaseMs, claimedBy, attempts: sql`${events.attempts} + 1` })
        // Materialized: Postgres may run a bare subquery anew for each row, and each run skips what the one before locked.
        .where(and(sql`${events.id} in (with chosen as materialized ${ids} select id from chosen)`, due(q, now)))
        .returning()
      return claimed.sort((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1))
    },
    /** Ends events this claim still holds. @returns how many it did hold. */
    async finish(
      q: Queries,
      claimedBy: string,
      ids: string[],
      set: { status: 'processed' | 'unknown'; error: string | null; processedAt: number },
    ): Promise<number> {
      const ended = await q
        .update(events)
        .set({ ...set, ...released })
        .where(held(ids, claimedBy))
        .returning({ id: events.id })
      return ended.length
    },
    /** Gives an event back after a failure: to be tried again at `nextAttemptAt`, or as a dead letter. */
    async fail(
      q: Queries,
      claimedBy: string,
      id: string,
      set: { status: 'pending' | 'failed'; error: string; nextAttemptAt: number },
    ) {
      await q
        .update(events)
        .set({ ...set, ...released })
        .where(held([id], claimedBy))
    },
    /** Gives back untried what an instance holds, as when it stops. */
    async release(q: Queries, claimedBy: string) {
      await q
        .update(events)
        .set({ ...released, attempts: sql`${events.attempts} - 1` })
        .where(and(sql`${events.status} = 'pending'`, eq(events.claimedBy, claimedBy)))
    },
    /** Frees what anybody claimed: for a database of one process, whose last one is gone. */
    async freeAll(q: Queries) {
      await q
        .update(events)
        .set(released)
        .where(and(sql`${events.status} = 'pending'`, isNotNull(events.claimedBy)))
      await q.delete(instances)
    },
    /** Writes down that an instance lives; only its claims hold. @param now the database's clock. */
    async beat(q: Queries, id: string, now: SQL<number>) {
      await q
        .insert(instances)
        .values({ id, beatAt: now })
        .onConflictDoUpdate({ target: instances.id, set: { beatAt: now } })
    },
    /** Ends instances without a sign of life; what they hold is free. @returns how many. */
    async endDead(q: Queries, now: SQL<number>): Promise<number> {
      const isSilent = lt(instances.beatAt, sql`${now} - ${DEAD_AFTER_MS}`)
      return (await q.delete(instances).where(isSilent).returning({ id: instances.id })).length
    },
    async endInstance(q: Queries, id: string) {
      await q.delete(instances).where(eq(instances.id, id))
    },

    async byId(q: Queries, id: string): Promise<EventRow | null> {
      return (await q.select().from(events).where(eq(events.id, id)))[0] ?? null
    },
    /** Newest first, from before the event `before`. */
    list: async (
      q: Queries,
      filter: EventFilter,
      limit: number,
      before: string | null,
      offset: number,
    ): Promise<EventRow[]> =>
      q
        .select()
        .from(events)
        .where(and(matching(filter), before ? lt(events.id, before) : undefined))
        .orderBy(desc(events.id))
        .limit(limit)
        .offset(offset),
    count: async (q: Queries, filter: EventFilter): Promise<number> => q.$count(events, matching(filter)),
    async stats(q: Queries, appId?: string) {
      return q
        .select({
          status: events.status,
          count: count(),
          oldestAt: min(events.receivedAt),
          newestAt: max(events.receivedAt),
        })
        .from(events)
        .where(matching({ appId }))
        .groupBy(events.status)
    },
    /** Puts events back into the queue as if they had just come, keeping their app or giving them one. @returns how many. */
    async requeue(q: Queries, filter: EventFilter & { ids?: string[] }, now: number, appId?: string): Promise<number> {
      const chosen = and(matching(filter), filter.ids ? inArray(events.id, filter.ids) : undefined)
      const set = {
        status: 'pending' as const,
        attempts: 0,
        nextAttemptAt: now,
        error: null,
        processedAt: null,
        ...released,
      }
      const moved = await q
        .update(events)
        .set(appId ? { ...set, appId } : set)
        .where(chosen)
        .returning({ id: events.id })
      return moved.length
    },
  }
}
