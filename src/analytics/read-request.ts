import type { z } from 'zod'
import { createFieldReader } from '../lib/field-reader'
import { isTimeZone, startOfDate } from '../lib/time-zone'
import type { AnalyticsQuery } from './model'

const DAYS_UNLESS_GIVEN = 30
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Parses a query and fills in the defaults. @throws DomainError validation_failed. */
export function readRequest(query: z.infer<typeof AnalyticsQuery>, now: number) {
  const read = createFieldReader()
  const timeZone = query.time_zone ?? 'UTC'
  if (!isTimeZone(timeZone)) read.fail('time_zone', 'must be an IANA time zone such as America/New_York')
  read.assertNone()
  const instant = (path: 'from' | 'to') => {
    const text = query[path]
    const date = text && /^\d{4}-\d{2}-\d{2}$/.test(text) ? startOfDate(timeZone, text) : null
    return date ?? read.instant(path, text)
  }
  const to = instant('to') ?? (Math.floor(now / HOUR_MS) + 1) * HOUR_MS
  const from = instant('from') ?? to - DAYS_UNLESS_GIVEN * DAY_MS
  if (from >= to) read.fail('from', 'must be before `to`')
  read.assertNone()
  return {
    from,
    to,
    interval: query.interval ?? 'day',
    time_zone: timeZone,
    group_by: query.group_by ?? 'none',
  } as const
}
