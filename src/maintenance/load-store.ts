import { asc, count, gte, lt, max, sum } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import type { Tables } from '../db/tables'

export type LoadSample = Tables['loadSamples']['$inferInsert']

export type LoadStore = ReturnType<typeof createLoadStore>

/** Load samples of all instances. */
export function createLoadStore({ tables: { loadSamples: samples } }: Database) {
  return {
    async insert(q: Queries, sample: LoadSample): Promise<void> {
      // If the clock was set back, the first sample of a time remains.
      await q.insert(samples).values(sample).onConflictDoNothing()
    },
    async removeBefore(q: Queries, at: number): Promise<void> {
      await q.delete(samples).where(lt(samples.at, at))
    },
    /** Returns the samples summed over the instances, oldest first. */
    since: (q: Queries, at: number) =>
      q
        .select({
          at: samples.at,
          instances: count(),
          events: sum(samples.events).mapWith(Number),
          eventsTimed: sum(samples.eventsTimed).mapWith(Number),
          eventMs: sum(samples.eventMs).mapWith(Number),
          requests: sum(samples.requests).mapWith(Number),
          requestMs: sum(samples.requestMs).mapWith(Number),
          // Each instance counts the same queue.
          queueDepth: max(samples.queueDepth).mapWith(Number),
          sockets: sum(samples.sockets).mapWith(Number),
          rssMb: sum(samples.rssMb).mapWith(Number),
          heapMb: sum(samples.heapMb).mapWith(Number),
        })
        .from(samples)
        .where(gte(samples.at, at))
        .groupBy(samples.at)
        .orderBy(asc(samples.at)),
  }
}

export type LoadRow = Awaited<ReturnType<LoadStore['since']>>[number]
