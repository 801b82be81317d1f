import { and, desc, eq, inArray, isNull } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'

export type RouteHint = Tables['routeHints']['$inferSelect']
export type RouteHintStore = ReturnType<typeof createRouteHintStore>

/** What is known of the apps' Dialpad accounts: what was learned of them, and the users that were mapped. */
export function createRouteHintStore({
  tables: { routeHints: hints, dialpadUserMappings: mappings, webhookEvents: events, apps },
}: Database) {
  return {
    async all(q: Queries): Promise<RouteHint[]> {
      const learned = await q.select().from(hints)
      const mapped = await q.select({ appId: mappings.appId, dialpadId: mappings.dialpadUserId }).from(mappings)
      return [...learned, ...mapped.map((row) => ({ ...row, kind: 'user' as const }))]
    },
    /** Stores what was learned; an app that is gone by now has nothing stored. */
    async insert(tx: Transaction, rows: RouteHint[]): Promise<void> {
      const ids = [...new Set(rows.map(({ appId }) => appId))]
      const living = await tx.select({ id: apps.id }).from(apps).where(inArray(apps.id, ids))
      const known = new Set(living.map(({ id }) => id))
      const wanted = rows.filter(({ appId }) => known.has(appId))
      if (wanted.length > 0) await tx.insertMany(hints, wanted, 'ignore', 'appId')
    },
    /** Whether any of the newest events came in on the shared route. */
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
