import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Metrics } from '../observability/metrics'
import type { LoadRow, LoadStore } from './load-store'

/** Interval of the samples of each instance. SAMPLE_PATTERN is the schedule of its job. */
const SAMPLE_SECONDS = 30
export const SAMPLE_PATTERN = `*/${SAMPLE_SECONDS} * * * * *`
const SAMPLE_MS = SAMPLE_SECONDS * 1000
const HOUR_MS = 3_600_000
const KEPT_MS = 25 * HOUR_MS
const WAITING_ROUTES = new Set(['/api/events', '/api/events/', '/api/events/stream', '/ws'])

export const LOAD_RANGES = ['hour', 'day'] as const
export type LoadRange = (typeof LOAD_RANGES)[number]
const RANGES: Record<LoadRange, { lengthMs: number; stepMs: number }> = {
  hour: { lengthMs: HOUR_MS, stepMs: SAMPLE_MS },
  day: { lengthMs: 24 * HOUR_MS, stepMs: 300_000 },
}

/** Rates and averages of one step; null without measurements. */
export interface LoadPoint {
  /** Start, ms since the epoch. */
  at: number
  instances: number
  eventsPerSecond: number
  processingMs: number | null
  requestsPerSecond: number
  answerMs: number | null
  queueDepth: number
  sockets: number
  rssMb: number
  heapMb: number
}

export type Load = ReturnType<typeof createLoad>

/** The load of the last day. Stored in the database, so it survives a restart and includes every instance. */
export function createLoad(deps: {
  database: Database
  store: LoadStore
  metrics: Metrics
  instanceId: string
  clock: Clock
}) {
  const { database, store, metrics, instanceId, clock } = deps
  let before = { events: 0, eventsTimed: 0, eventMs: 0, requests: 0, requestMs: 0 }

  /** Returns the change of the counters since the last sample. Excludes long-lived requests, whose duration says nothing about speed. */
  async function counted() {
    const [events, eventTimes, answerTimes] = await Promise.all([
      metrics.eventsReceived.get(),
      metrics.eventSeconds.get(),
      metrics.requests.durations.get(),
    ])
    const answers = answerTimes.values.filter(({ labels }) => !WAITING_ROUTES.has(String(labels.route)))
    const now = {
      events: total(events.values),
      eventsTimed: total(eventTimes.values, '_count'),
      eventMs: Math.round(total(eventTimes.values, '_sum') * 1000),
      requests: total(answers, '_count'),
      requestMs: Math.round(total(answers, '_sum') * 1000),
    }
    const grown = {
      events: now.events - before.events,
      eventsTimed: now.eventsTimed - before.eventsTimed,
      eventMs: now.eventMs - before.eventMs,
      requests: now.requests - before.requests,
      requestMs: now.requestMs - before.requestMs,
    }
    before = now
    return grown
  }

  return {
    /** Stores the last half minute and deletes samples older than a day. */
    async sample(): Promise<void> {
      const [queued, sockets] = await Promise.all([metrics.eventsQueued.get(), metrics.sockets.get()])
      const { rss, heapUsed } = process.memoryUsage()
      const now = clock()
      await store.insert(database.queries, {
        instanceId,
        // Timers are not exact. Without the grid, one step could have two samples and the next none.
        at: (Math.round(now / SAMPLE_MS) - 1) * SAMPLE_MS,
        ...(await counted()),
        queueDepth: total(queued.values.filter(({ labels }) => labels.status === 'pending')),
        sockets: total(sockets.values),
        rssMb: megabytes(rss),
        heapMb: megabytes(heapUsed),
      })
      await store.removeBefore(database.queries, now - KEPT_MS)
    },

    /** Returns the steps, oldest first, without those when no instance ran. */
    async read(range: LoadRange): Promise<{ stepMs: number; points: LoadPoint[] }> {
      const { lengthMs, stepMs } = RANGES[range]
      const from = clock() - lengthMs
      const rows = await store.since(database.queries, from - (from % stepMs))
      const steps = Map.groupBy(rows, ({ at }) => at - (at % stepMs))
      return { stepMs, points: [...steps].map(([at, some]) => pointOf(at, some)) }
    },
  }
}

function pointOf(at: number, rows: LoadRow[]): LoadPoint {
  const add = (value: (row: LoadRow) => number) => rows.reduce((total, row) => total + value(row), 0)
  const most = (value: (row: LoadRow) => number) => Math.max(...rows.map(value))
  const seconds = rows.length * SAMPLE_SECONDS
  const average = (ms: number, times: number) => (times === 0 ? null : ms / times)
  return {
    at,
    instances: most((row) => row.instances),
    eventsPerSecond: add((row) => row.events) / seconds,
    processingMs: average(
      add((row) => row.eventMs),
      add((row) => row.eventsTimed),
    ),
    requestsPerSecond: add((row) => row.requests) / seconds,
    answerMs: average(
      add((row) => row.requestMs),
      add((row) => row.requests),
    ),
    queueDepth: most((row) => row.queueDepth),
    sockets: most((row) => row.sockets),
    rssMb: most((row) => row.rssMb),
    heapMb: most((row) => row.heapMb),
  }
}

/** @param part suffix of the histogram's value name, such as `_sum`. */
const total = (values: { value: number; metricName?: string }[], part?: string) =>
  values.reduce((sum, { value, metricName }) => (!part || metricName?.endsWith(part) ? sum + value : sum), 0)

const megabytes = (bytes: number) => Math.round(bytes / 1024 ** 2)
