import { getLogger } from '@logtape/logtape'
import { Cron } from 'croner'
import { BEAT_MS } from '../events/instance-store'
import { SAMPLE_PATTERN } from '../maintenance/load'
import type { Services } from './compose'
import { createJobStore } from './job-store'

const log = getLogger(['cti', 'jobs'])

export type Job = {
  name: string
  run(): unknown
  /** Called before each run. @returns whether this instance runs the job now. */
  mayRun?: () => Promise<boolean>
} & (
  | { /** A croner pattern with seconds. */ pattern: string }
  /** For jobs that run more than once a second. */
  | { everyMs: number }
)

/** Random offset, so that servers started together do not call Dialpad at the same time. */
const randomBelow = (count: number) => Math.floor(Math.random() * count)

/**
 * Jobs that one instance runs for all. Every instance runs the others itself, because they are about its own memory
 * (`registrations at Dialpad` feeds its /health), or because they claim their work.
 */
const ONCE = new Set([
  'stale calls',
  'undecided calls',
  'conversation rebuild',
  'roll-up',
  'idempotency keys',
  'retention',
  'delivery retention',
  'token refresh',
  'backfill',
  'quiet calls',
])

/** Fraction of its interval in which a job does not run again, because clocks differ and timers are late. */
const SAME_RUN = 0.9

/** All schedules of this server. */
export function listJobs(services: Services): Job[] {
  const jobs = allJobs(services)
  const { database } = services
  if (!database.isShared) return jobs
  const store = createJobStore(database)
  return jobs.map((job) =>
    'pattern' in job && ONCE.has(job.name)
      ? {
          ...job,
          mayRun: () => store.begin(database.queries, job.name, database.nowMs, intervalMs(job.pattern) * SAME_RUN),
        }
      : job,
  )
}

function intervalMs(pattern: string): number {
  const [first = 0, second = 0] = new Cron(pattern, { paused: true, timezone: 'UTC' }).nextRuns(2).map(Number)
  return second - first
}

function allJobs(services: Services): Job[] {
  const {
    analytics,
    auth,
    config,
    calls,
    database,
    dialpad,
    endpoints,
    events,
    idempotency,
    maintenance,
    stream,
    warnings,
  } = services
  const sweep = `*/${config.processorIntervalSeconds} * * * * *`
  return [
    { name: 'event sweep', pattern: sweep, run: events.processor.wake },
    ...(database.isShared ? [{ name: 'instance heartbeat', everyMs: BEAT_MS, run: events.processor.beat }] : []),
    { name: 'stream sweep', pattern: sweep, run: stream.hub.sweep },
    { name: 'ended credentials', pattern: '* * * * * *', run: auth.watch.sweep },
    { name: 'heartbeat', pattern: '*/30 * * * * *', run: stream.hub.beat },
    { name: 'delivery counts', pattern: '*/5 * * * * *', run: events.receiver.flushCounts },
    { name: 'endpoint sweep', pattern: sweep, run: endpoints.deliverer.sweep },
    { name: 'endpoint positions', pattern: '15,45 * * * * *', run: endpoints.deliverer.savePositions },
    { name: 'stale calls', pattern: '0 * * * * *', run: calls.stale.end },
    { name: 'undecided calls', pattern: '*/15 * * * * *', run: calls.stale.endUndecided },
    { name: 'warnings', pattern: '*/30 * * * * *', run: warnings.current },
    { name: 'conversation rebuild', pattern: '*/15 * * * * *', run: () => calls.conversations.rebuild() },
    { name: 'roll-up', pattern: '40 * * * * *', run: () => analytics.rollUp.run() },
    { name: 'roll-up of past days', pattern: '10 25 * * * *', run: analytics.rollUp.combine },
    { name: 'idempotency keys', pattern: '0 11 * * * *', run: idempotency.purge },
    { name: 'queue figures', pattern: '*/15 * * * * *', run: maintenance.queueFigures },
    { name: 'load sample', pattern: SAMPLE_PATTERN, run: maintenance.load.sample },
    { name: 'retention', pattern: '40 */5 * * * *', run: maintenance.retention.run },
    {
      name: 'registrations at Dialpad',
      pattern: `${randomBelow(60)} ${randomBelow(60)} * * * *`,
      run: dialpad.checkRegistrations,
    },
    { name: 'token refresh', pattern: '0 * * * * *', run: dialpad.refreshTokens },
    { name: 'backfill', pattern: '0 */15 * * * *', run: dialpad.backfill.sweep },
    { name: 'transcripts', pattern: '45 * * * * *', run: dialpad.transcripts.sweep },
    { name: 'quiet calls', pattern: '30 * * * * *', run: dialpad.backfill.sweepQuietCalls },
    ...(config.backup.schedule === null
      ? []
      : [{ name: 'backup', pattern: config.backup.schedule, run: maintenance.backups.run }]),
    ...(config.dialpad.delivery === 'pull'
      ? [{ name: 'pull', pattern: '*/20 * * * * *', run: dialpad.pull.sync }]
      : []),
  ]
}

/** Starts the jobs. A run waits until the previous one is over. @returns a function that stops them. */
export function scheduleJobs(jobs: Job[]): () => void {
  const stops = jobs.map((job) => {
    const report = (error: unknown) =>
      log.error('job {name} failed and runs again at its next time: {error}', { name: job.name, error })
    const run = async () => {
      if (!job.mayRun || (await job.mayRun())) await job.run()
    }
    if ('everyMs' in job) return repeat(job.everyMs, run, report)
    const cron = new Cron(job.pattern, { protect: true, catch: report }, run)
    return () => cron.stop()
  })
  return () => {
    for (const stop of stops) stop()
  }
}

function repeat(everyMs: number, run: () => unknown, report: (error: unknown) => void): () => void {
  let running = false
  const timer = setInterval(async () => {
    if (running) return
    running = true
    try {
      await run()
    } catch (error) {
      report(error)
    } finally {
      running = false
    }
  }, everyMs)
  return () => clearInterval(timer)
}
