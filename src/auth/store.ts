import { eq, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { named } from '../db/prepared'

/** The columns of a key and its app that authentication needs. */
export interface KeyRow {
  id: string
  appId: string
  hash: string
  /** Null in keys of version 0.1 until their first use. */
  checksum: string | null
  expiresAt: number | null
  revokedAt: number | null
  appActive: boolean
}

export type AuthStore = ReturnType<typeof createAuthStore>

/** Queries that authentication needs: keys and the status of their apps. */
export function createAuthStore({ tables: { apps, apiKeys }, prepare }: Database) {
  const { id, appId, hash, checksum, expiresAt, revokedAt } = named(apiKeys)
  const keyColumns = {
    id,
    appId,
    hash,
    checksum,
    expiresAt,
    revokedAt,
    appActive: sql`${apps.active}`.mapWith(apps.active).as('appActive'),
  }
  const keyBy = (column: typeof apiKeys.id | typeof apiKeys.prefix) =>
    prepare<KeyRow>((build) =>
      build
        .select(keyColumns)
        .from(apiKeys)
        .innerJoin(apps, eq(apps.id, apiKeys.appId))
        .where(eq(column, sql.placeholder('value'))),
    )
  const byPrefix = keyBy(apiKeys.prefix)
  const byId = keyBy(apiKeys.id)
  const activity = prepare((build) =>
    build
      .select({ active: apps.active })
      .from(apps)
      .where(eq(apps.id, sql.placeholder('id'))),
  )

  return {
    async keyByPrefix(q: Queries, prefix: string): Promise<KeyRow | null> {
      return (await q.rows(byPrefix, { value: prefix }))[0] ?? null
    },
    async keyById(q: Queries, id: string): Promise<KeyRow | null> {
      return (await q.rows(byId, { value: id }))[0] ?? null
    },
    async isAppActive(q: Queries, appId: string): Promise<boolean> {
      return (await q.rows(activity, { id: appId }))[0]?.active === true
    },
    async setChecksum(q: Queries, id: string, checksum: string) {
      await q.update(apiKeys).set({ checksum }).where(eq(apiKeys.id, id))
    },
    async touchKey(q: Queries, id: string, now: number) {
      await q.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, id))
    },
  }
}
