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

/** Size of a rolled-up bucket. */
export type Size = (typeof ROLLUP_SIZES)[number]
export const LENGTH_MS = {
  sixteen_days: 16 * DAY_MS,
  four_days: 4 * DAY_MS,
  day: DAY_MS,
  four_hours: 4 * HOUR_MS,
  hour: HOUR_MS,
  quarter: QUARTER_MS,
} as const

/** Sizes combined from past days, smallest first. If such a bucket is missing, its days are used. */
export const COMBINED = ['four_days', 'sixteen_days'] as const
export type Combined = (typeof COMBINED)[number]
export const isCombined = (size: Size): size is Combined => COMBINED.some((one) => one === size)
/** Starts of the combined buckets of each size, ms since the epoch. */
export type CombinedAt = Record<Combined, ReadonlySet<number>>

/** Returns the start of the bucket that contains the instant. */
export const startOf = (at: number, size: Size): number => at - (at % LENGTH_MS[size])

/** Returns the starts of the buckets that overlap the hour. */
export const startsIn = (hourAt: number, size: Size): number[] =>
  size === 'quarter' ? [0, 1, 2, 3].map((quarter) => hourAt + quarter * QUARTER_MS) : [startOf(hourAt, size)]

/** Maps an instant to its place: `floor((at + shift) / unit)`. */
export interface Grid {
  shift: number
  unit: number
}

export interface Period {
  start: number
  end: number
}

/** Part of a range without a clock change, so that a database can compute the periods by division. */
export interface Stretch extends Grid {
  from: number
  to: number
  /** The period of each place. */
  periodOf: Map<number, Period>
}

/**
 * Cuts a range into local hours, days or weeks. Periods at the ends are cut to the range. A day on which the
 * clock changes has 23 or 25 hours, and an hour that the clock shows twice is two periods.
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
  // A day continues across a clock change; an hour does not.
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
