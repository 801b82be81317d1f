/** Time zones by IANA name, for figures by local hours and days. */

/** A period in which a time zone has one UTC offset. */
export interface ZoneSegment {
  /** ms since the epoch; inclusive. */
  from: number
  /** Exclusive. */
  to: number
  /** Local time minus UTC, in ms. */
  offset: number
}

const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
const STEP_MS = 7 * 86_400_000

export function isTimeZone(zone: string): boolean {
  try {
    return /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat('en-US', { timeZone: zone }) !== null
  } catch {
    return false
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const numeric = 'numeric'
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  })
  formats.set(zone, made)
  return made
}

/** Since 1972 every offset is a multiple of a quarter of an hour. Older ones are rounded. */
export function offsetAt(zone: string, at: number): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  const local = Date.UTC(year, month - 1, day, hour, minute, second)
  return Math.round((local - Math.floor(at / 1000) * 1000) / QUARTER_MS) * QUARTER_MS
}

/** The periods of constant offset between two times, in order and without gaps. */
export function segmentsOf(zone: string, from: number, to: number): ZoneSegment[] {
  const segments: ZoneSegment[] = []
  for (let start = from; start < to; ) {
    const offset = offsetAt(zone, start)
    const end = endOfOffset(zone, start, to, offset)
    segments.push({ from: start, to: end, offset })
    start = end
  }
  return segments
}

/** The next offset change, or `to`. Changes are weeks apart, so the search cannot skip one. */
function endOfOffset(zone: string, from: number, to: number, offset: number): number {
  let same = from
  while (same < to) {
    const next = Math.min(same + STEP_MS, to)
    if (offsetAt(zone, next) === offset) {
      same = next
      continue
    }
    let changed = next
    while (changed - same > 1) {
      const middle = Math.floor((same + changed) / 2)
      if (offsetAt(zone, middle) === offset) same = middle
      else changed = middle
    }
    return changed
  }
  return to
}

const DAY_MS = 86_400_000

/** Start of a local date such as 2026-03-29, or null if the time zone skipped that day. */
export function startOfDate(zone: string, date: string): number | null {
  const utc = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(utc) || !new Date(utc).toISOString().startsWith(date)) return null
  for (const { from, to, offset } of segmentsOf(zone, utc - 2 * DAY_MS, utc + 2 * DAY_MS)) {
    const start = Math.max(from, utc - offset)
    if (start < to && start + offset - utc < DAY_MS) return start
  }
  return null
}
