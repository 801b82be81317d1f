import { and, eq } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'

export type MessageRow = Tables['messages']['$inferSelect']
export type MessageStore = ReturnType<typeof createMessageStore>

export function createMessageStore({ tables: { messages }, isAnyOf }: Database) {
  return {
    async byDialpadIds(q: Queries, appId: string, ids: number[]): Promise<Map<number, MessageRow>> {
      if (ids.length === 0) return new Map()
      const rows = await q
        .select()
        .from(messages)
        .where(and(eq(messages.appId, appId), isAnyOf(messages.dialpadMessageId, ids)))
      return new Map(rows.map((row) => [row.dialpadMessageId, row]))
    },
    save: (tx: Transaction, rows: MessageRow[]) =>
      tx.insertMany(messages, rows, { update: ['id'], keep: ['appId', 'dialpadMessageId', 'createdAt'] }),
  }
}
