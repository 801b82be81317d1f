import { setTimeout as sleep } from 'node:timers/promises'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { DomainError } from '../../lib/errors'
import { type RecoveredEvent, recoveredEvents } from '../../payload/call-snapshot'
import { type Fields, id, instant } from '../../payload/fields'
import type { DialpadApi } from '../client/api'
import { DialpadApiError } from '../client/dialpad-api-error'
import type { BackfillRow, BackfillStore } from './store'

const log = getLogger(['cti', 'dialpad', 'backfill'])

/**
 * Dialpad lists a call only after its end, sorted by its start. To find calls that were in progress during the last run,
 * the next run looks back by the maximum length of a call.
 */
export const MARGIN_MS = 2 * 3600_000
const LEASE_MS = 5 * 60_000
const STOP_WITHIN_MS = 5000
const QUIET_MS = 30 * 60_000
/** `GET /call/{id}` is limited to 10 per minute. Leaves some requests for others. */
const ASKED_PER_SWEEP = 5

export interface BackfillResult {
  from: number
  to: number
  calls_seen: number
  calls_recovered: number
}

export interface BackfillProgress {
  seen: number
  recovered: number
  /** Progress, 0 to 1. Dialpad returns the newest calls first. */
  done: number
}

export type BackfillService = ReturnType<typeof createBackfillService>

/** Recovers calls missed during an outage: stores calls that Dialpad lists and this server lacks, like deliveries. */
export function createBackfillService(deps: {
  database: Database
  store: BackfillStore
  api: DialpadApi
  clock: Clock
  /** Stores one event durably, unrouted if its app is null. @returns false if it was a duplicate. */
  ingest(appId: string | null, event: RecoveredEvent): Promise<boolean>
  /** Finds out whether a call that Dialpad lists with the app's credentials belongs to the app. */
  ownerOf(appId: string, call: Fields): Promise<'own' | 'other' | 'unknown'>
  /** Apps with access to Dialpad. */
  connectedApps(): Promise<string[]>
  apps: { requireApp(appId: string): Promise<unknown> }
  /** @throws DomainError dialpad_not_connected. */
  requireConnected(appId: string): Promise<unknown>
  observe?: (recovered: number) => void
  /** A call without events for this long becomes stale. The backfill requests it from Dialpad well before. */
  staleCallMs?: number
}) {
  const { database, store, api, clock, ingest, observe = () => {} } = deps
  const quietMs = Math.min(QUIET_MS, (deps.staleCallMs ?? Number.POSITIVE_INFINITY) / 2)
  const running = new Set<Promise<BackfillResult>>()
  /** Time of the last request for each quiet call. */
  const asked = new Map<string, number>()
  let stopped = false

  async function importCalls(appId: string, calls: Fields[]): Promise<number> {
    const ids = calls.map((call) => id(call, 'call_id')).filter((found) => found !== null)
    const known = new Map((await store.known(database.queries, appId, ids)).map((call) => [call.dialpadCallId, call]))
    let recovered = 0
    for (const call of calls) {
      const mine = known.get(id(call, 'call_id') ?? 0)
      const owner = mine ? 'own' : await deps.ownerOf(appId, call)
      if (owner === 'other') continue
      for (const event of recoveredEvents(call, mine, clock()))
        if ((await ingest(owner === 'own' ? appId : null, event)) && event.recovered && owner === 'own') recovered++
    }
    return recovered
  }

  async function fill(
    row: BackfillRow,
    from: number,
    onProgress: (progress: BackfillProgress) => void,
  ): Promise<BackfillResult> {
    const { appId } = row
    const to = row.lastStartedAt ?? clock()
    let [seen, recovered] = [0, 0]
    for await (const page of api.concludedCalls(appId, from)) {
      if (stopped)
        throw new DomainError('not_ready', 'The server is stopping. The backfill resumes after the next start.')
      recovered += await importCalls(appId, page)
      seen += page.length
      const oldest = Math.min(to, ...page.map((call) => instant(call, 'date_started') ?? to))
      onProgress({ seen, recovered, done: to > from ? Math.min(1, (to - oldest) / (to - from)) : 1 })
      await store.extend(database.queries, appId, clock() + LEASE_MS)
    }
    return { from, to, calls_seen: seen, calls_recovered: recovered }
  }

  /** @throws DomainError conflict while a backfill of the app is running on any instance. */
  async function claim(appId: string, since: number | null): Promise<BackfillRow> {
    await deps.requireConnected(appId)
    await store.ensure(database.queries, appId, since ?? clock())
    const row = await store.claim(database.queries, appId, clock(), clock() + LEASE_MS)
    if (!row) throw new DomainError('conflict', 'A backfill of this app is already running.')
    return row
  }

  async function work(row: BackfillRow, since: number | null, onProgress: (progress: BackfillProgress) => void) {
    const { appId } = row
    try {
      const result = await fill(row, since ?? row.watermarkAt - MARGIN_MS, onProgress)
      await store.finish(database.queries, appId, {
        // A run over an older range must not move the watermark, neither back nor over a range it did not read.
        watermarkAt: result.from <= row.watermarkAt ? result.to : row.watermarkAt,
        seen: result.calls_seen,
        recovered: result.calls_recovered,
        at: clock(),
      })
      observe(result.calls_recovered)
      if (result.calls_recovered > 0)
        log.info('recovered {calls_recovered} of {calls_seen} calls for app {appId}', { appId, ...result })
      return result
    } catch (error) {
      await store.fail(database.queries, appId, reasonOf(error))
      throw error
    }
  }

  function track(result: Promise<BackfillResult>): Promise<BackfillResult> {
    running.add(result)
    const done = () => void running.delete(result)
    result.then(done, done)
    return result
  }

  /** Requests open calls without an event for half an hour, because their `hangup` may have been lost. */
  async function askForQuietCalls(appId: string): Promise<void> {
    const now = clock()
    for (const [key, at] of asked) if (now - at >= quietMs) asked.delete(key)
    const quiet = await store.quietOpenCalls(database.queries, appId, now - quietMs, 100)
    const due = quiet.filter((callId) => !asked.has(`${appId} ${callId}`)).slice(0, ASKED_PER_SWEEP)
    for (const callId of due) {
      asked.set(`${appId} ${callId}`, now)
      try {
        await importCalls(appId, [await api.call(appId, callId)])
      } catch (error) {
        if (!(error instanceof DialpadApiError)) throw error
        log.debug('could not request call {callId}: {reason}', { callId, reason: error.message })
      }
    }
  }

  const service = {
    /** Starts the history of an app now, unless it has already started. */
    begin: (appId: string): Promise<void> => store.ensure(database.queries, appId, clock()),
    status: (appId: string): Promise<BackfillRow | null> => store.ofApp(database.queries, appId),
    isRunning: (row: BackfillRow): boolean => (row.claimedUntil ?? 0) > clock(),

    all: (): Promise<BackfillRow[]> => store.list(database.queries),

    /** Runs a backfill. @param since ms since the epoch; default two hours before the watermark. @throws DomainError conflict. */
    async run(appId: string, since: number | null = null, onProgress: (progress: BackfillProgress) => void = () => {}) {
      const row = await claim(appId, since)
      return track(work(row, since, onProgress))
    },

    /** Starts a run in the background. Its result is in the status. */
    async launch(appId: string, since: number | null): Promise<void> {
      await deps.apps.requireApp(appId)
      const row = await claim(appId, since)
      track(work(row, since, () => {})).catch((error: unknown) => warn(appId, error))
    },

    /** Runs for every connected app. A failure does not stop the others. */
    async sweep(): Promise<void> {
      for (const appId of await deps.connectedApps()) {
        if (stopped) return
        await service.run(appId).catch((error: unknown) => warn(appId, error))
      }
    },
    async sweepQuietCalls(): Promise<void> {
      for (const appId of await deps.connectedApps())
        if (!stopped)
          await askForQuietCalls(appId).catch((error: unknown) =>
            log.error('could not check quiet calls: {error}', { error }),
          )
    },

    /** Stops running backfills after their current page, without waiting for slow responses. They are repeated later. */
    async stop(): Promise<void> {
      stopped = true
      await Promise.race([Promise.allSettled(running), sleep(STOP_WITHIN_MS, null, { ref: false })])
    },
  }
  return service
}

const reasonOf = (error: unknown) =>
  error instanceof DomainError ? error.message : 'internal error; see the server log'

/** Logs a failure, except that another instance is already running the backfill. */
function warn(appId: string, error: unknown): void {
  const expected = error instanceof DomainError
  const level = !expected ? 'error' : error.code === 'conflict' ? 'debug' : 'warn'
  log[level]('backfill of app {appId}: {reason}', { appId, reason: expected ? error.message : error })
}
