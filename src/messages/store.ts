import { and, desc, eq, gte, inArray, lt, or, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'
import type { Position } from '../lib/cursor'

export type MessageRow = Tables['messages']['$inferSelect']

export interface MessageCriteria {
  direction?: 'inbound' | 'outbound' | undefined
  fromNumber?: string | undefined
  externalNumber?: string | undefined
  status?: string | undefined
  dialpadUserIds?: number[] | undefined
  sentAfter?: number | undefined
  sentBefore?: number | undefined
  /** Only the newest message with each external number, among the messages of these users. */
  newestPerNumber?: boolean | undefined
}

export type MessageStore = ReturnType<typeof createMessageStore>

/** Queries for messages. Each query for an app is limited to it. */
export function createMessageStore({ tables: { messages }, isAnyOf }: Database) {
  const matching = (appId: string, c: MessageCriteria) =>
    and(
      eq(messages.appId, appId),
      c.direction && eq(messages.direction, c.direction),
      c.fromNumber === undefined ? undefined : eq(messages.fromNumber, c.fromNumber),
      c.externalNumber === undefined ? undefined : eq(messages.externalNumber, c.externalNumber),
      c.status === undefined ? undefined : eq(messages.status, c.status),
      c.dialpadUserIds && inArray(messages.dialpadUserId, c.dialpadUserIds),
      c.sentAfter === undefined ? undefined : gte(messages.sentAt, c.sentAfter),
      c.sentBefore === undefined ? undefined : lt(messages.sentAt, c.sentBefore),
      c.newestPerNumber ? isNewest(c.dialpadUserIds) : undefined,
    )
  /** Every message without an external number counts as newest, because an unknown number equals no other. */
  const isNewest = (userIds: number[] | undefined) => sql`not exists (
    select 1 from ${messages} as newer
    where newer.app_id = ${messages.appId} and newer.external_number = ${messages.externalNumber}
      and (newer.sent_at, newer.id) > (${messages.sentAt}, ${messages.id})
      ${userIds ? sql`and newer.dialpad_user_id in ${userIds}` : sql``})`

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
    page: async (
      q: Queries,
      appId: string,
      criteria: MessageCriteria,
      limit: number,
      after: Position | null,
      offset: number,
    ): Promise<MessageRow[]> => {
      const at = Number(after?.value)
      const rest = after && or(lt(messages.sentAt, at), and(eq(messages.sentAt, at), lt(messages.id, after.id)))
      return q
        .select()
        .from(messages)
        .where(and(matching(appId, criteria), rest ?? undefined))
        .orderBy(desc(messages.sentAt), desc(messages.id))
        .limit(limit)
        .offset(offset)
    },
    count: (q: Queries, appId: string, criteria: MessageCriteria) => q.$count(messages, matching(appId, criteria)),
    async byId(q: Queries, appId: string, id: string): Promise<MessageRow | null> {
      const wanted = and(eq(messages.appId, appId), eq(messages.id, id))
      return (await q.select().from(messages).where(wanted))[0] ?? null
    },
  }
}
