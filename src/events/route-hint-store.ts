import { and, desc, eq, inArray, isNull } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'

export type RouteHint = Tables['routeHints']['$inferSelect']
export type RouteHintStore = ReturnType<typeof createRouteHintStore>

/** Ids of the apps' Dialpad accounts: the learned ids, and the mapped users. */
export function createRouteHintStore({
  tables: { routeHints: hints, dialpadUserMappings: mappings, webhookEvents: events, apps },
}: Database) {
  return {
    async all(q: Queries): Promise<RouteHint[]> {
      const learned = await q.select().from(hints)
      const mapped = await q.select({ appId: mappings.appId, dialpadId: mappings.dialpadUserId }).from(mappings)
      return [...learned, ...mapped.map((row) => ({ ...row, kind: 'user' as const }))]
    },
    /** Stores learned ids. Ignores those of deleted apps. */
    async insert(tx: Transaction, rows: RouteHint[]): Promise<void> {
      const ids = [...new Set(rows.map(({ appId }) => appId))]
      const living = await tx.select({ id: apps.id }).from(apps).where(inArray(apps.id, ids))
      const known = new Set(living.map(({ id }) => id))
      const wanted = rows.filter(({ appId }) => known.has(appId))
      if (wanted.length > 0) await tx.insertMany(hints, wanted, 'ignore', 'appId')
    },
    /** Whether any of the newest events arrived on the shared route. @param among number of events to check. */
    async isSharedRouteUsed(q: Queries, among: number): Promise<boolean> {
      const newest = q
        .select({ source: events.source, webhookId: events.webhookId })
        .from(events)
        .orderBy(desc(events.id))
        .limit(among)
        .as('newest')
      const shared = and(eq(newest.source, 'webhook'), isNull(newest.webhookId))
      return (await q.select({ source: newest.source }).from(newest).where(shared).limit(1)).length > 0
    },
  }
}
