import { and, desc, eq, gte, inArray, lt, or } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import type { Position } from '../lib/cursor'
import type { MessageRow } from './store'

export interface MessageCriteria {
  direction?: 'inbound' | 'outbound' | undefined
  fromNumber?: string | undefined
  externalNumber?: string | undefined
  status?: string | undefined
  dialpadUserIds?: number[] | undefined
  sentAfter?: number | undefined
  sentBefore?: number | undefined
}

export type MessageQueryStore = ReturnType<typeof createMessageQueryStore>

/** What clients read of messages; each query is limited to one app. */
export function createMessageQueryStore({ tables: { messages } }: Database) {
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
    )
  return {
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
