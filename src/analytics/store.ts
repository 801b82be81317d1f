import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Group } from './group'
import {
  COMBINED,
  type Combined,
  type CombinedAt,
  type Grid,
  HOUR_MS,
  LENGTH_MS,
  QUARTER_MS,
  type Range,
  type Size,
  startOf,
  startsIn,
} from './intervals'
import { createPacker, packed, unpacked } from './packed-figures'
import { createCounts, int } from './store-counts'

const QUARTERS: Grid = { shift: 0, unit: QUARTER_MS }

export type AnalyticsStore = ReturnType<typeof createAnalyticsStore>

/** Figures rolled up by quarters of an hour, hours, four hours, days, and several days. */
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
  ): Promise<{ at: number; figures: string }[]> {
    if (ats.length === 0) return []
    return q
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
  }
  /** Returns the starts of the rolled-up buckets of a size, in order. */
  async function starts(q: Queries, appId: string, groupBy: Group, size: Size, { from, to }: Range): Promise<number[]> {
    const rows = await q
      .select({ at: rollups.bucketAt })
      .from(rollups)
      .where(
        and(
          eq(rollups.appId, appId),
          eq(rollups.groupBy, groupBy),
          eq(rollups.size, size),
          gte(rollups.bucketAt, from),
          lt(rollups.bucketAt, to),
        ),
      )
      .orderBy(asc(rollups.bucketAt))
    return rows.map(({ at }) => at)
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
  /** Rolls up a larger bucket from all smaller ones of a size. */
  async function rollUpFrom(
    tx: Transaction,
    appId: string,
    groupBy: Group,
    smaller: Size,
    size: Size,
    at: number,
  ): Promise<void> {
    const packer = createPacker()
    const ats = Array.from({ length: LENGTH_MS[size] / LENGTH_MS[smaller] }, (_, i) => at + i * LENGTH_MS[smaller])
    for (const { figures } of await buckets(tx, appId, groupBy, smaller, ats)) packer.addAll(unpacked(figures))
    await replace(tx, appId, groupBy, size, new Map([[at, packer]]))
  }
  /** Returns the starts of buckets of a size with a day in the range that are not combined. */
  async function missingCombined(q: Queries, appId: string, groupBy: Group, size: Combined, range: Range) {
    const made = new Set(await starts(q, appId, groupBy, size, range))
    const days = await starts(q, appId, groupBy, 'day', range)
    return [...new Set(days.map((at) => startOf(at, size)))].filter((at) => !made.has(at))
  }
  /** Removes the buckets of several days that contain one of the hours. */
  async function removeCombined(tx: Transaction, appId: string, groups: readonly Group[], hours: number[]) {
    for (const size of COMBINED) {
      const ats = [...new Set(hours.map((hourAt) => startOf(hourAt, size)))]
      await tx
        .delete(rollups)
        .where(
          and(
            eq(rollups.appId, appId),
            isAnyOf(rollups.groupBy, [...groups]),
            eq(rollups.size, size),
            isAnyOf(rollups.bucketAt, ats),
          ),
        )
    }
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
    /** Counts from the records. */
    count,
    /** Returns the rolled-up figures of these buckets, without empty ones. */
    buckets,
    /** Returns the customer of each number: the first one created, if several have it. */
    async customersOfNumbers(q: Queries, appId: string, numbers: string[]): Promise<Map<string, string>> {
      if (numbers.length === 0) return new Map()
      const [found] = await q
        .select({
          phones: database.jsonArray(customerPhones.phone, customers.id),
          customerIds: database.jsonArray(customers.externalId, customers.id),
        })
        .from(database.listed(numbers))
        // With an inner join, SQLite reads the whole list again for each phone.
        .crossJoin(customerPhones)
        .innerJoin(customers, eq(customers.id, customerPhones.customerId))
        .where(and(eq(customerPhones.appId, appId), sql`${customerPhones.phone} = ${sql.raw('listed.value')}`))
      const phones: string[] = JSON.parse(found?.phones ?? '[]')
      const customerIds: string[] = JSON.parse(found?.customerIds ?? '[]')
      const customerOf = new Map<string, string>()
      for (let index = phones.length - 1; index >= 0; index--)
        customerOf.set(phones[index] ?? '', customerIds[index] ?? '')
      return customerOf
    },

    /** Marks the hours of these instants as changed. */
    async markChanged(tx: Transaction, appId: string, instants: number[]): Promise<void> {
      const hours = [...new Set(instants.map((at) => startOf(at, 'hour')))]
      await mark(tx, appId, hours)
    },
    changedHours: changedIn,
    /** Returns the hours of all apps that ended before `before` and wait for a rollup, oldest first. */
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
          // A bucket with a changed hour is not used.
          const rest = await changedIn(tx, appId, { from: at + HOUR_MS, to: at + LENGTH_MS[size] })
          if (rest.length === 0) for (const groupBy of groups) await rollUpFrom(tx, appId, groupBy, 'hour', size, at)
        }
      await removeCombined(tx, appId, groups, hours)
    },
    /** Returns the buckets of several days that start in the range. */
    combinedIn: async (q: Queries, appId: string, groupBy: Group, range: Range): Promise<CombinedAt> => ({
      four_days: new Set(await starts(q, appId, groupBy, 'four_days', range)),
      sixteen_days: new Set(await starts(q, appId, groupBy, 'sixteen_days', range)),
    }),
    missingCombined,
    /**
     * Creates a bucket of several days, unless one of its hours waits for a rollup or a smaller bucket is missing.
     * Requires the lock of the app's row.
     */
    async combine(tx: Transaction, appId: string, groupBy: Group, size: Combined, at: number): Promise<void> {
      const range = { from: at, to: at + LENGTH_MS[size] }
      if ((await changedIn(tx, appId, { from: at + HOUR_MS, to: range.to })).length > 0) return
      if (size === 'four_days') return rollUpFrom(tx, appId, groupBy, 'day', size, at)
      const missing = await missingCombined(tx, appId, groupBy, 'four_days', range)
      if (missing.length === 0) await rollUpFrom(tx, appId, groupBy, 'four_days', size, at)
    },
    /** Marks every hour with a record or a rollup of the app as changed. */
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
