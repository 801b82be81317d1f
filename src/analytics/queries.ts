import type { Database } from '../db/database'
import { DomainError } from '../lib/errors'
import { addFigures, type Figures, noFigures } from './figures'
import { cut, type Interval, type Period, type Stretch } from './intervals'
import { type AnalyticsStore, type Group, type GroupFigures, HOUR_MS, type Range } from './store'

const QUARTER_MS = HOUR_MS / 4
const MAX_PERIODS = 10_000
const MAX_ROWS = 20_000
/** With more stretches of changed hours than this, counting all records takes no longer. */
const MAX_PARTS = 40
const HOURS_IN = { hour: 1, day: 24, week: 168, total: Number.POSITIVE_INFINITY } as const

export interface FiguresRequest extends Range {
  appIds: string[]
  interval: Interval
  timeZone: string
  groupBy: Group | 'none'
  /** Only what is of these Dialpad users. */
  dialpadUserIds?: number[] | undefined
}

export interface FiguresRow extends Period {
  /** The direction, the user's id, the target as `type:id` or the customer's id; empty where there is none. */
  key: string
  label: string | null
  figures: Figures
}

export type AnalyticsQueries = ReturnType<typeof createAnalyticsQueries>

export function createAnalyticsQueries({ database, store }: { database: Database; store: AnalyticsStore }) {
  const q = database.queries

  /** What is rolled up is added; hours that changed since, and what is less than a quarter of an hour, are counted. */
  async function figuresOf(appId: string, groupBy: Group, stretch: Stretch, users?: number[]): Promise<GroupFigures[]> {
    if (groupBy === 'customer' || users) return store.count(q, appId, groupBy, stretch, stretch, users)
    const changed = await store.changedHours(q, appId, stretch)
    const { rolledUp, counted } = divide(stretch, changed)
    if (rolledUp.length + counted.length > MAX_PARTS) return store.count(q, appId, groupBy, stretch, stretch)
    const found: GroupFigures[] = []
    for (const range of rolledUp) found.push(...(await store.sum(q, appId, groupBy, stretch, range)))
    for (const range of counted) found.push(...(await store.count(q, appId, groupBy, stretch, range)))
    return found
  }

  return {
    /**
     * Every period when nothing is grouped, also one without a call; else the groups that have figures, by period.
     * @throws DomainError validation_failed when there would be too many periods or rows.
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
      const stretches = cut(interval, timeZone, from, to)
      const rows = new Map<string, FiguresRow>()
      const rowOf = (period: Period, key: string): FiguresRow => {
        const id = `${period.start} ${key}`
        const row = rows.get(id) ?? { ...period, key, label: null, figures: noFigures() }
        rows.set(id, row)
        return row
      }
      if (groupBy === 'none')
        for (const { periodOf } of stretches) for (const period of periodOf.values()) rowOf(period, '')
      for (const appId of appIds)
        for (const stretch of stretches) {
          const found = await figuresOf(appId, groupBy === 'none' ? 'direction' : groupBy, stretch, dialpadUserIds)
          for (const { place, key, label, ...figures } of found) {
            // biome-ignore lint/style/noNonNullAssertion: the store groups by the places of this grid alone
            const row = rowOf(stretch.periodOf.get(place)!, groupBy === 'none' ? '' : key)
            row.label = label ?? row.label
            addFigures(row.figures, figures)
          }
          if (rows.size > MAX_ROWS) throw tooMany(`more than ${MAX_ROWS} rows`)
        }
      return [...rows.values()].sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1))
    },
  }
}

const tooMany = (what: string) =>
  new DomainError(
    'validation_failed',
    `The response would have ${what}. Choose a longer interval or a shorter range.`,
    {
      errors: [{ path: 'interval', message: `results in ${what}` }],
    },
  )

/** @param changed hours, in order, whose roll-up does not hold. */
export function divide({ from, to }: Range, changed: number[]): { rolledUp: Range[]; counted: Range[] } {
  const rolledUp: Range[] = []
  const counted: Range[] = []
  const add = (ranges: Range[], range: Range) => {
    const last = ranges.at(-1)
    if (last?.to === range.from) last.to = range.to
    else if (range.from < range.to) ranges.push({ ...range })
  }
  const first = Math.min(Math.ceil(from / QUARTER_MS) * QUARTER_MS, to)
  const last = Math.max(Math.floor(to / QUARTER_MS) * QUARTER_MS, first)
  add(counted, { from, to: first })
  let at = first
  for (const hourAt of changed) {
    const start = Math.max(hourAt, at)
    const end = Math.min(hourAt + HOUR_MS, last)
    if (end <= start) continue
    add(rolledUp, { from: at, to: start })
    add(counted, { from: start, to: end })
    at = end
  }
  add(rolledUp, { from: at, to: last })
  add(counted, { from: last, to })
  return { rolledUp, counted }
}
