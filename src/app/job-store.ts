import { lt, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'

/** Last start of each job that one instance runs for all. */
export function createJobStore({ tables: { jobRuns } }: Database) {
  return {
    /** Starts a run unless one started within `withinMs`. @param now the database's clock. @returns whether it started. */
    async begin(q: Queries, name: string, now: SQL<number>, withinMs: number): Promise<boolean> {
      const begun = await q
        .insert(jobRuns)
        .values({ name, startedAt: now })
        .onConflictDoUpdate({
          target: jobRuns.name,
          set: { startedAt: now },
          setWhere: lt(jobRuns.startedAt, sql`${now} - ${Math.round(withinMs)}`),
        })
        .returning({ name: jobRuns.name })
      return begun.length > 0
    },
  }
}
