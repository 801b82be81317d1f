/** Returns milliseconds since the epoch. Passed in, so that tests control the time. */
export type Clock = () => number

/** A stored instant that no date can show must not keep the rows beside it from being shown. */
const FIRST_MS = Date.UTC(1901, 0, 1)
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** ISO 8601 UTC with milliseconds, the format of all times in responses. Before 1901 or after 9999 it is the nearest time within. */
export function iso(at: number): string {
  const ms = Math.min(Math.max(at, FIRST_MS), LAST_MS)
  const day = Math.floor(ms / DAY_MS)
  if (day !== lastDay) [lastDay, lastDate] = [day, dateOf(ms)]
  const time = ms - day * DAY_MS
  const [hour, minute, second] = [
    Math.floor(time / 3_600_000),
    Math.floor(time / 60_000) % 60,
    Math.floor(time / 1000) % 60,
  ]
  return `${lastDate}${TWO[hour]}:${TWO[minute]}:${TWO[second]}.${String(time % 1000).padStart(3, '0')}Z`
}

/** Cache of the last date: a list contains hundreds of times, mostly of the same day. */
let lastDay = Number.NaN
let lastDate = ''
const dateOf = (ms: number) => new Date(ms).toISOString().replace(/T.*/, 'T')
const DAY_MS = 86_400_000
const TWO = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

/** The duration from one time to another in whole seconds: 0 if either is unknown, or if they are in the wrong order. */
export const secondsBetween = (from: number | null, to: number | null): number =>
  from === null || to === null ? 0 : Math.max(0, Math.round((to - from) / 1000))
