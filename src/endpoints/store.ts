import { and, asc, desc, eq, gt, inArray, isNotNull, lt, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'

export type EndpointRow = Tables['endpoints']['$inferSelect']
export type DeliveryRow = Tables['endpointDeliveries']['$inferSelect']
export type AttemptRow = Tables['endpointAttempts']['$inferSelect']
export type EndpointStore = ReturnType<typeof createEndpointStore>

/** Endpoints and their settings. Queries for delivering are in delivery-store.ts. */
export function createEndpointStore({ tables, forUpdate }: Database) {
  const { endpoints, endpointDeliveries, endpointAttempts } = tables
  const one = (appId: string, id: string) => and(eq(endpoints.appId, appId), eq(endpoints.id, id))
  const ofEndpoint = (appId: string, id: string) =>
    and(eq(endpointDeliveries.appId, appId), eq(endpointDeliveries.endpointId, id))

  return {
    async insert(q: Queries, row: Tables['endpoints']['$inferInsert']) {
      await q.insert(endpoints).values(row)
    },
    /** An app's endpoints, newest first. */
    list: async (
      q: Queries,
      appId: string,
      limit: number,
      before: string | null,
      offset: number,
    ): Promise<EndpointRow[]> =>
      q
        .select()
        .from(endpoints)
        .where(and(eq(endpoints.appId, appId), before ? lt(endpoints.id, before) : undefined))
        .orderBy(desc(endpoints.id))
        .limit(limit)
        .offset(offset),
    count: (q: Queries, appId: string) => q.$count(endpoints, eq(endpoints.appId, appId)),
    async byId(q: Queries, appId: string, id: string): Promise<EndpointRow | null> {
      return (await q.select().from(endpoints).where(one(appId, id)))[0] ?? null
    },
    /** Returns an endpoint and locks it until commit. Lock it before its deliveries, as `record` of delivery-store.ts does. */
    async lock(tx: Transaction, appId: string, id: string): Promise<EndpointRow | null> {
      return (await forUpdate(tx.select().from(endpoints).where(one(appId, id))))[0] ?? null
    },
    /** Changes the row, so that the delivering instance reloads it. */
    async update(q: Queries, appId: string, id: string, set: Partial<EndpointRow>): Promise<EndpointRow | null> {
      const version = sql`${endpoints.version} + 1`
      return (
        (
          await q
            .update(endpoints)
            .set({ ...set, version })
            .where(one(appId, id))
            .returning()
        )[0] ?? null
      )
    },
    async remove(q: Queries, appId: string, id: string): Promise<EndpointRow | null> {
      return (await q.delete(endpoints).where(one(appId, id)).returning())[0] ?? null
    },

    /** An endpoint's deliveries, the highest seq first. */
    deliveries: async (
      q: Queries,
      appId: string,
      id: string,
      status: DeliveryRow['status'] | null,
      limit: number,
      before: number | null,
      offset: number,
    ): Promise<DeliveryRow[]> =>
      q
        .select()
        .from(endpointDeliveries)
        .where(
          and(
            ofEndpoint(appId, id),
            status ? eq(endpointDeliveries.status, status) : undefined,
            before === null ? undefined : lt(endpointDeliveries.seq, before),
          ),
        )
        .orderBy(desc(endpointDeliveries.seq))
        .limit(limit)
        .offset(offset),
    countDeliveries: (q: Queries, appId: string, id: string, status: DeliveryRow['status'] | null) =>
      q.$count(
        endpointDeliveries,
        and(ofEndpoint(appId, id), status ? eq(endpointDeliveries.status, status) : undefined),
      ),
    async delivery(q: Queries, appId: string, id: string, seq: number): Promise<DeliveryRow | null> {
      const found = await q
        .select()
        .from(endpointDeliveries)
        .where(and(ofEndpoint(appId, id), eq(endpointDeliveries.seq, seq)))
      return found[0] ?? null
    },
    /** Every attempt of the deliveries, oldest first. */
    attempts: async (q: Queries, appId: string, id: string, seqs: number[]): Promise<AttemptRow[]> =>
      seqs.length === 0
        ? []
        : q
            .select()
            .from(endpointAttempts)
            .where(
              and(
                eq(endpointAttempts.appId, appId),
                eq(endpointAttempts.endpointId, id),
                inArray(endpointAttempts.seq, seqs),
              ),
            )
            .orderBy(asc(endpointAttempts.id)),
    /** Resets one delivery. */
    async requeue(q: Queries, appId: string, id: string, seq: number, now: number): Promise<DeliveryRow | null> {
      const rows = await q
        .update(endpointDeliveries)
        .set({ status: 'pending', failures: 0, nextAttemptAt: now, deliveredAt: null })
        .where(and(ofEndpoint(appId, id), eq(endpointDeliveries.seq, seq)))
        .returning()
      return rows[0] ?? null
    },
    /** Makes all waiting deliveries due. */
    async expedite(q: Queries, appId: string, id: string, now: number) {
      await q
        .update(endpointDeliveries)
        .set({ nextAttemptAt: now })
        .where(and(ofEndpoint(appId, id), eq(endpointDeliveries.status, 'pending')))
    },
    /** Deletes the waiting deliveries after a seq, because the position moves back before them. */
    async dropWaiting(q: Queries, appId: string, id: string, after: number) {
      await q
        .delete(endpointDeliveries)
        .where(and(ofEndpoint(appId, id), eq(endpointDeliveries.status, 'pending'), gt(endpointDeliveries.seq, after)))
    },
    /** Returns endpoints of all apps that were disabled after failures. */
    disabled: async (q: Queries, limit: number): Promise<Pick<EndpointRow, 'id' | 'appId' | 'disabledReason'>[]> =>
      q
        .select({ id: endpoints.id, appId: endpoints.appId, disabledReason: endpoints.disabledReason })
        .from(endpoints)
        .where(isNotNull(endpoints.disabledAt))
        .orderBy(endpoints.id)
        .limit(limit),
  }
}
