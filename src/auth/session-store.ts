import { eq, lte, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { named } from '../db/prepared'

export type SessionStore = ReturnType<typeof createSessionStore>

/** Console sessions by the hash of their cookie. */
export function createSessionStore({ tables: { consoleSessions: sessions }, prepare }: Database) {
  const { expiresAt } = named(sessions)
  const byId = prepare<{ expiresAt: number }>((build) =>
    build
      .select({ expiresAt })
      .from(sessions)
      .where(eq(sessions.id, sql.placeholder('id'))),
  )
  return {
    async insert(q: Queries, row: typeof sessions.$inferInsert): Promise<void> {
      await q.insert(sessions).values(row)
    },
    async find(q: Queries, id: string): Promise<{ expiresAt: number } | null> {
      return (await q.rows(byId, { id }))[0] ?? null
    },
    async remove(q: Queries, id: string): Promise<void> {
      await q.delete(sessions).where(eq(sessions.id, id))
    },
    async removeExpired(q: Queries, now: number): Promise<void> {
      await q.delete(sessions).where(lte(sessions.expiresAt, now))
    },
  }
}
