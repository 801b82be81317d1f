import type { Database } from '../db/database'
import { ROLLUP_SIZES } from '../db/tables'
import { DomainError } from '../lib/errors'
import { addFigures } from './figures'
import type { Group } from './group'
import { cut, HOUR_MS, type Interval, isCombined, LENGTH_MS, type Range, type Stretch } from './intervals'
import { addPacked, unpacked } from './packed-figures'
import { divide, type Parts } from './parts'
import type { AnalyticsStore } from './store'
import { createFiguresTable, type FiguresRow, type FiguresTable } from './table'

const MAX_PERIODS = 10_000
const MAX_ROWS = 20_000
/** With more stretches of changed hours than this, counting all records is as fast. */
const MAX_PARTS = 40
const BUCKETS_AT_ONCE = 10
/** Number of groups after which other work gets a turn. */
const GROUPS_AT_ONCE = 5_000
const HOURS_IN = { hour: 1, day: 24, week: 168, total: Number.POSITIVE_INFINITY } as const

export interface FiguresRequest extends Range {
  appIds: string[]
  interval: Interval
  timeZone: string
  groupBy: Group | 'none'
  /** Counts only records of these Dialpad users. */
  dialpadUserIds?: number[] | undefined
}

export type AnalyticsQueries = ReturnType<typeof createAnalyticsQueries>

export function createAnalyticsQueries({ database, store }: { database: Database; store: AnalyticsStore }) {
  const q = database.queries

  /** Reads the buckets, the largest first, some at a time. The database reads the next ones while the caller adds these up. */
  async function* readBuckets(appId: string, groupBy: Group, buckets: Parts['buckets']) {
    const reads = ROLLUP_SIZES.flatMap((size) => {
      const ats = [...buckets[size].keys()]
      const starts = Array.from({ length: Math.ceil(ats.length / BUCKETS_AT_ONCE) }, (_, i) => i * BUCKETS_AT_ONCE)
      return starts.map((start) => ({ size, ats: ats.slice(start, start + BUCKETS_AT_ONCE) }))
    })
    const begin = ({ size, ats }: (typeof reads)[number]) => {
      const found = store.buckets(q, appId, groupBy, size, ats)
      // If the caller stops early, nothing awaits it.
      found.catch(() => {})
      return { size, ats, found }
    }
    let next = reads[0] && begin(reads[0])
    for (let index = 1; next; index++) {
      const { size, ats, found } = next
      const ready = await found
      const read = reads[index]
      next = read && begin(read)
      yield { size, ats, found: ready }
    }
  }

  /** Adds the rolled-up figures. Counts changed hours and parts of a quarter of an hour from the records. */
  async function addStretch(table: FiguresTable, appId: string, groupBy: Group, stretch: Stretch) {
    const changed = await store.changedHours(q, appId, stretch)
    const { buckets, counted } = divide(stretch, changed, await store.combinedIn(q, appId, groupBy, stretch))
    if (counted.length > MAX_PARTS) return addCounts(table, appId, groupBy, stretch, stretch)
    let added = 0
    for await (const { size, ats, found } of readBuckets(appId, groupBy, buckets)) {
      const missing = new Set(ats)
      for (const { at, figures } of found) {
        const bucket = unpacked(figures)
        // biome-ignore lint/style/noNonNullAssertion: the store gives only the buckets asked for
        addPacked(bucket, await table.rowsOf(appId, buckets[size].get(at)!, bucket.keys))
        assertRows(table)
        missing.delete(at)
        added += bucket.keys.length
        if (added >= GROUPS_AT_ONCE) {
          added = 0
          await new Promise((resume) => setImmediate(resume))
        }
      }
      // One of its hours changed after it was read. Its days still exist.
      if (isCombined(size))
        for (const at of missing)
          await addStretch(table, appId, groupBy, { ...stretch, from: at, to: at + LENGTH_MS[size] })
    }
    for (const range of counted) await addCounts(table, appId, groupBy, stretch, range)
  }

  async function addCounts(
    table: FiguresTable,
    appId: string,
    groupBy: Group,
    stretch: Stretch,
    range: Range,
    users?: number[],
  ) {
    const found = await store.count(q, appId, groupBy, stretch, range, users)
    for (const [place, groups] of Map.groupBy(found, (one) => one.place)) {
      // biome-ignore lint/style/noNonNullAssertion: the store groups by the places of this grid alone
      const period = stretch.periodOf.get(place)!
      const keys = groups.map(({ key }) => key)
      const rows = await table.rowsOf(appId, period, keys)
      for (const [index, row] of rows.entries()) {
        row.label = groups[index]?.label ?? row.label
        addFigures(row.figures, groups[index] ?? {})
      }
    }
    assertRows(table)
  }

  return {
    /**
     * Returns every period, including empty ones, if nothing is grouped. Otherwise returns the groups with figures, by period.
     * @throws DomainError validation_failed if there are too many periods or rows.
     */
    async figures({
      appIds,
      from,
      to,
      interval,
      timeZone,
      groupBy,
      dialpadUserIds,
    }: FiguresRequest): Promise<FiguresRow[]> {
      if ((to - from) / HOUR_MS / HOURS_IN[interval] > MAX_PERIODS) throw tooMany(`more than ${MAX_PERIODS} intervals`)
      const table = createFiguresTable({
        isUngrouped: groupBy === 'none',
        customersOfNumbers: (appId, numbers) => store.customersOfNumbers(q, appId, numbers),
      })
      const stretches = cut(interval, timeZone, from, to)
      if (groupBy === 'none')
        for (const { periodOf } of stretches) for (const period of periodOf.values()) table.row(period, '')
      const group = groupBy === 'none' ? 'direction' : groupBy
      for (const appId of appIds)
        for (const stretch of stretches)
          if (dialpadUserIds) await addCounts(table, appId, group, stretch, stretch, dialpadUserIds)
          else await addStretch(table, appId, group, stretch)
      return table.rows()
    },
  }
}

function assertRows(table: FiguresTable): void {
  if (table.size() > MAX_ROWS) throw tooMany(`more than ${MAX_ROWS} rows`)
}

const tooMany = (what: string) =>
  new DomainError(
    'validation_failed',
    `The response would have ${what}. Choose a longer interval or a shorter range.`,
    {
      errors: [{ path: 'interval', message: `results in ${what}` }],
    },
  )
