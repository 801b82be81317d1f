import {
  COMBINED,
  type CombinedAt,
  LENGTH_MS,
  type Period,
  type Range,
  type Size,
  type Stretch,
  startOf,
} from './intervals'

/** Buckets and ranges whose figures add up to those of a stretch. */
export interface Parts {
  /** Rolled-up buckets by their start, with the period of each. */
  buckets: Record<Size, Map<number, Period>>
  /** Ranges shorter than a quarter of an hour or without a valid rollup, in order. */
  counted: Range[]
}

/**
 * Divides a stretch into the largest buckets that its periods and the changed hours allow.
 * @param changed hours without a valid rollup. @param combined the existing buckets of several days.
 */
export function divide(
  { from, to, periodOf }: Pick<Stretch, 'from' | 'to' | 'periodOf'>,
  changed: number[],
  combined: CombinedAt,
): Parts {
  const changedOf = {
    sixteen_days: startsOf(changed, 'sixteen_days'),
    four_days: startsOf(changed, 'four_days'),
    day: startsOf(changed, 'day'),
    four_hours: startsOf(changed, 'four_hours'),
    hour: new Set(changed),
  }
  const buckets: Parts['buckets'] = {
    sixteen_days: new Map(),
    four_days: new Map(),
    day: new Map(),
    four_hours: new Map(),
    hour: new Map(),
    quarter: new Map(),
  }
  const counted: Range[] = []

  function count(start: number, end: number): void {
    const last = counted.at(-1)
    if (last?.to === start) last.to = end
    else counted.push({ from: start, to: end })
  }
  /** Returns the largest bucket that starts here and ends within the stretch. */
  function sizeAt(at: number, end: number): Size | null {
    const fits = (size: Size) => at % LENGTH_MS[size] === 0 && at + LENGTH_MS[size] <= end
    for (const size of LARGEST_FIRST) if (fits(size) && combined[size].has(at) && !changedOf[size].has(at)) return size
    for (const size of ['day', 'four_hours'] as const) if (fits(size) && !changedOf[size].has(at)) return size
    if (changedOf.hour.has(startOf(at, 'hour'))) return null
    return fits('hour') ? 'hour' : fits('quarter') ? 'quarter' : null
  }

  for (const period of periodOf.values()) {
    const end = Math.min(period.end, to)
    for (let at = Math.max(period.start, from); at < end; ) {
      const size = sizeAt(at, end)
      const next = size ? at + LENGTH_MS[size] : Math.min(startOf(at, 'quarter') + LENGTH_MS.quarter, end)
      if (size) buckets[size].set(at, period)
      else count(at, next)
      at = next
    }
  }
  return { buckets, counted }
}

const LARGEST_FIRST = COMBINED.toReversed()

const startsOf = (instants: number[], size: Size) => new Set(instants.map((at) => startOf(at, size)))
