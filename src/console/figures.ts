import { appApi, read, type Schemas } from './api'
import { TIME_ZONE } from './format'

export type AnalyticsRow = Schemas['AnalyticsRow']
export type Interval = Schemas['Analytics']['interval']

export const PERIODS = {
  today: { title: 'Today', days: 1, interval: 'hour' },
  week: { title: 'Last 7 days', days: 7, interval: 'day' },
  month: { title: 'Last 30 days', days: 30, interval: 'day' },
  quarter: { title: 'Last 90 days', days: 90, interval: 'week' },
} as const satisfies Record<string, { title: string; days: number; interval: Exclude<Interval, 'total'> }>
export type PeriodName = keyof typeof PERIODS

/** Returns the start and end of a period, and the start of the previous one, in days of the browser's time zone. */
function boundsOf(period: PeriodName, now = new Date()): { before: Date; from: Date; to: Date } {
  const { days } = PERIODS[period]
  const day = (back: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - back)
  return { before: day(2 * days - 1), from: day(days - 1), to: day(-1) }
}

/** Loads the analytics between two instants. */
async function figures(
  appId: string,
  from: Date,
  to: Date,
  interval: Interval,
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

export async function loadPeriod(appId: string, period: PeriodName): Promise<PeriodFigures> {
  const { before, from, to } = boundsOf(period)
  const { interval } = PERIODS[period]
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
