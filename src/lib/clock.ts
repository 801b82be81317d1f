/** Returns milliseconds since the epoch. Passed in, so that tests control the time. */
export type Clock = () => number

/** Times outside this range are clamped, so that one invalid stored time does not fail a whole list. */
const FIRST_MS = Date.UTC(1901, 0, 1)
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Formats a time as ISO 8601 UTC with milliseconds, the format of all responses. Clamps it to the years 1901 to 9999. */
export function iso(at: number): string {
  const ms = Math.min(Math.max(at, FIRST_MS), LAST_MS)
  const day = Math.floor(ms / DAY_MS)
  const time = ms - day * DAY_MS
  const second = Math.floor(time / 1000)
  const minute = Math.floor(second / 60)
  const hour = Math.floor(minute / 60)
  return `${dateOf(day)}T${TWO[hour]}:${TWO[minute - hour * 60]}:${TWO[second - minute * 60]}.${THREE[time - second * 1000]}Z`
}

const DAY_MS = 86_400_000
const digits = (count: number, width: number) => Array.from({ length: count }, (_, i) => String(i).padStart(width, '0'))
const [TWO, THREE] = [digits(60, 2), digits(1000, 3)]

/** Recent dates by day since the epoch: a list contains hundreds of times of a few days. */
const dates = new Map<number, string>()
const MAX_DATES = 1000
function dateOf(day: number): string {
  const known = dates.get(day)
  if (known !== undefined) return known
  if (dates.size >= MAX_DATES) dates.clear()
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10)
  dates.set(day, date)
  return date
}

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

/** The duration from one time to another in whole seconds: 0 if either is unknown, or if they are in the wrong order. */
export const secondsBetween = (from: number | null, to: number | null): number =>
  from === null || to === null ? 0 : Math.max(0, Math.round((to - from) / 1000))
