import { eq } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'

/** A key's row with what decides whether it opens its app. */
export interface KeyRow {
  id: string
  appId: string
  hash: string
  /** Null until a key of version 0.1 is used. */
  checksum: string | null
  expiresAt: number | null
  revokedAt: number | null
  appActive: boolean
}

export type AuthStore = ReturnType<typeof createAuthStore>

/** What authentication reads of keys and their apps. */
export function createAuthStore({ tables: { apps, apiKeys } }: Database) {
  const keyColumns = {
    id: apiKeys.id,
    appId: apiKeys.appId,
    hash: apiKeys.hash,
    checksum: apiKeys.checksum,
    expiresAt: apiKeys.expiresAt,
    revokedAt: apiKeys.revokedAt,
    appActive: apps.active,
  }
  const keys = (q: Queries) => q.select(keyColumns).from(apiKeys).innerJoin(apps, eq(apps.id, apiKeys.appId))

  return {
    async keyByPrefix(q: Queries, prefix: string): Promise<KeyRow | null> {
      return (await keys(q).where(eq(apiKeys.prefix, prefix)))[0] ?? null
    },
    async keyById(q: Queries, id: string): Promise<KeyRow | null> {
      return (await keys(q).where(eq(apiKeys.id, id)))[0] ?? null
    },
    async isAppActive(q: Queries, appId: string): Promise<boolean> {
      return (await q.select({ active: apps.active }).from(apps).where(eq(apps.id, appId)))[0]?.active === true
    },
    async setChecksum(q: Queries, id: string, checksum: string) {
      await q.update(apiKeys).set({ checksum }).where(eq(apiKeys.id, id))
    },
    async touchKey(q: Queries, id: string, now: number) {
      await q.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, id))
    },
  }
}
