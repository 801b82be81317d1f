import { and, eq } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'

export type VoicemailRow = Tables['voicemails']['$inferSelect']
export type VoicemailStore = ReturnType<typeof createVoicemailStore>

export function createVoicemailStore({ tables: { voicemails }, isAnyOf }: Database) {
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
  }
}
