import { getLogger } from '@logtape/logtape'
import type { AppStore } from '../apps/store'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { newId } from '../lib/id'
import type { Metrics } from '../observability/metrics'
import type { ApplyEvents } from './apply'
import { createBatches } from './batches'
import { type ClaimedEvent, toClaimed } from './claimed'
import type { InstanceStore } from './instance-store'
import type { EventLoad } from './load'
import type { EventStore } from './store'

/**
 * The events that wait in this instance, and the turns in which they are applied. The instance claims the events it receives
 * when it stores them and keeps them parsed in memory. It claims from the database what other instances left and what did
 * not fit in memory.
 */

/** With more waiting events than this, bodies stay in the database instead of memory. */
const MAX_LOADED_EVENTS = 20_000
const MAX_WAITING = 500_000
const CLAIM_BATCH = 500
/** Lease of a claim: longer than events wait in an instance's memory, so that other instances do not claim them again. */
export const LEASE_MS = 5 * 60_000

/** Target duration of a transaction. SQLite runs nothing else during one, so the batch size follows this limit. */
const TARGET_TRANSACTION_MS = 8
/** During a burst events are collected for this long, because a transaction waits for the disk once, whatever its size. */
const BURST_COLLECT_MS = 10
const MIN_TURN_EVENTS = 16
const MAX_TURN_EVENTS = 400

const log = getLogger(['cti', 'events'])

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
  const { database, store, instances, clock, load } = deps
  /** Identifies this instance in its claims. */
  const instanceId = newId()
  const batches = createBatches({ ...deps, instanceId })
  let waiting: ClaimedEvent[] = []
  /** Whether the database may contain due events that are not in `waiting`. */
  let behind = true
  /** Events that failed to be stored with this instance's claim. If only the response was lost, they are stored. */
  let unconfirmed: string[] = []
  /** Queries under way that may find events older than those that arrive now. */
  let claiming = 0
  let running: Promise<void> | null = null
  let again = false
  let stopped = true
  let isRegistered = false
  /** Number of events a transaction of `TARGET_TRANSACTION_MS` applies, measured. */
  let turnEvents = 64

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

  async function releaseUnconfirmed(): Promise<void> {
    if (unconfirmed.length === 0) return
    const ids = unconfirmed
    unconfirmed = []
    try {
      await store.release(database.queries, instanceId, ids)
    } catch (error) {
      unconfirmed.push(...ids)
      throw error
    }
  }

  /** Claims due events from the database. @returns the number claimed. */
  async function claim(): Promise<number> {
    // Before the query, because an event stored while the query runs sets it again.
    behind = false
    claiming++
    try {
      await releaseUnconfirmed()
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

  /** Applies the events; those without a result wait again, before all others. @returns the ms spent applying. */
  async function process(events: ClaimedEvent[]): Promise<number> {
    const unsettled = new Set(events)
    try {
      return await batches.process(unsettled)
    } catch (error) {
      waiting.unshift(...unsettled)
      throw error
    }
  }

  /** Applies one batch of waiting events. Its size depends on the duration of earlier transactions. */
  async function takeTurn(): Promise<void> {
    const size = database.isShared ? MAX_TURN_EVENTS : turnEvents
    const taken = waiting.splice(0, size)
    const events = await batches.read(taken).catch((error: unknown) => {
      waiting.unshift(...taken)
      throw error
    })
    const turnMs = await process(events)
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
    lockNow: batches.lockNow,
    applyAtOnce: batches.applyAtOnce,
    /** Whether events stored now may be claimed immediately and passed to `take`. */
    canTake: (): boolean => !stopped && waiting.length < MAX_WAITING,
    /** Accepts events that were stored with this instance's claim. */
    take(events: ClaimedEvent[]): void {
      if (waiting.length < MAX_LOADED_EVENTS) waiting.push(...events)
      else for (const event of events) waiting.push({ ...event, change: { kind: 'unread', text: null } })
      go()
    },
    /** Looks at the next sweep for events that failed to be stored with this instance's claim. */
    recheck(ids: string[]): void {
      // While the database is down, every delivery fails. Those beyond the limit wait until their claim ends.
      if (unconfirmed.length < MAX_LOADED_EVENTS) unconfirmed.push(...ids)
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
