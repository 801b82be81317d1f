import { appApi, read, type Schemas } from './api'
import { CUSTOM, dayOf, startOfDay } from './date-range'
import { TIME_ZONE } from './format'

export type AnalyticsRow = Schemas['AnalyticsRow']
export type Interval = Exclude<Schemas['Analytics']['interval'], 'total'>

export const PERIODS = {
  today: { title: 'Today', days: 1, interval: 'hour' },
  week: { title: 'Last 7 days', days: 7, interval: 'day' },
  month: { title: 'Last 30 days', days: 30, interval: 'day' },
  quarter: { title: 'Last 90 days', days: 90, interval: 'week' },
} as const satisfies Record<string, { title: string; days: number; interval: Interval }>
export const isPeriod = (text: string | null): text is keyof typeof PERIODS =>
  text !== null && Object.hasOwn(PERIODS, text)

/** A period, and the start of the previous one. */
export interface Span {
  before: Date
  from: Date
  to: Date
  interval: Interval
}

/** Returns the period of the address: a named one, or two days, in the browser's time zone. @param now ms since the epoch. */
export function spanOf(params: URLSearchParams, now: number): Span {
  const period = params.get('period')
  const today = new Date(now)
  if (period !== CUSTOM) {
    const { days, interval } = PERIODS[isPeriod(period) ? period : 'week']
    const from = startOfDay(today, 1 - days)
    return { before: startOfDay(from, -days), from, to: startOfDay(today, 1), interval }
  }
  const last = dayOf(params.get('until')) ?? startOfDay(today, 0)
  const chosen = dayOf(params.get('since')) ?? startOfDay(last, -6)
  const from = new Date(Math.min(chosen.getTime(), last.getTime()))
  const to = startOfDay(last, 1)
  const days = Math.round((to.getTime() - from.getTime()) / 86_400_000)
  return { before: startOfDay(from, -days), from, to, interval: days <= 2 ? 'hour' : days <= 62 ? 'day' : 'week' }
}

/** Loads the analytics between two instants. */
async function figures(
  appId: string,
  from: Date,
  to: Date,
  interval: Interval | 'total',
  group_by: 'none' | 'direction' | 'user' | 'target' = 'none',
): Promise<AnalyticsRow[]> {
  const query = { from: from.toISOString(), to: to.toISOString(), interval, group_by, time_zone: TIME_ZONE }
  const answer = await read(appApi(appId).GET('/api/analytics', { params: { query } }))
  // The document also lists CSV, which is sent only with `format=csv`.
  return (answer as Schemas['Analytics']).analytics
}

export interface PeriodFigures {
  rows: AnalyticsRow[]
  before: AnalyticsRow[]
  total: AnalyticsRow | null
  totalBefore: AnalyticsRow | null
  users: AnalyticsRow[]
  targets: AnalyticsRow[]
}

export async function loadPeriod(appId: string, { before, from, to, interval }: Span): Promise<PeriodFigures> {
  const [rows, earlier, total, totalBefore, users, targets] = await Promise.all([
    figures(appId, from, to, interval),
    figures(appId, before, from, interval),
    figures(appId, from, to, 'total'),
    figures(appId, before, from, 'total'),
    figures(appId, from, to, 'total', 'user'),
    figures(appId, from, to, 'total', 'target'),
  ])
  const most = (some: AnalyticsRow[]) => some.filter(({ offered }) => offered > 0).sort((a, b) => b.offered - a.offered)
  return {
    rows,
    before: earlier,
    total: total[0] ?? null,
    totalBefore: totalBefore[0] ?? null,
    users: most(users),
    targets: most(targets),
  }
}
