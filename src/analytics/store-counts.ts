import { and, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import type { Figures } from './figures'
import { CUSTOMER_KEY, type Group, NUMBER_KEY } from './group'
import type { Grid, Range } from './intervals'

/** Figures of one group at one place of the grid. */
export type GroupFigures = Partial<Figures> & { place: number; key: string; label: string | null }

/** Computed integers are written into the statement as text, so that both databases use integer division. */
export const int = (value: number): SQL => sql.raw(String(Math.trunc(value)))

/** Counts figures from the records. */
export function createCounts({ tables: { conversations, messages }, isAnyOf }: Database) {
  const placeOf = (at: SQL, { shift, unit }: Grid) =>
    sql<number>`(${at} + ${int(shift)}) / ${int(unit)}`.mapWith(Number)
  const total = (value: SQL) => sql<number>`coalesce(sum(${value}), 0)`.mapWith(Number)
  const countIf = (condition: SQL) => total(sql`case when ${condition} then 1 else 0 end`)

  const { outcome, direction } = conversations
  const isAnsweredInbound = sql`${outcome} = 'answered' and ${direction} = 'inbound'`
  const ofConversations = {
    offered: countIf(sql`${outcome} <> 'rejected'`),
    answered: countIf(sql`${outcome} = 'answered'`),
    missed: countIf(sql`${outcome} = 'missed'`),
    voicemail: countIf(sql`${outcome} = 'voicemail'`),
    abandoned: countIf(sql`${outcome} = 'abandoned'`),
    answeredInbound: countIf(isAnsweredInbound),
    answerSeconds: total(sql`case when ${isAnsweredInbound} then ${conversations.waitedSeconds} else 0 end`),
    talkSeconds: total(sql`case when ${outcome} = 'answered' then ${conversations.talkSeconds} else 0 end`),
    holdSeconds: total(sql`case when ${outcome} = 'answered' then ${conversations.holdSeconds} else 0 end`),
    longestWaitSeconds:
      sql<number>`coalesce(max(case when ${direction} = 'inbound' and ${outcome} not in ('open', 'rejected') then ${conversations.waitedSeconds} end), 0)`.mapWith(
        Number,
      ),
  }
  const ofMessages = {
    messagesIn: countIf(sql`${messages.direction} = 'inbound'`),
    messagesOut: countIf(sql`${messages.direction} = 'outbound'`),
  }

  type Records = typeof conversations | typeof messages
  const targetOf = ({ target }: Records) => sql`${target} ->> 'type' || ':' || (${target} ->> 'id')`
  const customerOf = (records: Records) => {
    const number = sql`${NUMBER_KEY} || ${records.externalNumber}`
    return 'customerId' in records ? sql`coalesce(${CUSTOMER_KEY} || ${records.customerId}, ${number})` : number
  }

  const keyOf = (groupBy: Group, records: Records): SQL<string> => {
    if (groupBy === 'direction') return sql<string>`${records.direction}`
    if (groupBy === 'user') return sql<string>`coalesce(cast(${records.dialpadUserId} as text), '')`
    if (groupBy === 'target') return sql<string>`coalesce(${targetOf(records)}, '')`
    return sql<string>`coalesce(${customerOf(records)}, '')`
  }
  const labelOf = (groupBy: Group, { target }: Records): SQL<string | null> =>
    groupBy === 'target' ? sql<string | null>`max(${target} ->> 'name')` : sql<string | null>`max(null)`

  /** Limits the records to some Dialpad users, if given. */
  const ofUsers = (records: Records, dialpadUserIds: number[] | undefined) =>
    dialpadUserIds && isAnyOf(records.dialpadUserId, dialpadUserIds)

  const conversationFigures = (
    q: Queries,
    appId: string,
    groupBy: Group,
    grid: Grid,
    range: Range,
    users?: number[],
  ) => {
    const { startedAt } = conversations
    return q
      .select({
        place: placeOf(sql`${startedAt}`, grid).as('place'),
        key: keyOf(groupBy, conversations).as('key'),
        label: labelOf(groupBy, conversations).as('label'),
        ...ofConversations,
      })
      .from(conversations)
      .where(
        and(
          eq(conversations.appId, appId),
          gte(startedAt, range.from),
          lt(startedAt, range.to),
          ofUsers(conversations, users),
        ),
      )
      .groupBy(sql`1`, sql`2`)
  }
  const messageFigures = (q: Queries, appId: string, groupBy: Group, grid: Grid, range: Range, users?: number[]) => {
    const { sentAt } = messages
    return q
      .select({
        place: placeOf(sql`${sentAt}`, grid).as('place'),
        key: keyOf(groupBy, messages).as('key'),
        label: labelOf(groupBy, messages).as('label'),
        ...ofMessages,
      })
      .from(messages)
      .where(and(eq(messages.appId, appId), gte(sentAt, range.from), lt(sentAt, range.to), ofUsers(messages, users)))
      .groupBy(sql`1`, sql`2`)
  }

  /** @param users counts only records of these Dialpad users. */
  return async function count(
    q: Queries,
    appId: string,
    groupBy: Group,
    grid: Grid,
    range: Range,
    users?: number[],
  ): Promise<GroupFigures[]> {
    if (users?.length === 0) return []
    const calls = await conversationFigures(q, appId, groupBy, grid, range, users)
    const texts = await messageFigures(q, appId, groupBy, grid, range, users)
    return [...calls, ...texts]
  }
}
