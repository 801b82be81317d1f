import { getLogger } from '@logtape/logtape'
import type { AppStore } from '../apps/store'
import type { Database, Transaction } from '../db/database'
import { backoffMs } from '../lib/backoff'
import type { Clock } from '../lib/clock'
import { errorText } from '../lib/error-text'
import type { Metrics } from '../observability/metrics'
import type { ApplyEvents } from './apply'
import { type ClaimedEvent, readBody, readText } from './claimed'
import type { EventStore } from './store'

/**
 * Applies claimed events, one transaction per app. The changes and the status `processed` commit together, so each event
 * takes effect exactly once, however often it is claimed.
 */

const MAX_ATTEMPTS = 5
/**
 * An event claimed more often than this without a result crashes its process each time. An event claimed less often most
 * likely only waited in a process that was killed.
 */
const MAX_CLAIMS = 50
const RETRY_BASE_MS = 2_000
const RETRY_MAX_MS = 5 * 60_000

const log = getLogger(['cti', 'events'])

class LeaseLost extends Error {}

/** @param instanceId the holder of the claims. */
export function createBatches(deps: {
  database: Database
  store: EventStore
  applyEvents: ApplyEvents
  apps: { store: Pick<AppStore, 'lock'> }
  metrics: Metrics
  clock: Clock
  instanceId: string
}) {
  const { database, store, applyEvents, apps, metrics, clock, instanceId } = deps
  /** Events of the current batch without a result. */
  let unsettled = new Set<ClaimedEvent>()
  /** Time the current batch spent applying events, without waiting for its transactions to begin or to be on disk. */
  let appliedMs = 0

  async function applyGroup(appId: string, events: ClaimedEvent[]): Promise<void> {
    const unknown = await database.transaction(async (tx) => {
      const began = performance.now()
      const unknownEvents = await applyEvents(tx, appId, events, clock())
      const processedAt = clock()
      const known = events.filter(({ id }) => !unknownEvents.has(id)).map(({ id }) => id)
      let held = 0
      if (known.length > 0)
        held += await store.finish(tx, instanceId, known, { status: 'processed', error: null, processedAt })
      for (const [id, error] of unknownEvents)
        held += await store.finish(tx, instanceId, [id], { status: 'unknown', error, processedAt })
      if (held !== events.length) throw new LeaseLost(`lost the claim of ${events.length - held} events`)
      appliedMs += performance.now() - began
      return unknownEvents
    })
    for (const event of events) unsettled.delete(event)
    count(events, unknown)
  }

  /** Counts events whose effects are committed. */
  function count(events: ClaimedEvent[], unknown: ReadonlyMap<string, string>): void {
    const now = clock()
    if (log.isEnabledFor('debug'))
      log.debug('processed {count} events, {unknown} of them unknown', { count: events.length, unknown: unknown.size })
    if (events.length > unknown.size)
      metrics.eventsProcessed.inc({ outcome: 'processed' }, events.length - unknown.size)
    if (unknown.size > 0) metrics.eventsProcessed.inc({ outcome: 'unknown' }, unknown.size)
    for (const { receivedAt } of events) metrics.eventSeconds.observe((now - receivedAt) / 1000)
  }

  async function fail(event: ClaimedEvent, error: Error): Promise<void> {
    const dead = event.attempts >= MAX_ATTEMPTS
    const nextAttemptAt = clock() + backoffMs(event.attempts, RETRY_BASE_MS, RETRY_MAX_MS)
    const status = dead ? 'failed' : 'pending'
    log.warn('event {id} failed on attempt {attempt} of {max}: {error}', {
      id: event.id,
      attempt: event.attempts,
      max: MAX_ATTEMPTS,
      error,
    })
    metrics.eventsProcessed.inc({ outcome: dead ? 'failed' : 'retried' })
    try {
      await store.fail(database.queries, instanceId, event.id, { status, error: reasonOf(error), nextAttemptAt })
    } catch (cause) {
      // An event whose failure cannot be stored waits for the end of its lease: at once again, it would hold up all others.
      if (!database.isUnavailable(cause)) unsettled.delete(event)
      throw cause
    }
    unsettled.delete(event)
  }

  /**
   * After a failed batch, applies each event alone, so that one bad event does not block the others. While the database is
   * unavailable, no attempt is counted.
   */
  async function applyOrFail(appId: string, events: ClaimedEvent[]): Promise<void> {
    try {
      await applyGroup(appId, events)
    } catch (error) {
      if (database.isUnavailable(error)) throw error
      if (error instanceof LeaseLost) await applyHeld(appId, events, error)
      else if (events.length > 1) await applyEach(events)
      // biome-ignore lint/style/noNonNullAssertion: a group has at least one event
      else await fail(events[0]!, error as Error)
    }
  }

  /** After other instances took over some of the events, applies the rest together. */
  async function applyHeld(appId: string, events: ClaimedEvent[], { message }: LeaseLost): Promise<void> {
    log.warn('{reason} of app {appId}', { reason: message, appId })
    const ids = events.map(({ id }) => id)
    const held = await store.heldIds(database.queries, instanceId, ids)
    const rest: ClaimedEvent[] = []
    // `delete`, because an event that was passed twice is applied once.
    for (const event of events)
      if (held.delete(event.id)) rest.push(event)
      else unsettled.delete(event)
    if (rest.length > 0) await applyOrFail(appId, rest)
  }

  async function applyEach(events: ClaimedEvent[]): Promise<void> {
    for (const event of events) await applyOrFail(event.appId, [event])
  }

  /** Returns the events with their bodies parsed. Omits events that no longer exist. */
  async function read(events: ClaimedEvent[]): Promise<ClaimedEvent[]> {
    const absent = events.filter(({ change }) => change.kind === 'unread' && change.text === null)
    const bodies =
      absent.length === 0
        ? null
        : await store.bodies(
            database.queries,
            absent.map(({ id }) => id),
          )
    return events.flatMap((event) => {
      const { id, change, receivedAt } = event
      if (change.kind !== 'unread') return [event]
      if (change.text !== null) return [{ ...event, change: readText(change.text, receivedAt) }]
      const body = bodies?.get(id)
      return body === undefined ? [] : [{ ...event, change: readBody({ body, receivedAt }) }]
    })
  }

  return {
    read,
    /**
     * Applies the events or stores why they failed. Runs once at a time.
     * @param events those with a result are removed, also when it throws.
     * @returns the ms spent applying. @throws when the database is unavailable.
     */
    async process(events: Set<ClaimedEvent>): Promise<number> {
      unsettled = events
      appliedMs = 0
      const applicable: ClaimedEvent[] = []
      const suspects: ClaimedEvent[] = []
      for (const event of [...events])
        if (event.attempts > MAX_CLAIMS) await fail(event, new Error('processing never finished'))
        else if (event.change.kind === 'unreadable') await fail(event, event.change.error)
        else if (event.attempts > MAX_ATTEMPTS) suspects.push(event)
        else applicable.push(event)
      for (const [appId, group] of Map.groupBy(applicable, (event) => event.appId)) await applyOrFail(appId, group)
      // One at a time and in random order, so that an event that crashes the process does not always affect the same others.
      await applyEach(suspects.sort(() => Math.random() - 0.5))
      return appliedMs
    },
    /** Locks the apps of the events until commit, unless another transaction holds one. @returns whether all are locked. */
    async lockNow(tx: Transaction, events: ClaimedEvent[]): Promise<boolean> {
      for (const appId of new Set(events.map((event) => event.appId)))
        if (!(await apps.store.lock(tx, appId, { wait: false }))) return false
      return true
    },
    /**
     * Applies events in the transaction that stores them as processed. Requires the lock of their apps' rows.
     * @returns a function to call after the commit. @throws when an event cannot be applied or is of an unknown type.
     */
    async applyAtOnce(tx: Transaction, events: ClaimedEvent[]): Promise<() => void> {
      for (const [appId, group] of Map.groupBy(await read(events), (event) => event.appId)) {
        const unknown = await applyEvents(tx, appId, group, clock())
        for (const reason of unknown.values()) throw new Error(reason)
      }
      return () => count(events, new Map())
    },
  }
}

/** Uses the innermost cause, because drizzle's own message only repeats the query. */
function reasonOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error
  return `${cause.name}: ${errorText(cause)}`
}
