import { and, asc, count, eq, gt, inArray, isNull, min, or, type SQL, sql, sum } from 'drizzle-orm'
import { startOf, startsIn } from '../analytics/intervals'
import type { Database, Queries } from '../db/database'
import { ROLLUP_SIZES } from '../db/tables'
import type { EventRow } from '../events/store'

export type MaintenanceStore = ReturnType<typeof createMaintenanceStore>

/** Deletes and changes rows of many rooms: by age, by number, and by customer. */
export function createMaintenanceStore({ tables, isAnyOf }: Database) {
  const { apps, calls, callLinks, customerPhones, endpointAttempts, messages, streamEntries, voicemails } = tables
  const { conversations, analyticsChangedHours: changedHours, analyticsRollups: rollups } = tables
  const events = tables.webhookEvents
  const holds = (json: SQL | typeof calls.contact | typeof messages.toNumbers, text: string) =>
    sql`cast(${json} as text) like ${`%${JSON.stringify(text)}%`}`

  /** Recomputes figures of deleted records. */
  async function markChanged(q: Queries, appId: string, instants: number[]): Promise<void> {
    const hours = [...new Set(instants.map((at) => startOf(at, 'hour')))]
    if (hours.length === 0) return
    await q
      .insert(changedHours)
      .values(hours.map((hourAt) => ({ appId, hourAt })))
      .onConflictDoNothing()
    // Their keys are phone numbers.
    for (const size of ROLLUP_SIZES) {
      const starts = hours.flatMap((hourAt) => startsIn(hourAt, size))
      const ofCustomers = and(eq(rollups.appId, appId), eq(rollups.groupBy, 'customer'))
      await q.delete(rollups).where(and(ofCustomers, eq(rollups.size, size), isAnyOf(rollups.bucketAt, starts)))
    }
  }

  return {
    /** Counts the events that wait or need an operator, by status, with the time of the oldest. */
    unfinished: async (q: Queries) =>
      q
        .select({ status: events.status, count: count(), oldestAt: min(events.receivedAt) })
        .from(events)
        .where(inArray(events.status, ['pending', 'failed', 'quarantined', 'unrouted']))
        .groupBy(events.status),
    /** Returns the number of stream entries ever written, over all apps. */
    async streamEntries(q: Queries): Promise<number> {
      const [row] = await q.select({ count: sum(apps.streamSeq).mapWith(Number) }).from(apps)
      return row?.count ?? 0
    },
    /** Returns the events of all apps in order of arrival, after `after`. */
    events: async (
      q: Queries,
      after: string,
      limit: number,
    ): Promise<Pick<EventRow, 'id' | 'status' | 'receivedAt'>[]> =>
      q
        .select({ id: events.id, status: events.status, receivedAt: events.receivedAt })
        .from(events)
        .where(gt(events.id, after))
        .orderBy(asc(events.id))
        .limit(limit),
    /** Returns the raw events of an app and of no app, after `after`. */
    bodies: async (q: Queries, appId: string, after: string, limit: number): Promise<Pick<EventRow, 'id' | 'body'>[]> =>
      q
        .select({ id: events.id, body: events.body })
        .from(events)
        .where(and(or(eq(events.appId, appId), isNull(events.appId)), gt(events.id, after)))
        .orderBy(asc(events.id))
        .limit(limit),
    async removeEvents(q: Queries, ids: string[]): Promise<number> {
      return (await q.delete(events).where(isAnyOf(events.id, ids)).returning({ id: events.id })).length
    },

    /** Returns some conversations with the number. */
    async conversationsOf(q: Queries, appId: string, number: string, limit: number): Promise<string[]> {
      const rows = await q
        .selectDistinct({ id: calls.conversationId })
        .from(calls)
        .where(
          and(
            eq(calls.appId, appId),
            or(
              eq(calls.externalNumber, number),
              eq(calls.fromNumber, number),
              eq(calls.toNumber, number),
              holds(calls.contact, number),
            ),
          ),
        )
        .limit(limit)
      return rows.map(({ id }) => id)
    },
    /** Deletes conversations with all legs, states, links and voicemails. */
    async removeConversations(
      q: Queries,
      appId: string,
      ids: string[],
    ): Promise<{ calls: number; voicemails: number }> {
      const mine = and(eq(calls.appId, appId), isAnyOf(calls.conversationId, ids))
      const removed = await q.delete(calls).where(mine).returning({ dialpadCallId: calls.dialpadCallId })
      await q
        .delete(callLinks)
        .where(and(eq(callLinks.appId, appId), isAnyOf(callLinks.conversationId, ids)))
        .returning({ dialpadCallId: callLinks.dialpadCallId })
      const rows = await q
        .delete(conversations)
        .where(and(eq(conversations.appId, appId), isAnyOf(conversations.id, ids)))
        .returning({ startedAt: conversations.startedAt })
      await markChanged(
        q,
        appId,
        rows.map(({ startedAt }) => startedAt),
      )
      const legs = removed.map(({ dialpadCallId }) => dialpadCallId)
      const left = and(eq(voicemails.appId, appId), isAnyOf(voicemails.dialpadCallId, legs))
      const deletedVoicemails = await q.delete(voicemails).where(left).returning({ id: voicemails.id })
      return { calls: removed.length, voicemails: deletedVoicemails.length }
    },
    async removeMessages(q: Queries, appId: string, number: string): Promise<number> {
      const between = or(
        eq(messages.externalNumber, number),
        eq(messages.fromNumber, number),
        eq(messages.toNumber, number),
        holds(messages.toNumbers, number),
      )
      const mine = and(eq(messages.appId, appId), between)
      const rows = await q.delete(messages).where(mine).returning({ sentAt: messages.sentAt })
      await markChanged(
        q,
        appId,
        rows.map(({ sentAt }) => sentAt),
      )
      return rows.length
    },
    async removeVoicemails(q: Queries, appId: string, number: string): Promise<number> {
      const between = or(eq(voicemails.fromNumber, number), eq(voicemails.toNumber, number))
      const mine = and(eq(voicemails.appId, appId), between)
      return (await q.delete(voicemails).where(mine).returning({ id: voicemails.id })).length
    },
    async removePhones(q: Queries, appId: string, number: string): Promise<number> {
      const mine = and(eq(customerPhones.appId, appId), eq(customerPhones.phone, number))
      return (await q.delete(customerPhones).where(mine).returning({ phone: customerPhones.phone })).length
    },
    /** Replaces the contents of entries, and deletes the stored responses of their receivers. */
    async rewriteEntries(q: Queries, appId: string, entries: { seq: number; data: string }[]): Promise<void> {
      for (const { seq, data } of entries)
        await q
          .update(streamEntries)
          .set({ data })
          .where(and(eq(streamEntries.appId, appId), eq(streamEntries.seq, seq)))
      const seqs = entries.map(({ seq }) => seq)
      await q
        .update(endpointAttempts)
        .set({ responseBody: null })
        .where(and(eq(endpointAttempts.appId, appId), inArray(endpointAttempts.seq, seqs)))
    },
    /** Deletes the custom data of a customer's calls, because it may contain their name. */
    async forgetCustomData(q: Queries, appId: string, customerId: string): Promise<void> {
      await q
        .update(calls)
        .set({ customData: null })
        .where(and(eq(calls.appId, appId), eq(calls.customerId, customerId)))
    },
  }
}
