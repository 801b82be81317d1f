/** Milliseconds since the epoch. Passed in, so that tests decide what time it is. */
export type Clock = () => number

/** ISO 8601 UTC with milliseconds, as every answer gives instants. */
export function iso(ms: number): string {
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

/** A list has hundreds of instants, mostly of one day: a date is made once for each. */
let lastDay = Number.NaN
let lastDate = ''
const dateOf = (ms: number) => new Date(ms).toISOString().replace(/T.*/, 'T')
const DAY_MS = 86_400_000
const TWO = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
