import { getLogger } from '@logtape/logtape'
import type { AppStore } from '../apps/store'
import type { Database, Transaction } from '../db/database'
import { backoffMs } from '../lib/backoff'
import type { Clock } from '../lib/clock'
import { errorText } from '../lib/error-text'
import { newId } from '../lib/id'
import type { Metrics } from '../observability/metrics'
import type { ApplyEvents } from './apply'
import { type ClaimedEvent, readBody, readText, toClaimed } from './claimed'
import type { InstanceStore } from './instance-store'
import type { EventLoad } from './load'
import type { EventStore } from './store'

/**
 * Applies claimed events, one transaction per app. The changes and the status `processed` commit together, so each event
 * takes effect exactly once, however often it is claimed. This instance claims the events it receives when it stores them
 * and keeps them parsed in memory. It claims from the database what other instances left and what did not fit in memory.
 */

/** With more waiting events than this, bodies stay in the database instead of memory. */
const MAX_LOADED_EVENTS = 20_000
const MAX_WAITING = 500_000
const CLAIM_BATCH = 500
/** Lease of a claim: longer than events wait in an instance's memory, so that other instances do not claim them again. */
export const LEASE_MS = 5 * 60_000
const MAX_ATTEMPTS = 5
/**
 * An event claimed more often than this without a result crashes its process each time. An event claimed less often most
 * likely only waited in a process that was killed.
 */
const MAX_CLAIMS = 50
const RETRY_BASE_MS = 2_000
const RETRY_MAX_MS = 5 * 60_000

/** Target duration of a transaction. SQLite runs nothing else during one, so the batch size follows this limit. */
const TARGET_TRANSACTION_MS = 8
/** During a burst events are collected for this long, because a transaction waits for the disk once, whatever its size. */
const BURST_COLLECT_MS = 10
const MIN_TURN_EVENTS = 16
const MAX_TURN_EVENTS = 400

const log = getLogger(['cti', 'events'])

class LeaseLost extends Error {}

export type Processor = ReturnType<typeof createProcessor>

export function createProcessor(deps: {
  database: Database
  store: EventStore
  instances: InstanceStore
  applyEvents: ApplyEvents
  apps: { store: Pick<AppStore, 'lock'> }
  metrics: Metrics
  clock: Clock
  load: EventLoad
}) {
  const { database, store, instances, applyEvents, apps, metrics, clock, load } = deps
  /** Identifies this instance in its claims. */
  const instanceId = newId()
  let waiting: ClaimedEvent[] = []
  /** Whether the database may contain due events that are not in `waiting`. */
  let behind = true
  /** Queries under way that may find events older than those that arrive now. */
  let claiming = 0
  let running: Promise<void> | null = null
  let again = false
  let stopped = true
  let isRegistered = false
  /** Number of events a transaction of `TARGET_TRANSACTION_MS` applies, measured. */
  let turnEvents = 64
  /** Time this turn spent applying events, without waiting for its transaction to begin or to be on disk. */
  let turnMs = 0

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
      turnMs += performance.now() - began
      return unknownEvents
    })
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
    await store.fail(database.queries, instanceId, event.id, { status, error: reasonOf(error), nextAttemptAt })
  }

  /**
   * After a failed batch, applies each event alone, so that one bad event does not block the others. While the database is
   * unavailable, no attempt is counted and the events return to the waiting ones.
   */
  async function processGroup(appId: string, events: ClaimedEvent[]): Promise<void> {
    try {
      await applyGroup(appId, events)
    } catch (error) {
      if (database.isUnavailable(error)) {
        waiting.unshift(...events)
        throw error
      }
      if (error instanceof LeaseLost) await processHeld(appId, events, error)
      else if (events.length > 1) await processEach(events)
      // biome-ignore lint/style/noNonNullAssertion: a group has at least one event
      else await fail(events[0]!, error as Error)
    }
  }

  /** After other instances took over some of the events, applies the rest together. */
  async function processHeld(appId: string, events: ClaimedEvent[], { message }: LeaseLost): Promise<void> {
    log.warn('{reason} of app {appId}', { reason: message, appId })
    const ids = events.map(({ id }) => id)
    const held = await store.heldIds(database.queries, instanceId, ids)
    const rest = events.filter(({ id }) => held.delete(id))
    if (rest.length > 0) await processGroup(appId, rest)
  }

  async function processEach(events: ClaimedEvent[]): Promise<void> {
    for (const [index, event] of events.entries())
      try {
        await processGroup(event.appId, [event])
      } catch (error) {
        waiting.push(...events.slice(index + 1))
        throw error
      }
  }

  async function process(events: ClaimedEvent[]): Promise<void> {
    const applicable: ClaimedEvent[] = []
    const suspects: ClaimedEvent[] = []
    for (const event of events)
      if (event.attempts > MAX_CLAIMS) await fail(event, new Error('processing never finished'))
      else if (event.change.kind === 'unreadable') await fail(event, event.change.error)
      else if (event.attempts > MAX_ATTEMPTS) suspects.push(event)
      else applicable.push(event)
    const groups = [...Map.groupBy(applicable, (event) => event.appId)]
    for (const [index, [appId, group]] of groups.entries())
      try {
        await processGroup(appId, group)
      } catch (error) {
        waiting.push(...groups.slice(index + 1).flatMap(([, rest]) => rest), ...suspects)
        throw error
      }
    // One at a time and in random order, so that an event that crashes the process does not always affect the same others.
    await processEach(suspects.sort(() => Math.random() - 0.5))
  }

  /** Renews this instance's claims and takes over the claims of dead instances. */
  async function beat(): Promise<void> {
    isRegistered = true
    await instances.beat(database.queries, instanceId, database.nowMs)
    if (!database.isShared) return
    const dead = await instances.endDead(database.queries, database.nowMs)
    if (dead === 0) return
    log.warn('{dead} instances stopped sending heartbeats; this instance processes their events', { dead })
    wake()
  }

  /** Claims due events from the database. @returns the number claimed. */
  async function claim(): Promise<number> {
    // Before the query, because an event stored while the query runs sets it again.
    behind = false
    claiming++
    try {
      const isOwnDue = waiting.length === 0
      const rows = await store.claim(database.queries, instanceId, clock(), LEASE_MS, CLAIM_BATCH, isOwnDue)
      if (rows.length === CLAIM_BATCH) behind = true
      if (rows.length > 0 && log.isEnabledFor('debug')) log.debug('claimed {count} events', { count: rows.length })
      for (const row of rows) if (row.appId !== null) waiting.push(toClaimed({ ...row, appId: row.appId }))
      return rows.length
    } catch (error) {
      behind = true
      throw error
    } finally {
      claiming--
    }
  }

  /** Claims and applies events until none is waiting. @returns the number of events applied. */
  async function processBatch(): Promise<number> {
    if (!isRegistered) await beat()
    const claimed = await claim()
    const events = waiting
    waiting = []
    await process(events)
    return Math.max(claimed, events.length)
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

  /** Applies one batch of waiting events. Its size depends on the duration of earlier transactions. */
  async function takeTurn(): Promise<void> {
    const size = database.isShared ? MAX_TURN_EVENTS : turnEvents
    const taken = waiting.splice(0, size)
    const events = await read(taken).catch((error: unknown) => {
      waiting.unshift(...taken)
      throw error
    })
    turnMs = 0
    await process(events)
    // A shared database works in another process, so waiting for it does not delay receiving.
    if (!database.isShared) load.recordBatch(events.length, turnMs)
    if (events.length === turnEvents || turnMs > TARGET_TRANSACTION_MS)
      turnEvents = Math.round(
        Math.min(MAX_TURN_EVENTS, Math.max(MIN_TURN_EVENTS, events.length * (TARGET_TRANSACTION_MS / turnMs))),
      )
  }

  async function run(): Promise<void> {
    try {
      do {
        again = false
        while (!stopped) {
          if (behind && (waiting.length === 0 || !load.isBurst())) await claim()
          if (waiting.length === 0) break
          if (load.isBurst()) await new Promise((resolve) => setTimeout(resolve, BURST_COLLECT_MS))
          await takeTurn()
          // Let requests run between transactions, and let new deliveries collect for the next one.
          await new Promise((resolve) => setImmediate(resolve))
        }
      } while (again && !stopped)
    } catch (error) {
      log.error('could not read the event queue; retrying at the next sweep: {error}', { error })
    }
  }

  function go(): void {
    if (stopped) return
    again = true
    running ??= run().finally(() => {
      running = null
      if (again) go()
    })
  }

  /** Checks the database for due events. */
  function wake(): void {
    behind = true
    go()
  }

  return {
    instanceId,
    wake,
    processBatch,
    /** Whether no event waits, so that an event that arrives now may be applied by the transaction that stores it. */
    isIdle: (): boolean => !stopped && !behind && claiming === 0 && running === null && waiting.length === 0,
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
    /** Whether events stored now may be claimed immediately and passed to `take`. */
    canTake: (): boolean => !stopped && waiting.length < MAX_WAITING,
    /** Accepts events that were stored with this instance's claim. */
    take(events: ClaimedEvent[]): void {
      if (waiting.length < MAX_LOADED_EVENTS) waiting.push(...events)
      else for (const event of events) waiting.push({ ...event, change: { kind: 'unread', text: null } })
      go()
    },
    async start(): Promise<void> {
      // Only one process uses this database, so every existing claim belongs to a dead process.
      if (!database.isShared) await store.freeAll(database.queries)
      await beat()
      stopped = false
      await database.listen('queue', wake, wake)
      wake()
    },
    beat,
    /** Finishes the current batch, then releases the claims of waiting events. */
    async stop(): Promise<void> {
      const wasRunning = !stopped
      stopped = true
      again = false
      await running
      waiting = []
      if (!wasRunning) return
      await store.release(database.queries, instanceId)
      await instances.end(database.queries, instanceId)
    },
  }
}

/** Uses the innermost cause, because drizzle's own message only repeats the query. */
function reasonOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error
  return `${cause.name}: ${errorText(cause)}`
}
