import { and, desc, eq, gte, inArray, lt, or } from 'drizzle-orm'
import type { CallRow } from '../calls/store'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'
import type { Position } from '../lib/cursor'

export type VoicemailRow = Tables['voicemails']['$inferSelect']

export interface VoicemailCriteria {
  fromNumber?: string | undefined
  dialpadUserIds?: number[] | undefined
  dialpadCallId?: number | undefined
  createdAfter?: number | undefined
  createdBefore?: number | undefined
}

/** A voicemail with fields of its call, which are null if no event of the call has arrived. */
export interface JoinedVoicemail {
  voicemail: VoicemailRow
  call: Pick<
    CallRow,
    'id' | 'conversationId' | 'contact' | 'customerId' | 'customData' | 'startedAt' | 'endedAt'
  > | null
}

export type VoicemailStore = ReturnType<typeof createVoicemailStore>

/** Queries for voicemails. Each query for an app is limited to it. */
export function createVoicemailStore({ tables: { voicemails, calls }, isAnyOf }: Database) {
  const matching = (appId: string, c: VoicemailCriteria) =>
    and(
      eq(voicemails.appId, appId),
      c.fromNumber === undefined ? undefined : eq(voicemails.fromNumber, c.fromNumber),
      c.dialpadUserIds && inArray(voicemails.dialpadUserId, c.dialpadUserIds),
      c.dialpadCallId === undefined ? undefined : eq(voicemails.dialpadCallId, c.dialpadCallId),
      c.createdAfter === undefined ? undefined : gte(voicemails.createdAt, c.createdAfter),
      c.createdBefore === undefined ? undefined : lt(voicemails.createdAt, c.createdBefore),
    )
  const { id, conversationId, contact, customerId, customData, startedAt, endedAt } = calls
  const ofCall = { id, conversationId, contact, customerId, customData, startedAt, endedAt }
  const joined = (q: Queries) =>
    q
      .select({ voicemail: voicemails, call: ofCall })
      .from(voicemails)
      .leftJoin(calls, and(eq(calls.appId, voicemails.appId), eq(calls.dialpadCallId, voicemails.dialpadCallId)))

  return {
    async byDialpadCallIds(q: Queries, appId: string, dialpadCallIds: number[]): Promise<Map<number, VoicemailRow>> {
      if (dialpadCallIds.length === 0) return new Map()
      const rows = await q
        .select()
        .from(voicemails)
        .where(and(eq(voicemails.appId, appId), isAnyOf(voicemails.dialpadCallId, dialpadCallIds)))
      return new Map(rows.map((row) => [row.dialpadCallId, row]))
    },
    save: (tx: Transaction, rows: VoicemailRow[]) =>
      tx.insertMany(voicemails, rows, { update: ['id'], keep: ['appId', 'dialpadCallId', 'createdAt'] }),
    page: async (
      q: Queries,
      appId: string,
      criteria: VoicemailCriteria,
      limit: number,
      after: Position | null,
      offset: number,
    ): Promise<JoinedVoicemail[]> => {
      const at = Number(after?.value)
      const rest =
        after && or(lt(voicemails.createdAt, at), and(eq(voicemails.createdAt, at), lt(voicemails.id, after.id)))
      return joined(q)
        .where(and(matching(appId, criteria), rest ?? undefined))
        .orderBy(desc(voicemails.createdAt), desc(voicemails.id))
        .limit(limit)
        .offset(offset)
    },
    count: (q: Queries, appId: string, criteria: VoicemailCriteria) => q.$count(voicemails, matching(appId, criteria)),
    async byId(q: Queries, appId: string, id: string): Promise<JoinedVoicemail | null> {
      return (await joined(q).where(and(eq(voicemails.appId, appId), eq(voicemails.id, id))))[0] ?? null
    },
    async remove(q: Queries, appId: string, id: string): Promise<boolean> {
      const wanted = and(eq(voicemails.appId, appId), eq(voicemails.id, id))
      return (await q.delete(voicemails).where(wanted).returning({ id: voicemails.id })).length > 0
    },
  }
}
