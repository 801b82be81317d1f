import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { newId } from '../lib/id'
import type { Timers } from '../lib/timers'
import type { Metrics } from '../observability/metrics'
import { type Filter, passes } from '../stream/filter'
import type { StreamRow } from '../stream/store'
import type { Backlog } from './backlog'
import type { DeliveryStore } from './delivery-store'
import type { Feed, Follower } from './feed'
import type { Recorder } from './recorder'
import { afterAttempt, isAbandoned, isOutage, pauseMs } from './schedule'
import type { Attempt, Posting } from './sender'
import { webhookIdOf } from './signature'
import type { DeliveryRow, EndpointRow } from './store'

const log = getLogger(['cti', 'endpoints'])

const GONE = 410

export interface RunnerDeps {
  database: Database
  store: DeliveryStore
  recorder: Recorder
  metrics: Metrics
  clock: Clock
  timers: Timers
  /** Sends once the number of concurrent requests allows it. @throws if the signal aborts. */
  send(posting: Posting, isFailing: boolean, signal: AbortSignal): Promise<Attempt>
}

/** Settings and sources of a runner. */
export interface RunnerTask {
  /** The endpoint's row. A changed row needs a new runner. */
  row: EndpointRow
  /** The current secret, and the previous one while it is valid. */
  secrets: string[]
  filter: Filter
  feed: Feed
  backlog: Backlog
}

type Known = Pick<DeliveryRow, 'endpointId' | 'appId' | 'seq' | 'event' | 'failures' | 'createdAt'>

export type Runner = ReturnType<typeof createRunner>

/**
 * Delivers to one endpoint, one entry at a time and in the order of `seq`. A failed entry waits for its retries while newer
 * ones are delivered. After two failures in a row the endpoint counts as down. From then on the oldest waiting entry is tried
 * first, so that an endpoint that recovers gets everything in order.
 */
export function createRunner(deps: RunnerDeps, { row, secrets, filter, feed, backlog }: RunnerTask) {
  const { database, store, recorder, metrics, clock, timers, send } = deps
  const { id: endpointId, appId, version, replays } = row
  const q = database.queries
  const abort = new AbortController()
  let { consecutiveFailures, failingSince, lastSuccessAt } = row
  let savedSeq = row.deliveredSeq
  /** When the next waiting delivery is due; null if nothing waits. */
  let nextDueAt: number | null = 0
  let pausedUntil = 0
  let stopping = false
  let again = false
  let running: Promise<void> | null = null
  let cancelTimer = () => {}

  const follower: Follower = {
    cursor: row.deliveredSeq,
    idle: true,
    wants: (entry) => passes(filter, entry),
    start,
  }

  function start(): void {
    if (stopping) return
    if (follower.idle) running = run()
    else again = true
  }

  async function run(): Promise<void> {
    follower.idle = false
    cancelTimer()
    try {
      do {
        again = false
        await work()
      } while (!stopping && (again || isBehind()))
    } catch (error) {
      if (!abort.signal.aborted)
        log.error('deliveries to endpoint {endpointId} failed and resume at the next sweep: {error}', {
          endpointId,
          error,
        })
    } finally {
      follower.idle = true
    }
  }

  const isBehind = () => follower.cursor < feed.position() && clock() >= pausedUntil
  const isDue = () => nextDueAt !== null && nextDueAt <= clock()

  /** Delivers until nothing is left to do now. */
  async function work(): Promise<void> {
    let more = true
    while (more && !stopping) {
      const now = clock()
      more = isOutage(consecutiveFailures) ? await probeOutage(now) : await deliverNext(now)
    }
  }

  async function deliverNext(now: number): Promise<boolean> {
    if (isDue()) {
      const due = await store.nextDue(q, endpointId, now)
      if (due) {
        await deliverAgain(due, now)
        return true
      }
      nextDueAt = await store.nextDueAt(q, endpointId)
    }
    if (follower.cursor >= feed.position()) return sleepUntil(nextDueAt)
    const { entries, through } = await backlog.after(follower.cursor)
    for (const entry of entries) {
      if (stopping || isDue()) return true
      if (!follower.wants(entry)) follower.cursor = entry.seq
      else if (!(await deliver(entry))) return true
    }
    follower.cursor = Math.max(follower.cursor, through)
    return true
  }

  /** During an outage, tries the oldest waiting entry, then one more in case only the first is refused, then pauses. */
  async function probeOutage(now: number): Promise<boolean> {
    // A longer pause was set before the clock was set back.
    if (now < pausedUntil && pausedUntil <= now + pauseMs(consecutiveFailures)) return sleepUntil(pausedUntil)
    const oldest = await store.oldestWaiting(q, endpointId)
    const due = await store.nextDue(q, endpointId, now, oldest?.seq)
    const newer = due ? null : await firstNew()
    if (!due && !newer && !(oldest && isScheduled(oldest, now))) {
      nextDueAt = await store.nextDueAt(q, endpointId)
      return sleepUntil(nextDueAt)
    }
    const isBack = oldest !== null && (await deliverAgain(oldest, now))
    const acceptsOthers =
      !isBack && ((due !== null && (await deliverAgain(due, now))) || (newer !== null && (await deliver(newer))))
    if (isBack || acceptsOthers) {
      await store.expedite(q, endpointId, clock(), isBack ? null : (oldest?.seq ?? null))
      nextDueAt = 0
    } else pausedUntil = clock() + pauseMs(consecutiveFailures)
    return true
  }

  /** Whether an attempt is due. If the last attempt is in the future, the clock was set back. */
  const isScheduled = ({ nextAttemptAt, lastAttemptAt }: DeliveryRow, now: number) =>
    (nextAttemptAt ?? 0) <= now || lastAttemptAt > now

  function sleepUntil(at: number | null): false {
    if (at !== null) cancelTimer = timers.after(Math.max(0, at - clock()), start)
    return false
  }

  async function firstNew(): Promise<StreamRow | null> {
    while (follower.cursor < feed.position()) {
      const { entries, through } = await backlog.after(follower.cursor)
      const found = entries.find(follower.wants)
      if (found) return found
      follower.cursor = Math.max(follower.cursor, through)
    }
    return null
  }

  /** Makes the first attempt for an entry. @returns whether it was delivered. */
  async function deliver(entry: StreamRow): Promise<boolean> {
    const { seq, event } = entry
    const known = { endpointId, appId, seq, event, failures: 0, createdAt: clock() }
    const result = await post(seq, entry.data)
    follower.cursor = Math.max(follower.cursor, seq)
    if (result.error === null) metrics.endpointSeconds.observe(Math.max(0, clock() - entry.createdAt) / 1000)
    return finish(known, result, null)
  }

  async function deliverAgain(waiting: DeliveryRow, now: number): Promise<boolean> {
    const { seq, event, failures, createdAt } = waiting
    const known = { endpointId, appId, seq, event, failures, createdAt }
    const entry = await backlog.entry(seq)
    if (!entry) return giveUp(known)
    const result = await post(seq, entry.data)
    return finish(known, result, isScheduled(waiting, now) ? null : waiting.nextAttemptAt)
  }

  function post(seq: number, body: string): Promise<Attempt> {
    const valid = secrets.slice(0, (row.previousSecretUntil ?? 0) > clock() ? 2 : 1)
    const posting = { url: row.url, secrets: valid, id: webhookIdOf(endpointId, seq), body }
    return send(posting, isOutage(consecutiveFailures), abort.signal)
  }

  /** @param scheduledAt when an early attempt was due. @returns whether it was delivered. */
  async function finish(known: Known, result: Attempt, scheduledAt: number | null): Promise<boolean> {
    const delivered = result.error === null
    const now = clock()
    const progress = afterAttempt(delivered, known.failures, scheduledAt, now)
    metrics.endpointAttempts.inc({ outcome: delivered ? 'delivered' : 'failed' })
    if (log.isEnabledFor('debug'))
      log.debug('delivery {id} is {status} after {failures} failures; the next attempt is at {nextAttemptAt}', {
        ...progress,
        id: webhookIdOf(endpointId, known.seq),
        responseStatus: result.responseStatus,
      })
    consecutiveFailures = delivered ? 0 : consecutiveFailures + 1
    // If the clock was set back, the endpoint has not failed for longer.
    failingSince = delivered ? null : Math.min(failingSince ?? now, now)
    if (delivered) lastSuccessAt = now
    else if (isOutage(consecutiveFailures) && now >= pausedUntil) pausedUntil = now + pauseMs(consecutiveFailures)
    if (progress.nextAttemptAt !== null)
      nextDueAt = Math.min(nextDueAt ?? progress.nextAttemptAt, progress.nextAttemptAt)
    await keep({ ...known, ...progress, lastAttemptAt: result.attemptedAt }, result, reasonToDisable(result, now))
    return delivered
  }

  function reasonToDisable({ error, responseStatus }: Attempt, now: number): EndpointRow['disabledReason'] {
    if (error === null) return null
    if (responseStatus === GONE) return 'gone'
    return failingSince !== null && isAbandoned(failingSince, consecutiveFailures, now) ? 'failing' : null
  }

  async function keep(delivery: DeliveryRow, attempt: Attempt, disabledReason: EndpointRow['disabledReason']) {
    savedSeq = follower.cursor
    const state = { deliveredSeq: savedSeq, consecutiveFailures, failingSince, lastSuccessAt }
    const outcome = {
      endpointId,
      appId,
      version,
      replays,
      attemptId: newId(),
      attempt,
      delivery,
      state,
      disabledReason,
    }
    // While deliveries wait, the database decides the next step.
    const isAwaited = nextDueAt !== null || disabledReason !== null || recorder.isBehind()
    const kept = recorder.record(outcome, isAwaited)
    if (isAwaited) await kept
    if (disabledReason !== null) close()
  }

  /** Handles a waiting entry that was purged from the stream. */
  async function giveUp(known: Known): Promise<false> {
    const now = clock()
    const error = 'The entry was purged from the stream.'
    const attempt = { attemptedAt: now, latencyMs: 0, responseStatus: null, responseBody: null, error }
    const failed = { status: 'failed' as const, nextAttemptAt: null, deliveredAt: null, lastAttemptAt: now }
    await keep({ ...known, ...failed }, attempt, null)
    return false
  }

  /** Stops immediately. Aborts the delivery in progress, which is delivered again later. */
  function close(): void {
    stopping = true
    cancelTimer()
    abort.abort()
  }

  return {
    follower,
    row,
    /** Continues if there is work. @param recheck reads the waiting deliveries again, such as after the clock was set back. */
    wake(recheck: boolean): void {
      if (recheck) nextDueAt = 0
      if (isDue() || isBehind()) start()
    },
    /** Returns the position if it is not saved yet, otherwise null. */
    takeUnsaved(): number | null {
      if (!follower.idle || follower.cursor <= savedSeq) return null
      savedSeq = follower.cursor
      return savedSeq
    },
    /** Starts no new delivery. Resolves when the one in progress has ended. */
    async drain(): Promise<void> {
      stopping = true
      cancelTimer()
      await running
    },
    close,
  }
}
