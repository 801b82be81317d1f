import { eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'

/** How often an instance writes its heartbeat and checks the heartbeats of others. */
export const BEAT_MS = 500
/** An instance without a heartbeat for this long is dead and loses its claims. It may miss three beats. */
const DEAD_AFTER_MS = 1_800

export type InstanceStore = ReturnType<typeof createInstanceStore>

/** Heartbeats of the instances that share a database. Claims of an instance without a heartbeat are free. */
export function createInstanceStore({ tables: { instances } }: Database) {
  return {
    /** Writes an instance's heartbeat. @param now the database's clock. */
    async beat(q: Queries, id: string, now: SQL<number>) {
      await q
        .insert(instances)
        .values({ id, beatAt: now })
        .onConflictDoUpdate({ target: instances.id, set: { beatAt: now } })
    },
    /** Deletes dead instances, which releases their claims. @returns the number deleted. */
    async endDead(q: Queries, now: SQL<number>): Promise<number> {
      const isSilent = lt(instances.beatAt, sql`${now} - ${DEAD_AFTER_MS}`)
      return (await q.delete(instances).where(isSilent).returning({ id: instances.id })).length
    },
    /** Deletes a stopping instance. */
    async end(q: Queries, id: string) {
      await q.delete(instances).where(eq(instances.id, id))
    },
  }
}
