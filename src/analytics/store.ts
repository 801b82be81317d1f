import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Group } from './group'
import { type Grid, HOUR_MS, LENGTH_MS, QUARTER_MS, type Range, type Size, startOf, startsIn } from './intervals'
import { createPacker, type PackedFigures, packed } from './packed-figures'
import { createCounts, int } from './store-counts'

const QUARTERS: Grid = { shift: 0, unit: QUARTER_MS }

export type AnalyticsStore = ReturnType<typeof createAnalyticsStore>

/** Figures rolled up by quarters of an hour, hours, four hours and days. */
export function createAnalyticsStore(database: Database) {
  const { tables, isAnyOf } = database
  const { conversations, messages, customers, customerPhones } = tables
  const { analyticsRollups: rollups, analyticsChangedHours: changedHours } = tables
  const count = createCounts(database)

  const mark = (tx: Transaction, appId: string, hours: number[]) =>
    tx.insertMany(
      changedHours,
      hours.map((hourAt) => ({ appId, hourAt })),
      'ignore',
      'hourAt',
    )
  async function buckets(
    q: Queries,
    appId: string,
    groupBy: Group,
    size: Size,
    ats: number[],
  ): Promise<{ at: number; figures: PackedFigures }[]> {
    if (ats.length === 0) return []
    const rows = await q
      .select({ at: rollups.bucketAt, figures: rollups.figures })
      .from(rollups)
      .where(
        and(
          eq(rollups.appId, appId),
          eq(rollups.groupBy, groupBy),
          eq(rollups.size, size),
          isAnyOf(rollups.bucketAt, ats),
        ),
      )
    return rows.map(({ at, figures }) => ({ at, figures: JSON.parse(figures) }))
  }
  async function replace(
    tx: Transaction,
    appId: string,
    groupBy: Group,
    size: Size,
    made: Map<number, ReturnType<typeof createPacker>>,
  ): Promise<void> {
    const own = and(eq(rollups.appId, appId), eq(rollups.groupBy, groupBy), eq(rollups.size, size))
    await tx.delete(rollups).where(and(own, isAnyOf(rollups.bucketAt, [...made.keys()])))
    const rows = [...made].flatMap(([bucketAt, packer]) =>
      packer.isEmpty() ? [] : [{ appId, groupBy, size, bucketAt, figures: packed(packer) }],
    )
    await tx.insertMany(rollups, rows, 'fail', 'bucketAt')
  }

  /** Rolls up one hour and its quarters from the records. */
  async function rollUpHour(tx: Transaction, appId: string, groupBy: Group, hourAt: number): Promise<void> {
    const hour = createPacker()
    const quarters = new Map(startsIn(hourAt, 'quarter').map((at) => [at, createPacker()]))
    const found = await count(tx, appId, groupBy, QUARTERS, { from: hourAt, to: hourAt + HOUR_MS })
    for (const { place, key, label, ...figures } of found)
      for (const packer of [hour, quarters.get(place * QUARTER_MS)]) packer?.add(key, label, figures)
    await replace(tx, appId, groupBy, 'hour', new Map([[hourAt, hour]]))
    await replace(tx, appId, groupBy, 'quarter', quarters)
  }
  /** Rolls up a larger bucket from its hours. */
  async function rollUpHours(tx: Transaction, appId: string, groupBy: Group, size: Size, at: number): Promise<void> {
    const packer = createPacker()
    const hours = Array.from({ length: LENGTH_MS[size] / HOUR_MS }, (_, hour) => at + hour * HOUR_MS)
    for (const { figures } of await buckets(tx, appId, groupBy, 'hour', hours)) packer.addAll(figures)
    await replace(tx, appId, groupBy, size, new Map([[at, packer]]))
  }
  /** The hours of a range that changed since the last rollup, in order. */
  async function changedIn(q: Queries, appId: string, { from, to }: Range): Promise<number[]> {
    const rows = await q
      .select({ hourAt: changedHours.hourAt })
      .from(changedHours)
      .where(and(eq(changedHours.appId, appId), gte(changedHours.hourAt, from - HOUR_MS), lt(changedHours.hourAt, to)))
      .orderBy(asc(changedHours.hourAt))
    return rows.map(({ hourAt }) => hourAt)
  }

  return {
    /** Counts the records themselves. */
    count,
    /** What is rolled up of these buckets; an empty bucket is left out. */
    buckets,
    /** Whose numbers these are: of several customers with a number, the first one entered. */
    async customersOfNumbers(q: Queries, appId: string, numbers: string[]): Promise<Map<string, string>> {
      if (numbers.length === 0) return new Map()
      const rows = await q
        .select({ phone: customerPhones.phone, externalId: customers.externalId })
        .from(customerPhones)
        .innerJoin(customers, eq(customers.id, customerPhones.customerId))
        .where(and(eq(customerPhones.appId, appId), isAnyOf(customerPhones.phone, numbers)))
        .orderBy(asc(customers.id))
      return new Map(rows.toReversed().map(({ phone, externalId }) => [phone, externalId]))
    },

    /** Writes down that figures of these instants' hours changed. */
    async markChanged(tx: Transaction, appId: string, instants: number[]): Promise<void> {
      const hours = [...new Set(instants.map((at) => startOf(at, 'hour')))]
      await mark(tx, appId, hours)
    },
    changedHours: changedIn,
    /** Hours of all apps that ended before `before` and wait for a rollup, the oldest first. */
    waitingHours: async (q: Queries, before: number, limit: number): Promise<{ appId: string; hourAt: number }[]> =>
      q
        .select()
        .from(changedHours)
        .where(lt(changedHours.hourAt, before - HOUR_MS))
        .orderBy(asc(changedHours.hourAt))
        .limit(limit),
    /** Rolls up the hours again, and the larger buckets they complete. Requires the lock of the app's row, so that no record changes meanwhile. */
    async rollUp(tx: Transaction, appId: string, hours: number[], groups: readonly Group[]): Promise<void> {
      for (const hourAt of hours) for (const groupBy of groups) await rollUpHour(tx, appId, groupBy, hourAt)
      await tx.delete(changedHours).where(and(eq(changedHours.appId, appId), isAnyOf(changedHours.hourAt, hours)))
      for (const size of ['four_hours', 'day'] as const)
        for (const at of new Set(hours.map((hourAt) => startOf(hourAt, size)))) {
          // A bucket with an hour that changed is not used.
          const rest = await changedIn(tx, appId, { from: at + HOUR_MS, to: at + LENGTH_MS[size] })
          if (rest.length === 0) for (const groupBy of groups) await rollUpHours(tx, appId, groupBy, size, at)
        }
    },
    /** Writes down that every hour with a record or a rollup of the app changed. */
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
