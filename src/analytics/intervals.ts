import type { ROLLUP_SIZES } from '../db/tables'
import { segmentsOf, type ZoneSegment } from '../lib/time-zone'

export const INTERVALS = ['hour', 'day', 'week', 'total'] as const
export type Interval = (typeof INTERVALS)[number]

export const HOUR_MS = 3_600_000
export const QUARTER_MS = HOUR_MS / 4
const DAY_MS = 24 * HOUR_MS
/** The epoch was a Thursday; weeks begin on Monday. */
const THURSDAY_MS = 3 * DAY_MS

/** Instants, ms since the epoch; `to` is exclusive. */
export interface Range {
  from: number
  to: number
}

/** Of a bucket that is rolled up. */
export type Size = (typeof ROLLUP_SIZES)[number]
export const LENGTH_MS = {
  sixteen_days: 16 * DAY_MS,
  four_days: 4 * DAY_MS,
  day: DAY_MS,
  four_hours: 4 * HOUR_MS,
  hour: HOUR_MS,
  quarter: QUARTER_MS,
} as const

/** Sizes made of past days later on, the smaller first. Where such a bucket is missing, its days are used. */
export const COMBINED = ['four_days', 'sixteen_days'] as const
export type Combined = (typeof COMBINED)[number]
export const isCombined = (size: Size): size is Combined => COMBINED.some((one) => one === size)
/** When the buckets of a size begin that were combined. */
export type CombinedAt = Record<Combined, ReadonlySet<number>>

/** When the bucket of an instant begins. */
export const startOf = (at: number, size: Size): number => at - (at % LENGTH_MS[size])

/** When the buckets begin that have a part of an hour. */
export const startsIn = (hourAt: number, size: Size): number[] =>
  size === 'quarter' ? [0, 1, 2, 3].map((quarter) => hourAt + quarter * QUARTER_MS) : [startOf(hourAt, size)]

/** How an instant's place is found: `floor((at + shift) / unit)`. */
export interface Grid {
  shift: number
  unit: number
}

export interface Period {
  start: number
  end: number
}

/** Part of a range in which local time is regular, so that a database can tell the periods by dividing. */
export interface Stretch extends Grid {
  from: number
  to: number
  /** The period of each place that the division gives. */
  periodOf: Map<number, Period>
}

/**
 * Cuts a range into local hours, days or weeks. Periods at the ends are as long as the range lets them be; a day on which the
 * clock is changed has 23 or 25 hours, and an hour that the clock shows twice is two periods.
 */
export function cut(interval: Interval, zone: string, from: number, to: number): Stretch[] {
  if (interval === 'total') {
    const all: Period = { start: from, end: to }
    return [{ from, to, shift: 0, unit: Number.MAX_SAFE_INTEGER, periodOf: new Map([[0, all]]) }]
  }
  const days = new Map<number, Period>()
  return segmentsOf(zone, from, to).map((segment) => cutSegment(interval, segment, days))
}

function cutSegment(interval: 'hour' | 'day' | 'week', segment: ZoneSegment, days: Map<number, Period>): Stretch {
  const unit = interval === 'hour' ? HOUR_MS : interval === 'day' ? DAY_MS : 7 * DAY_MS
  const shift = segment.offset + (interval === 'week' ? THURSDAY_MS : 0)
  // A day goes on over a change of the clock; an hour does not.
  const known = interval === 'hour' ? new Map<number, Period>() : days
  const periodOf = new Map<number, Period>()
  for (let at = segment.from; at < segment.to; ) {
    const place = Math.floor((at + shift) / unit)
    const end = Math.min((place + 1) * unit - shift, segment.to)
    const period = known.get(place) ?? { start: at, end }
    period.end = end
    known.set(place, period)
    periodOf.set(place, period)
    at = end
  }
  return { ...segment, shift, unit, periodOf }
}
