import {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  min,
  ne,
  notInArray,
  or,
  type Placeholder,
  sql,
} from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import { prepareLookup } from '../db/lookup'
import type { Tables } from '../db/tables'

export type EventRow = Tables['webhookEvents']['$inferSelect']
export type NewEvent = Tables['webhookEvents']['$inferInsert']
export type EventStatus = EventRow['status']
export type EventStore = ReturnType<typeof createEventStore>

/** Position of an event in the queue. */
type QueuePosition = Pick<EventRow, 'id' | 'receivedAt'>

export interface EventFilter {
  appId?: string | undefined
  status?: EventStatus | undefined
  eventType?: string | undefined
  receivedAfter?: number | undefined
  receivedBefore?: number | undefined
}

/** Longer than every retry delay and lease. A later time was written before a clock was set back. */
const CLOCK_SET_BACK_MS = 10 * 60_000

/** The durable queue of received events. */
export function createEventStore(database: Database) {
  const { tables, forUpdate, isAnyOf } = database
  const { webhookEvents: events, instances } = tables
  const findBodies = prepareLookup(database, (q, hasKey) =>
    q
      .select({ id: sql<string>`${events.id}`.as('id'), body: sql<string>`${events.body}`.as('body') })
      .from(events)
      .where(hasKey(events.id)),
  )
  /** A constant, because Postgres cannot use a partial index with a parameter. */
  const isPending = sql`${events.status} = 'pending'`
  /** Whether an event can be claimed now. The only place that decides it. */
  const due = (q: Queries, claimedBy: string, now: number, isOwnDue: boolean) =>
    and(
      isPending,
      or(lte(events.nextAttemptAt, now), gt(events.nextAttemptAt, now + CLOCK_SET_BACK_MS)),
      or(
        isNull(events.claimedBy),
        and(lte(events.claimedUntil, now), isOwnDue ? undefined : ne(events.claimedBy, claimedBy)),
        isOwnDue ? and(eq(events.claimedBy, claimedBy), gt(events.claimedUntil, now + CLOCK_SET_BACK_MS)) : undefined,
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
  const isAfter = ({ receivedAt, id }: QueuePosition) =>
    or(gt(events.receivedAt, receivedAt), and(eq(events.receivedAt, receivedAt), gt(events.id, id)))
  const released = { claimedUntil: null, claimedBy: null }
  /** Events this instance still has claimed: no other instance took them over or finished them. */
  const held = (ids: string[] | Placeholder, claimedBy: string | Placeholder) =>
    and(isAnyOf(events.id, ids), eq(events.claimedBy, claimedBy), isPending)
  const [status, error, processedAt] = ['status', 'error', 'processedAt'].map((name) => sql`${sql.placeholder(name)}`)
  const finishQuery = database.prepare((q) =>
    q
      .update(events)
      .set({ status, error, processedAt, ...released })
      .where(held(sql.placeholder('ids'), sql.placeholder('claimedBy')))
      .returning({ id: events.id }),
  )

  return {
    /** Stores new events and ignores duplicates. @returns the ids stored. */
    insertNew: (q: Pick<Transaction, 'insertMany'>, rows: NewEvent[]) =>
      q.insertMany(events, rows, 'ignore') as Promise<Set<string>>,
    /** Returns the bodies of events by id. */
    async bodies(q: Queries, ids: string[]): Promise<Map<string, string>> {
      const rows = await findBodies(q, ids)
      return new Map(rows.map(({ id, body }) => [id, body]))
    },
    /** Returns the ids of stored events by deduplication key. */
    idsByKeys: async (q: Queries, keys: string[]): Promise<Map<string, string>> => {
      const rows = await q
        .select({ id: events.id, key: events.dedupeKey })
        .from(events)
        .where(isAnyOf(events.dedupeKey, keys))
      return new Map(rows.map(({ id, key }) => [key, id]))
    },

    /**
     * Claims due events, oldest first. The outer UPDATE repeats the predicate and the subquery skips locked rows, so
     * only one instance holds an event at a time.
     * @param isOwnDue whether to claim this instance's own events again once their lease has ended. False while it has
     * events in memory, which may be the same ones.
     */
    async claim(
      q: Queries,
      claimedBy: string,
      now: number,
      leaseMs: number,
      limit: number,
      isOwnDue = true,
    ): Promise<EventRow[]> {
      const isDue = due(q, claimedBy, now, isOwnDue)
      const ids = forUpdate(
        q
          .select({ id: events.id })
          .from(events)
          .where(isDue)
          .orderBy(asc(events.receivedAt), asc(events.id))
          .limit(limit),
        { skipLocked: true },
      )
      const claimed = await q
        .update(events)
        .set({ claimedUntil: now + leaseMs, claimedBy, attempts: sql`${events.attempts} + 1` })
        // Materialized, because Postgres may rerun a plain subquery for each row, and each run skips rows locked before.
        .where(and(sql`${events.id} in (with chosen as materialized ${ids} select id from chosen)`, isDue))
        .returning()
      return claimed.sort((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1))
    },
    /** Finishes events this instance still has claimed. @returns the number finished. */
    async finish(
      q: Queries,
      claimedBy: string,
      ids: string[],
      set: { status: 'processed' | 'unknown'; error: string | null; processedAt: number },
    ): Promise<number> {
      return (await q.rows(finishQuery, { ...set, ids: JSON.stringify(ids), claimedBy })).length
    },
    /** Returns those of the events that this instance still has claimed. */
    heldIds: async (q: Queries, claimedBy: string, ids: string[]): Promise<Set<string>> =>
      new Set((await q.select({ id: events.id }).from(events).where(held(ids, claimedBy))).map(({ id }) => id)),
    /** Releases an event after a failure: to retry at `nextAttemptAt`, or as a dead letter. */
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
    /** Releases an instance's claims without counting an attempt. @param ids limits them to these events. */
    async release(q: Queries, claimedBy: string, ids?: string[]) {
      await q
        .update(events)
        .set({ ...released, attempts: sql`${events.attempts} - 1` })
        .where(and(isPending, eq(events.claimedBy, claimedBy), ids && isAnyOf(events.id, ids)))
    },
    /** Releases every claim. Only for a database with a single process, when it starts. */
    async freeAll(q: Queries) {
      await q
        .update(events)
        .set(released)
        .where(and(isPending, isNotNull(events.claimedBy)))
      await q.delete(instances)
    },
    async byId(q: Queries, id: string): Promise<EventRow | null> {
      return (await q.select().from(events).where(eq(events.id, id)))[0] ?? null
    },
    /** Lists events older than `before`, newest first. */
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
    /** Lists unrouted events, oldest first. @param after position of the last event of the previous page. */
    unrouted: async (q: Queries, filter: EventFilter, after: QueuePosition | null, limit: number) =>
      q
        .select({ id: events.id, receivedAt: events.receivedAt, body: events.body })
        .from(events)
        .where(and(matching({ ...filter, status: 'unrouted' }), after ? isAfter(after) : undefined))
        .orderBy(asc(events.receivedAt), asc(events.id))
        .limit(limit),
    /** Counts events by status. @param statuses limits the count to these, which avoids reading the many processed events. */
    async stats(q: Queries, appId?: string, statuses?: EventStatus[]) {
      return q
        .select({
          status: events.status,
          count: count(),
          oldestAt: min(events.receivedAt),
          newestAt: max(events.receivedAt),
        })
        .from(events)
        .where(and(matching({ appId }), statuses && inArray(events.status, statuses)))
        .groupBy(events.status)
    },
    /** Puts events back into the queue with zero attempts. @param appId new app, if given. @returns the number of events. */
    async requeue(q: Queries, filter: EventFilter & { ids?: string[] }, appId?: string): Promise<number> {
      const chosen = and(matching(filter), filter.ids ? inArray(events.id, filter.ids) : undefined)
      const set = {
        status: 'pending' as const,
        attempts: 0,
        nextAttemptAt: 0,
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
