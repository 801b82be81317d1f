import { and, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { named } from '../db/prepared'
import type { Tables } from '../db/tables'

export type AppRow = Tables['apps']['$inferSelect']
export type AuditRow = Tables['apiKeyAuditLog']['$inferSelect']

export type AppStore = ReturnType<typeof createAppStore>

export function createAppStore(database: Database) {
  const { tables, forUpdate } = database
  const { apps, apiKeys, apiKeyAuditLog } = tables
  const lockQuery = (options?: { skipLocked: boolean }) =>
    database.prepare((q) =>
      forUpdate(
        q
          .select(named(apps))
          .from(apps)
          .where(eq(apps.id, sql.placeholder('id'))),
        options,
      ),
    )
  const lockNow = lockQuery({ skipLocked: true })
  const lockInTurn = lockQuery()
  const alive = (appId: string, now: number) =>
    and(eq(apiKeys.appId, appId), isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)))

  return {
    async insert(q: Queries, row: Tables['apps']['$inferInsert']) {
      await q.insert(apps).values(row)
    },
    list: async (q: Queries, limit: number, before: string | null, offset: number): Promise<AppRow[]> =>
      q
        .select()
        .from(apps)
        .where(before ? lt(apps.id, before) : undefined)
        .orderBy(desc(apps.id))
        .limit(limit)
        .offset(offset),
    all: async (q: Queries): Promise<AppRow[]> => q.select().from(apps).orderBy(apps.id),
    count: (q: Queries) => q.$count(apps),
    async byId(q: Queries, id: string): Promise<AppRow | null> {
      return (await q.select().from(apps).where(eq(apps.id, id)))[0] ?? null
    },
    /** Locks the app's row until commit. @param options.wait whether to wait for other transactions. @returns null if the app does not exist or, without waiting, is locked. */
    async lock(q: Queries, id: string, { wait = true } = {}): Promise<AppRow | null> {
      return (await q.rows(wait ? lockInTurn : lockNow, { id }))[0] ?? null
    },
    async update(
      q: Queries,
      id: string,
      set: Partial<Pick<AppRow, 'name' | 'active' | 'orgId' | 'sharedRoute' | 'updatedAt'>>,
    ) {
      return (await q.update(apps).set(set).where(eq(apps.id, id)).returning())[0] ?? null
    },
    /** Removes the shared route from the app that has it. */
    async freeSharedRoute(q: Queries, now: number) {
      await q.update(apps).set({ sharedRoute: false, updatedAt: now }).where(eq(apps.sharedRoute, true))
    },
    async remove(q: Queries, id: string): Promise<boolean> {
      return (await q.delete(apps).where(eq(apps.id, id)).returning({ id: apps.id })).length > 0
    },
    async insertKey(q: Queries, row: Tables['apiKeys']['$inferInsert']) {
      await q.insert(apiKeys).values(row)
    },
    /** The app's valid keys, newest first. */
    aliveKeys: async (q: Queries, appId: string, now: number) =>
      q.select().from(apiKeys).where(alive(appId, now)).orderBy(desc(apiKeys.id)),
    newestKey: async (q: Queries, appId: string) =>
      (await q.select().from(apiKeys).where(eq(apiKeys.appId, appId)).orderBy(desc(apiKeys.id)).limit(1))[0] ?? null,
    /** Ends all valid keys at `at`, unless they end sooner. */
    async expireKeys(q: Queries, appId: string, now: number, at: number) {
      if (at <= now) {
        await q.update(apiKeys).set({ revokedAt: now }).where(alive(appId, now))
        return
      }
      const endsLater = or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, at))
      await q
        .update(apiKeys)
        .set({ expiresAt: at })
        .where(and(alive(appId, now), endsLater))
    },
    async insertAudit(q: Queries, row: Tables['apiKeyAuditLog']['$inferInsert']) {
      await q.insert(apiKeyAuditLog).values(row)
    },
    audit: async (
      q: Queries,
      appId: string,
      limit: number,
      before: string | null,
      offset: number,
    ): Promise<AuditRow[]> =>
      q
        .select()
        .from(apiKeyAuditLog)
        .where(and(eq(apiKeyAuditLog.appId, appId), before ? lt(apiKeyAuditLog.id, before) : undefined))
        .orderBy(desc(apiKeyAuditLog.id))
        .limit(limit)
        .offset(offset),
    countAudit: (q: Queries, appId: string) => q.$count(apiKeyAuditLog, eq(apiKeyAuditLog.appId, appId)),
  }
}
