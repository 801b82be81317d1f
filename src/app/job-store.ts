import { lt, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'

/** When each job began that one instance does for all. */
export function createJobStore({ tables: { jobRuns } }: Database) {
  return {
    /** Begins a run unless one began within `withinMs`. @param now the database's clock. @returns whether it began. */
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
