import { setTimeout as sleep } from 'node:timers/promises'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { DomainError } from '../../lib/errors'
import { type RecoveredEvent, recoveredEvents } from '../../payload/call-snapshot'
import { type Fields, id, instant } from '../../payload/fields'
import type { DialpadApi } from '../client/api'
import { DialpadError } from '../client/dialpad-error'
import type { BackfillRow, BackfillStore } from './store'

const log = getLogger(['cti', 'dialpad', 'backfill'])

/**
 * Dialpad lists a call only once it is over, by when it began: a call that was going on during the last run is found only
 * by looking back as far as calls are long.
 */
export const MARGIN_MS = 2 * 3600_000
const LEASE_MS = 5 * 60_000
const STOP_WITHIN_MS = 5000
const QUIET_MS = 30 * 60_000
/** `GET /call/{id}` is limited to 10 a minute; the rest of the minute belongs to others. */
const ASKED_PER_SWEEP = 5

export interface BackfillResult {
  from: number
  to: number
  calls_seen: number
  calls_recovered: number
}

export interface Progress {
  seen: number
  recovered: number
  /** How much of the span is done, 0–1: Dialpad answers newest first. */
  done: number
}

export type BackfillService = ReturnType<typeof createBackfillService>

/** Fills the holes an outage leaves: what Dialpad lists and this server does not have goes through ingest like a delivery. */
export function createBackfillService(deps: {
  database: Database
  store: BackfillStore
  api: DialpadApi
  clock: Clock
  /** Stores one event durably. @returns false when it was stored before. */
  ingest(appId: string, event: RecoveredEvent): Promise<boolean>
  /** Apps whose calls this server may list. */
  connectedApps(): Promise<string[]>
  requireApp(appId: string): Promise<unknown>
  /** @throws DomainError dialpad_not_connected. */
  requireConnected(appId: string): Promise<unknown>
  observe?: (recovered: number) => void
  /** After so long without an event a call is ended as stale; Dialpad is asked for it well before. */
  staleCallMs?: number
}) {
  const { database, store, api, clock, ingest, observe = () => {} } = deps
  const quietMs = Math.min(QUIET_MS, (deps.staleCallMs ?? Number.POSITIVE_INFINITY) / 2)
  const running = new Set<Promise<BackfillResult>>()
  /** When each quiet call was last asked for. */
  const asked = new Map<string, number>()
  let stopped = false

  async function takeIn(appId: string, calls: Fields[]): Promise<number> {
    const ids = calls.map((call) => id(call, 'call_id')).filter((found) => found !== null)
    const known = new Map((await store.known(database.queries, appId, ids)).map((call) => [call.dialpadCallId, call]))
    let recovered = 0
    for (const call of calls)
      for (const event of recoveredEvents(call, known.get(id(call, 'call_id') ?? 0), clock()))
        if ((await ingest(appId, event)) && event.recovered) recovered++
    return recovered
  }

  async function fill(
    row: BackfillRow,
    from: number,
    onProgress: (progress: Progress) => void,
  ): Promise<BackfillResult> {
    const { appId } = row
    const to = row.lastStartedAt ?? clock()
    let [seen, recovered] = [0, 0]
    for await (const page of api.concludedCalls(appId, from)) {
      if (stopped) throw new DomainError('not_ready', 'The server is stopping; the next start goes on from here.')
      recovered += await takeIn(appId, page)
      seen += page.length
      const oldest = Math.min(to, ...page.map((call) => instant(call, 'date_started') ?? to))
      onProgress({ seen, recovered, done: to > from ? Math.min(1, (to - oldest) / (to - from)) : 1 })
      await store.extend(database.queries, appId, clock() + LEASE_MS)
    }
    return { from, to, calls_seen: seen, calls_recovered: recovered }
  }

  /** @throws DomainError conflict while one runs, here or in another instance. */
  async function claim(appId: string, since: number | null): Promise<BackfillRow> {
    await deps.requireConnected(appId)
    await store.ensure(database.queries, appId, since ?? clock())
    const row = await store.claim(database.queries, appId, clock(), clock() + LEASE_MS)
    if (!row) throw new DomainError('conflict', 'A backfill of this app is running already.')
    return row
  }

  async function work(row: BackfillRow, since: number | null, onProgress: (progress: Progress) => void) {
    const { appId } = row
    try {
      const result = await fill(row, since ?? row.watermarkAt - MARGIN_MS, onProgress)
      await store.finish(database.queries, appId, {
        // A run over an older span does not move the watermark back, nor over a span it did not look at.
        watermarkAt: result.from <= row.watermarkAt ? result.to : row.watermarkAt,
        seen: result.calls_seen,
        recovered: result.calls_recovered,
        at: clock(),
      })
      observe(result.calls_recovered)
      if (result.calls_recovered > 0)
        log.info('{calls_recovered} calls recovered for app {appId}, {calls_seen} seen', { appId, ...result })
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

  /** Asks for calls said to be going on of which nothing was heard for half an hour; a lost `hangup` leaves such. */
  async function askForQuietCalls(appId: string): Promise<void> {
    const now = clock()
    for (const [key, at] of asked) if (now - at >= quietMs) asked.delete(key)
    const quiet = await store.quietOpenCalls(database.queries, appId, now - quietMs, 100)
    const due = quiet.filter((callId) => !asked.has(`${appId} ${callId}`)).slice(0, ASKED_PER_SWEEP)
    for (const callId of due) {
      asked.set(`${appId} ${callId}`, now)
      try {
        await takeIn(appId, [await api.call(appId, callId)])
      } catch (error) {
        if (!(error instanceof DialpadError)) throw error
        log.debug('call {callId} could not be asked for: {reason}', { callId, reason: error.detail })
      }
    }
  }

  const service = {
    /** From now on the app's calls are looked for. Does nothing for an app whose history has begun. */
    begin: (appId: string): Promise<void> => store.ensure(database.queries, appId, clock()),
    status: (appId: string): Promise<BackfillRow | null> => store.ofApp(database.queries, appId),
    isRunning: (row: BackfillRow): boolean => (row.claimedUntil ?? 0) > clock(),

    all: (): Promise<BackfillRow[]> => store.list(database.queries),

    /** @param since epoch ms; from the watermark less two hours without it. @throws DomainError conflict while one runs. */
    async run(appId: string, since: number | null = null, onProgress: (progress: Progress) => void = () => {}) {
      const row = await claim(appId, since)
      return track(work(row, since, onProgress))
    },

    /** Begins a run that goes on by itself; how it ended is in the status. */
    async launch(appId: string, since: number | null): Promise<void> {
      await deps.requireApp(appId)
      const row = await claim(appId, since)
      track(work(row, since, () => {})).catch((error: unknown) => warn(appId, error))
    },

    /** Every connected app in turn; one that fails does not keep the others. */
    async sweep(): Promise<void> {
      for (const appId of await deps.connectedApps()) {
        if (stopped) return
        await service.run(appId).catch((error: unknown) => warn(appId, error))
      }
    },
    async sweepQuietCalls(): Promise<void> {
      for (const appId of await deps.connectedApps())
        if (!stopped)
          await askForQuietCalls(appId).catch((error: unknown) => log.error('quiet calls: {error}', { error }))
    },

    /** Ends running backfills after their page, but does not wait for a Dialpad that is slow; their spans are looked at again. */
    async stop(): Promise<void> {
      stopped = true
      await Promise.race([Promise.allSettled(running), sleep(STOP_WITHIN_MS, null, { ref: false })])
    },
  }
  return service
}

const reasonOf = (error: unknown) =>
  error instanceof DomainError ? error.detail : 'something went wrong here, see the log of the server'

/** Another instance at the same work is as it should be; anything else is worth a line. */
function warn(appId: string, error: unknown): void {
  const expected = error instanceof DomainError
  const level = !expected ? 'error' : error.code === 'conflict' ? 'debug' : 'warn'
  log[level]('backfill of app {appId}: {reason}', { appId, reason: expected ? error.detail : error })
}
