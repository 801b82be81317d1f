import { and, asc, count, desc, eq, gte, inArray, isNull, lt, lte, max, min, or, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
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

/** The durable queue of received events. */
export function createEventStore({ tables: { webhookEvents: events }, forUpdate }: Database) {
  const due = (now: number) =>
    and(
      eq(events.status, 'pending'),
      lte(events.nextAttemptAt, now),
      or(isNull(events.claimedUntil), lte(events.claimedUntil, now)),
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

  return {
    /** Stores what is new. @returns the ids stored; the others were stored before. */
    async insertNew(q: Queries, rows: NewEvent[]): Promise<Set<string>> {
      const stored = await q
        .insert(events)
        .values(rows)
        .onConflictDoNothing({ target: events.dedupeKey })
        .returning({ id: events.id })
      return new Set(stored.map(({ id }) => id))
    },
    /** Id and key of the events already stored under these keys. */
    idsByKeys: async (q: Queries, keys: string[]): Promise<Map<string, string>> => {
      const rows = await q
        .select({ id: events.id, key: events.dedupeKey })
        .from(events)
        .where(inArray(events.dedupeKey, keys))
      return new Map(rows.map(({ id, key }) => [key, id]))
    },

    /**
     * Leases due events, oldest first. The predicate stands in the outer UPDATE too, and rows others hold are skipped:
     * each event has one holder at a time.
     */
    async claim(q: Queries, claimedBy: string, now: number, leaseMs: number, limit: number): Promise<EventRow[]> {
      const ids = forUpdate(
        q.select({ id: events.id }).from(events).where(due(now)).orderBy(asc(events.id)).limit(limit),
        {
          skipLocked: true,
        },
      )
      const claimed = await q
        .update(events)
        .set({ claimedUntil: now + leaseMs, claimedBy, attempts: sql`${events.attempts} + 1` })
        // Materialized: Postgres may run a bare subquery anew for each row, and each run skips what the one before locked.
        .where(and(sql`${events.id} in (with chosen as materialized ${ids} select id from chosen)`, due(now)))
        .returning()
      return claimed.sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    /** Ends events this claim still holds. @returns how many it did hold. */
    async finish(
      q: Queries,
      claimedBy: string,
      ids: string[],
      set: { status: 'processed' | 'unknown'; error: string | null; processedAt: number },
    ): Promise<number> {
      const held = and(inArray(events.id, ids), eq(events.claimedBy, claimedBy))
      return (
        await q
          .update(events)
          .set({ ...set, ...released })
          .where(held)
          .returning({ id: events.id })
      ).length
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
        .where(and(eq(events.id, id), eq(events.claimedBy, claimedBy)))
    },
    /** Gives events back untried, as when the server stops. */
    async release(q: Queries, claimedBy: string) {
      await q
        .update(events)
        .set({ ...released, attempts: sql`${events.attempts} - 1` })
        .where(and(eq(events.claimedBy, claimedBy), eq(events.status, 'pending')))
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
    async purge(q: Queries, before: number): Promise<number> {
      const over = and(inArray(events.status, ['processed', 'unknown']), lt(events.receivedAt, before))
      return (await q.delete(events).where(over).returning({ id: events.id })).length
    },
  }
}
