import { and, asc, eq, gte, lt, max, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { ROLLUP_GROUPS } from '../db/tables'
import { FIGURES, type Figures } from './figures'
import type { Grid } from './intervals'

export const HOUR_MS = 3_600_000
const QUARTER_MS = HOUR_MS / 4

export type RollupGroup = (typeof ROLLUP_GROUPS)[number]
export type Group = RollupGroup | 'customer'

/** Figures of one group in one place of the grid. */
export type GroupFigures = Partial<Figures> & { place: number; key: string; label: string | null }

/** Instants, ms since the epoch; `to` is exclusive. */
export interface Range {
  from: number
  to: number
}

export type AnalyticsStore = ReturnType<typeof createAnalyticsStore>

/** Whole numbers of our own making stand in the text of a statement, so that both databases divide integers. */
const int = (value: number): SQL => sql.raw(String(Math.trunc(value)))

/** Figures counted from the records, and rolled up by quarters of an hour. */
export function createAnalyticsStore({ tables, isAnyOf }: Database) {
  const { conversations, messages, customers, customerPhones } = tables
  const { analyticsRollups: rollups, analyticsChangedHours: changedHours } = tables

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
  /** A record that names no customer is of the one who has its number; of several, of the first one entered. */
  const customerOfNumber = ({ appId, externalNumber }: Records) =>
    sql`(select ${customers.externalId} from ${customerPhones} join ${customers} on ${customers.id} = ${customerPhones.customerId}
      where ${customerPhones.appId} = ${appId} and ${customerPhones.phone} = ${externalNumber} order by ${customers.id} limit 1)`
  const customerOf = (records: Records) =>
    'customerId' in records
      ? sql`coalesce(${records.customerId}, ${customerOfNumber(records)})`
      : customerOfNumber(records)

  const keyOf = (groupBy: Group, records: Records): SQL<string> => {
    if (groupBy === 'direction') return sql<string>`${records.direction}`
    if (groupBy === 'user') return sql<string>`coalesce(cast(${records.dialpadUserId} as text), '')`
    if (groupBy === 'target') return sql<string>`coalesce(${targetOf(records)}, '')`
    return sql<string>`coalesce(${customerOf(records)}, '')`
  }
  const labelOf = (groupBy: Group, { target }: Records): SQL<string | null> =>
    groupBy === 'target' ? sql<string | null>`max(${target} ->> 'name')` : sql<string | null>`max(null)`

  /** Who may be counted: all, or some Dialpad users alone. */
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

  const mark = (tx: Transaction, appId: string, hours: number[]) =>
    tx.insertMany(
      changedHours,
      hours.map((hourAt) => ({ appId, hourAt })),
      'ignore',
      'hourAt',
    )

  return {
    /** Counts the records themselves. */
    async count(
      q: Queries,
      appId: string,
      groupBy: Group,
      grid: Grid,
      range: Range,
      dialpadUserIds?: number[],
    ): Promise<GroupFigures[]> {
      if (dialpadUserIds?.length === 0) return []
      const calls = await conversationFigures(q, appId, groupBy, grid, range, dialpadUserIds)
      const texts = await messageFigures(q, appId, groupBy, grid, range, dialpadUserIds)
      return [...calls, ...texts]
    },
    /** Adds up what is rolled up. @param range begins and ends with a quarter of an hour. */
    async sum(q: Queries, appId: string, groupBy: RollupGroup, grid: Grid, range: Range): Promise<GroupFigures[]> {
      const sums = Object.fromEntries(
        FIGURES.map((name) => [
          name,
          name === 'longestWaitSeconds' ? max(rollups[name]).mapWith(Number) : total(sql`${rollups[name]}`),
        ]),
      ) as Record<keyof Figures, SQL<number>>
      return q
        .select({
          place: placeOf(sql`${rollups.bucketAt}`, grid).as('place'),
          key: rollups.key,
          label: max(rollups.label),
          ...sums,
        })
        .from(rollups)
        .where(
          and(
            eq(rollups.appId, appId),
            eq(rollups.groupBy, groupBy),
            gte(rollups.bucketAt, range.from),
            lt(rollups.bucketAt, range.to),
          ),
        )
        .groupBy(sql`1`, rollups.key)
    },

    /** Writes down that figures of these instants' hours changed. */
    async markChanged(tx: Transaction, appId: string, instants: number[]): Promise<void> {
      const hours = [...new Set(instants.map((at) => at - (at % HOUR_MS)))]
      await mark(tx, appId, hours)
    },
    /** The hours between the two instants whose roll-up no longer holds, in order. */
    async changedHours(q: Queries, appId: string, { from, to }: Range): Promise<number[]> {
      const rows = await q
        .select({ hourAt: changedHours.hourAt })
        .from(changedHours)
        .where(
          and(eq(changedHours.appId, appId), gte(changedHours.hourAt, from - HOUR_MS), lt(changedHours.hourAt, to)),
        )
        .orderBy(asc(changedHours.hourAt))
      return rows.map(({ hourAt }) => hourAt)
    },
    /** Hours of all apps that ended before `before` and wait to be rolled up, the oldest first. */
    waitingHours: async (q: Queries, before: number, limit: number): Promise<{ appId: string; hourAt: number }[]> =>
      q
        .select()
        .from(changedHours)
        .where(lt(changedHours.hourAt, before - HOUR_MS))
        .orderBy(asc(changedHours.hourAt))
        .limit(limit),
    /** Rolls up the hours again. Requires the lock of the app's row, so that no record changes meanwhile. */
    async rollUp(tx: Transaction, appId: string, hours: number[], groups: readonly RollupGroup[]): Promise<void> {
      const quarters: Grid = { shift: 0, unit: QUARTER_MS }
      for (const hourAt of hours) {
        const range = { from: hourAt, to: hourAt + HOUR_MS }
        await tx
          .delete(rollups)
          .where(and(eq(rollups.appId, appId), gte(rollups.bucketAt, range.from), lt(rollups.bucketAt, range.to)))
        for (const groupBy of groups) {
          const rows = new Map<string, GroupFigures>()
          const found = [
            ...(await conversationFigures(tx, appId, groupBy, quarters, range)),
            ...(await messageFigures(tx, appId, groupBy, quarters, range)),
          ] as GroupFigures[]
          for (const row of found) {
            const id = `${row.place} ${row.key}`
            rows.set(id, { ...rows.get(id), ...row })
          }
          const values = [...rows.values()].map(({ place, key, label, ...figures }) => ({
            ...(Object.fromEntries(FIGURES.map((name) => [name, figures[name] ?? 0])) as unknown as Figures),
            appId,
            groupBy,
            bucketAt: place * QUARTER_MS,
            key,
            label,
          }))
          await tx.insertMany(rollups, values, 'fail', 'key')
        }
      }
      await tx.delete(changedHours).where(and(eq(changedHours.appId, appId), isAnyOf(changedHours.hourAt, hours)))
    },
    /** Writes down that every hour with a record or a roll-up of the app changed. */
    async markAll(tx: Transaction, appId: string): Promise<void> {
      const sources = [
        [conversations, conversations.startedAt],
        [messages, messages.sentAt],
        [rollups, rollups.bucketAt],
      ] as const
      for (const [table, at] of sources) {
        const hours = await tx
          .selectDistinct({ hourAt: sql<number>`${at} - ${at} % ${int(HOUR_MS)}`.mapWith(Number) })
          .from(table)
          .where(eq(table.appId, appId))
        await mark(
          tx,
          appId,
          hours.map(({ hourAt }) => hourAt),
        )
      }
    },
  }
}
