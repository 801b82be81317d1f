import { and, eq, inArray } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { excluded } from '../db/sql'
import type { Tables } from '../db/tables'

export type VoicemailRow = Tables['voicemails']['$inferSelect']
export type VoicemailStore = ReturnType<typeof createVoicemailStore>

export function createVoicemailStore({ tables: { voicemails } }: Database) {
  return {
    async byDialpadCallIds(q: Queries, appId: string, dialpadCallIds: number[]): Promise<Map<number, VoicemailRow>> {
      if (dialpadCallIds.length === 0) return new Map()
      const rows = await q
        .select()
        .from(voicemails)
        .where(and(eq(voicemails.appId, appId), inArray(voicemails.dialpadCallId, dialpadCallIds)))
      return new Map(rows.map((row) => [row.dialpadCallId, row]))
    },
    async save(q: Queries, rows: VoicemailRow[]) {
      if (rows.length === 0) return
      const set = excluded(voicemails, ['id', 'appId', 'dialpadCallId', 'createdAt'])
      await q.insert(voicemails).values(rows).onConflictDoUpdate({ target: voicemails.id, set })
    },
  }
}
