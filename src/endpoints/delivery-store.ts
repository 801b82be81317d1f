import { and, asc, eq, gt, isNull, lt, lte, min, ne, notInArray, or, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import { named } from '../db/prepared'
import type { Attempt } from './sender'
import type { DeliveryRow, EndpointRow } from './store'

/** Result of one attempt and the endpoint's state after it. */
export interface DeliveryOutcome {
  endpointId: string
  appId: string
  /** Value in the endpoint's row when the attempt started. */
  version: number
  replays: number
  attemptId: string
  attempt: Attempt
  delivery: DeliveryRow
  state: Pick<EndpointRow, 'deliveredSeq' | 'consecutiveFailures' | 'failingSince' | 'lastSuccessAt'>
  disabledReason: EndpointRow['disabledReason']
}

export interface DeliveryPosition {
  endpointId: string
  replays: number
  deliveredSeq: number
}

const PURGE_STEP = 1000
const REPLACE = {
  update: ['endpointId' as const, 'seq' as const],
  keep: ['appId' as const, 'event' as const, 'createdAt' as const],
}

export type DeliveryStore = ReturnType<typeof createDeliveryStore>

/** Reads and writes of the instance that delivers to an endpoint. */
export function createDeliveryStore(database: Database) {
  const { apps, endpoints, instances, endpointDeliveries: deliveries, endpointAttempts: attempts } = database.tables
  const waiting = (endpointId: string) => and(eq(deliveries.endpointId, endpointId), eq(deliveries.status, 'pending'))
  /** If the clock was set back, nothing waits for the old time. */
  const due = (endpointId: string, now: number) =>
    and(waiting(endpointId), or(lte(deliveries.nextAttemptAt, now), gt(deliveries.lastAttemptAt, now)))

  const lockedQuery = database.prepare((q) =>
    database.forUpdate(
      q
        .select(named(endpoints))
        .from(endpoints)
        .where(database.isAnyOf(endpoints.id, sql.placeholder('ids'))),
    ),
  )

  return {
    /** Claims the active endpoints that no living instance holds. */
    async claim(q: Queries, owner: string, appId?: string): Promise<void> {
      const living = q.select({ id: instances.id }).from(instances)
      const isFree = or(isNull(endpoints.leaseOwner), notInArray(endpoints.leaseOwner, living))
      await q
        .update(endpoints)
        .set({ leaseOwner: owner })
        .where(and(eq(endpoints.active, true), appId ? eq(endpoints.appId, appId) : undefined, isFree))
    },
    /** Returns the active endpoints of active apps that this instance holds. */
    held: async (q: Queries, owner: string, appId?: string): Promise<EndpointRow[]> =>
      (
        await q
          .select({ endpoint: endpoints })
          .from(endpoints)
          .innerJoin(apps, eq(apps.id, endpoints.appId))
          .where(
            and(
              eq(endpoints.leaseOwner, owner),
              eq(endpoints.active, true),
              eq(apps.active, true),
              appId ? eq(endpoints.appId, appId) : undefined,
            ),
          )
      ).map(({ endpoint }) => endpoint),
    async release(q: Queries, owner: string): Promise<void> {
      await q.update(endpoints).set({ leaseOwner: null }).where(eq(endpoints.leaseOwner, owner))
    },

    /** Returns the waiting delivery with the lowest seq. */
    oldestWaiting: async (q: Queries, endpointId: string): Promise<DeliveryRow | null> =>
      (await q.select().from(deliveries).where(waiting(endpointId)).orderBy(asc(deliveries.seq)).limit(1))[0] ?? null,
    /** Returns the due delivery with the lowest seq. */
    nextDue: async (q: Queries, endpointId: string, now: number, except = -1): Promise<DeliveryRow | null> =>
      (
        await q
          .select()
          .from(deliveries)
          .where(and(due(endpointId, now), ne(deliveries.seq, except)))
          .orderBy(asc(deliveries.seq))
          .limit(1)
      )[0] ?? null,
    /** Returns when the next attempt is due, ms since the epoch, or null if nothing waits. */
    async nextDueAt(q: Queries, endpointId: string): Promise<number | null> {
      const [found] = await q
        .select({ at: min(deliveries.nextAttemptAt) })
        .from(deliveries)
        .where(waiting(endpointId))
      return found?.at ?? null
    },
    /** Makes all waiting deliveries due, except one entry. */
    async expedite(q: Queries, endpointId: string, now: number, exceptSeq: number | null): Promise<void> {
      await q
        .update(deliveries)
        .set({ nextAttemptAt: now })
        .where(and(waiting(endpointId), exceptSeq === null ? undefined : ne(deliveries.seq, exceptSeq)))
    },

    /** Saves outcomes in order. Ignores deleted endpoints. */
    async record(tx: Transaction, owner: string, outcomes: DeliveryOutcome[], now: number): Promise<void> {
      const ids = [...new Set(outcomes.map(({ endpointId }) => endpointId))]
      const rows = new Map((await tx.rows(lockedQuery, { ids: JSON.stringify(ids) })).map((row) => [row.id, row]))
      const kept = outcomes.filter(({ endpointId }) => rows.has(endpointId))
      if (kept.length === 0) return
      const newest = new Map(kept.map(({ delivery }) => [`${delivery.endpointId} ${delivery.seq}`, delivery]))
      await tx.insertMany(deliveries, [...newest.values()], REPLACE, 'seq')
      const made = kept.map(({ attemptId, attempt, delivery: { endpointId, appId, seq } }) => ({
        ...attempt,
        ...{ id: attemptId, endpointId, appId, seq },
      }))
      await tx.insertMany(attempts, made, 'fail')
      const last = new Map(kept.map((outcome) => [outcome.endpointId, outcome]))
      const standings = [...last].map(([id, outcome]) => {
        // biome-ignore lint/style/noNonNullAssertion: kept has only outcomes of these rows
        const before = rows.get(id)!
        return { before, after: standingAfter(outcome, before, owner, now) }
      })
      await tx.updateMany(
        endpoints,
        standings.filter(({ before, after }) => before !== after),
      )
    },
    /** Saves the positions of endpoints that had nothing to deliver. */
    async move(tx: Transaction, owner: string, positions: DeliveryPosition[]): Promise<void> {
      for (const position of positions) await moveTo(tx, owner, position)
    },

    /** Deletes up to 1,000 deliveries of an endpoint created before `before`. @returns whether there are more. */
    async purge(tx: Transaction, endpointId: string, before: number): Promise<boolean> {
      const old = and(eq(deliveries.endpointId, endpointId), lt(deliveries.createdAt, before))
      const rows = await tx
        .select({ seq: deliveries.seq })
        .from(deliveries)
        .where(old)
        .orderBy(asc(deliveries.seq))
        .limit(PURGE_STEP)
      const last = rows.at(-1)
      if (!last) return false
      await tx.delete(deliveries).where(and(old, lte(deliveries.seq, last.seq)))
      await tx
        .delete(attempts)
        .where(and(eq(attempts.endpointId, endpointId), lte(attempts.seq, last.seq), lt(attempts.attemptedAt, before)))
      return rows.length === PURGE_STEP
    },
    endpointIds: async (q: Queries): Promise<string[]> =>
      (await q.select({ id: endpoints.id }).from(endpoints)).map(({ id }) => id),
  }

  /** Matches only while this instance holds the endpoint. */
  function held(endpointId: string, owner: string) {
    return and(eq(endpoints.id, endpointId), eq(endpoints.leaseOwner, owner))
  }

  async function moveTo(tx: Transaction, owner: string, { endpointId, replays, deliveredSeq }: DeliveryPosition) {
    await tx
      .update(endpoints)
      .set({ deliveredSeq })
      .where(and(held(endpointId, owner), eq(endpoints.replays, replays)))
  }
}

/** Returns the endpoint's locked row after an outcome. Only the instance that holds the endpoint changes it. */
function standingAfter(outcome: DeliveryOutcome, row: EndpointRow, owner: string, now: number): EndpointRow {
  const { version, replays, attempt, state, disabledReason } = outcome
  if (row.leaseOwner !== owner) return row
  // The endpoint was changed meanwhile. Keep the delivery and all newer settings.
  if (row.version !== version) return row.replays === replays ? { ...row, deliveredSeq: state.deliveredSeq } : row
  return {
    ...row,
    ...state,
    lastAttemptAt: attempt.attemptedAt,
    lastError: attempt.error,
    ...(disabledReason ? { active: false, disabledAt: now, disabledReason, updatedAt: now } : {}),
  }
}
