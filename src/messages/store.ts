import { and, eq, inArray } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { excluded } from '../db/sql'
import type { Tables } from '../db/tables'

export type MessageRow = Tables['messages']['$inferSelect']
export type MessageStore = ReturnType<typeof createMessageStore>

export function createMessageStore({ tables: { messages } }: Database) {
  return {
    async byDialpadIds(q: Queries, appId: string, ids: number[]): Promise<Map<number, MessageRow>> {
      if (ids.length === 0) return new Map()
      const rows = await q
        .select()
        .from(messages)
        .where(and(eq(messages.appId, appId), inArray(messages.dialpadMessageId, ids)))
      return new Map(rows.map((row) => [row.dialpadMessageId, row]))
    },
    async save(q: Queries, rows: MessageRow[]) {
      if (rows.length === 0) return
      const set = excluded(messages, ['id', 'appId', 'dialpadMessageId', 'createdAt'])
      await q.insert(messages).values(rows).onConflictDoUpdate({ target: messages.id, set })
    },
  }
}
