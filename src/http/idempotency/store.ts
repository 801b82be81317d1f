import { and, eq, lte } from 'drizzle-orm'
import type { Database, Queries } from '../../db/database'
import type { Tables } from '../../db/tables'

export type IdempotencyRow = Tables['idempotencyKeys']['$inferSelect']
export type IdempotencyStore = ReturnType<typeof createIdempotencyStore>

/** Idempotency keys with their stored responses. */
export function createIdempotencyStore({ tables: { idempotencyKeys: keys } }: Database) {
  const of = (appId: string, key: string) => and(eq(keys.appId, appId), eq(keys.key, key))
  return {
    /** @returns whether the key was unused. */
    async insert(q: Queries, row: Tables['idempotencyKeys']['$inferInsert']): Promise<boolean> {
      return (await q.insert(keys).values(row).onConflictDoNothing().returning({ key: keys.key })).length > 0
    },
    async find(q: Queries, appId: string, key: string): Promise<IdempotencyRow | null> {
      return (await q.select().from(keys).where(of(appId, key)))[0] ?? null
    },
    async finish(
      q: Queries,
      appId: string,
      key: string,
      set: { responseStatus: number; responseBody: string; expiresAt: number },
    ) {
      await q.update(keys).set(set).where(of(appId, key))
    },
    async remove(q: Queries, appId: string, key: string) {
      await q.delete(keys).where(of(appId, key))
    },
    async removeExpired(q: Queries, now: number, only?: { appId: string; key: string }) {
      const over = lte(keys.expiresAt, now)
      await q.delete(keys).where(only ? and(of(only.appId, only.key), over) : over)
    },
  }
}
