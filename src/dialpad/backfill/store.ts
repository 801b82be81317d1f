import { and, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { isOpenStatus } from '../../db/call-sql'
import type { Database, Queries } from '../../db/database'
import type { Tables } from '../../db/tables'
import type { KnownCall } from '../../payload/call-snapshot'

export type BackfillRow = Tables['backfills']['$inferSelect']

export type BackfillStore = ReturnType<typeof createBackfillStore>

export function createBackfillStore({ tables: { backfills, calls, voicemails } }: Database) {
  return {
    /** Starts an app's history at `watermarkAt`, unless it has already started. */
    async ensure(q: Queries, appId: string, watermarkAt: number) {
      await q.insert(backfills).values({ appId, watermarkAt }).onConflictDoNothing()
    },
    list: async (q: Queries): Promise<BackfillRow[]> => q.select().from(backfills).orderBy(backfills.appId),
    async ofApp(q: Queries, appId: string): Promise<BackfillRow | null> {
      return (await q.select().from(backfills).where(eq(backfills.appId, appId)))[0] ?? null
    },
    /** Claims the backfill of an app. @returns the row, or null while another instance runs it. */
    async claim(q: Queries, appId: string, now: number, until: number): Promise<BackfillRow | null> {
      const free = or(isNull(backfills.claimedUntil), lt(backfills.claimedUntil, now))
      const claimed = await q
        .update(backfills)
        .set({ claimedUntil: until, lastStartedAt: now })
        .where(and(eq(backfills.appId, appId), free))
        .returning()
      return claimed[0] ?? null
    },
    async extend(q: Queries, appId: string, until: number) {
      await q.update(backfills).set({ claimedUntil: until }).where(eq(backfills.appId, appId))
    },
    async finish(
      q: Queries,
      appId: string,
      done: { watermarkAt: number; seen: number; recovered: number; at: number },
    ) {
      await q
        .update(backfills)
        .set({
          watermarkAt: done.watermarkAt,
          claimedUntil: null,
          lastFinishedAt: done.at,
          lastError: null,
          callsSeen: sql`${backfills.callsSeen} + ${done.seen}`,
          callsRecovered: sql`${backfills.callsRecovered} + ${done.recovered}`,
        })
        .where(eq(backfills.appId, appId))
    },
    async fail(q: Queries, appId: string, lastError: string) {
      await q.update(backfills).set({ claimedUntil: null, lastError }).where(eq(backfills.appId, appId))
    },

    known: async (q: Queries, appId: string, dialpadCallIds: number[]): Promise<KnownCall[]> =>
      dialpadCallIds.length === 0
        ? []
        : q
            .select({
              dialpadCallId: calls.dialpadCallId,
              status: calls.status,
              endedAt: calls.endedAt,
              endReason: calls.endReason,
              hasVoicemail: sql`${voicemails.id} is not null`.mapWith(Boolean),
              recordingSourceUrl: calls.recordingSourceUrl,
              transcript: calls.transcript,
            })
            .from(calls)
            .leftJoin(
              voicemails,
              and(eq(voicemails.appId, calls.appId), eq(voicemails.dialpadCallId, calls.dialpadCallId)),
            )
            .where(and(eq(calls.appId, appId), inArray(calls.dialpadCallId, dialpadCallIds))),
    /** Lists open calls without an event since `before`, longest silence first. */
    quietOpenCalls: async (q: Queries, appId: string, before: number, limit: number): Promise<number[]> =>
      (
        await q
          .select({ id: calls.dialpadCallId })
          .from(calls)
          .where(and(eq(calls.appId, appId), isOpenStatus(calls.status), lt(calls.snapshotAt, before)))
          .orderBy(calls.snapshotAt)
          .limit(limit)
      ).map(({ id }) => id),
  }
}
