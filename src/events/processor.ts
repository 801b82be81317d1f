import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import { backoffMs } from '../lib/backoff'
import type { Clock } from '../lib/clock'
import { newId } from '../lib/id'
import type { Metrics } from '../observability/metrics'
import type { ApplyEvents } from './apply'
import { type ClaimedEvent, readBody, toClaimed } from './claimed'
import type { EventStore } from './store'

/**
 * Applies claimed events, each app's in one transaction: the effects and "processed" commit together, so an event has its
 * effect exactly once however often it is claimed. What this instance receives it claims as it stores it, and keeps it
 * here already read; what others left behind, and what did not fit, it claims from the database.
 */

/** Beyond this many waiting events their content is left in the database. */
const MAX_READ = 5_000
const MAX_WAITING = 500_000
const CLAIM_BATCH = 500
/** How long a claim holds without a sign that it is being worked on. */
export const LEASE_MS = 30_000
export const MAX_ATTEMPTS = 5
const RETRY_BASE_MS = 2_000
const RETRY_MAX_MS = 5 * 60_000

/** Nothing else runs during a transaction on SQLite, so it takes as many events as this allows. */
const TURN_MS = 8
/** While a burst comes in, events gather for so long: each transaction waits for the disk once, however many it has. */
const GATHER_MS = 10
const MIN_TURN_EVENTS = 16
const MAX_TURN_EVENTS = 400

const log = getLogger(['cti', 'events'])

class LeaseLost extends Error {}

export type Processor = ReturnType<typeof createProcessor>

export function createProcessor(deps: {
  database: Database
  store: EventStore
  applyEvents: ApplyEvents
  metrics: Metrics
  clock: Clock
  /** Whether deliveries arrive right now: receiving goes before processing. */
  isReceiving(): boolean
}) {
  const { database, store, applyEvents, metrics, clock, isReceiving } = deps
  /** Names this instance in its claims. */
  const instanceId = newId()
  let waiting: ClaimedEvent[] = []
  /** Due events may stand in the database that are not in `waiting`. */
  let behind = true
  let running: Promise<void> | null = null
  let again = false
  let stopped = true
  let isKnown = false
  /** Events that a transaction of `TURN_MS` applies, as measured. */
  let turnEvents = 64

  async function applyGroup(appId: string, events: ClaimedEvent[]): Promise<void> {
    const unknown = await database.transaction(async (tx) => {
      const notUnderstood = await applyEvents(tx, appId, events, clock())
      const processedAt = clock()
      const understood = events.filter(({ id }) => !notUnderstood.has(id)).map(({ id }) => id)
      let held = 0
      if (understood.length > 0)
        held += await store.finish(tx, instanceId, understood, { status: 'processed', error: null, processedAt })
      for (const [id, error] of notUnderstood)
        held += await store.finish(tx, instanceId, [id], { status: 'unknown', error, processedAt })
      if (held !== events.length) throw new LeaseLost(`the claim of ${events.length - held} events was lost`)
      return notUnderstood
    })
    const now = clock()
    if (events.length > unknown.size)
      metrics.eventsProcessed.inc({ outcome: 'processed' }, events.length - unknown.size)
    if (unknown.size > 0) metrics.eventsProcessed.inc({ outcome: 'unknown' }, unknown.size)
    for (const { receivedAt } of events) metrics.eventSeconds.observe((now - receivedAt) / 1000)
  }

  async function fail(event: ClaimedEvent, error: Error): Promise<void> {
    const dead = event.attempts >= MAX_ATTEMPTS
    const nextAttemptAt = clock() + backoffMs(event.attempts, RETRY_BASE_MS, RETRY_MAX_MS)
    const status = dead ? 'failed' : 'pending'
    log.warn('event {id} failed at attempt {attempt} of {max}: {error}', {
      id: event.id,
      attempt: event.attempts,
      max: MAX_ATTEMPTS,
      error,
    })
    metrics.eventsProcessed.inc({ outcome: dead ? 'failed' : 'retried' })
    await store.fail(database.queries, instanceId, event.id, { status, error: reasonOf(error), nextAttemptAt })
  }

  /** One event that cannot be applied must not hold back the others: after a failed batch each is tried alone. */
  async function processGroup(appId: string, events: ClaimedEvent[]): Promise<void> {
    try {
      await applyGroup(appId, events)
    } catch (error) {
      if (events.length > 1) for (const event of events) await processGroup(appId, [event])
      else if (error instanceof LeaseLost)
        log.warn('event {id}: {reason}', { id: events[0]!.id, reason: error.message })
      else await fail(events[0]!, error as Error)
    }
  }

  async function process(events: ClaimedEvent[]): Promise<void> {
    const applicable: ClaimedEvent[] = []
    // An event whose holder was killed again and again is given up before it is tried once more.
    for (const event of events)
      if (event.attempts > MAX_ATTEMPTS) await fail(event, new Error('its processing never came to an end'))
      else if (event.change.kind === 'unreadable') await fail(event, event.change.error)
      else applicable.push(event)
    for (const [appId, group] of Map.groupBy(applicable, (event) => event.appId)) await processGroup(appId, group)
  }

  /** Keeps this instance's claims, and takes over those of instances that died. */
  async function beat(): Promise<void> {
    isKnown = true
    await store.beat(database.queries, instanceId, database.nowMs)
    if (!database.isShared) return
    const dead = await store.endDead(database.queries, database.nowMs)
    if (dead === 0) return
    log.warn('{dead} instances gave no sign of life: their events are processed here', { dead })
    wake()
  }

  /** Fetches what is due in the database. @returns how many events were claimed. */
  async function claim(): Promise<number> {
    const rows = await store.claim(database.queries, instanceId, clock(), LEASE_MS, CLAIM_BATCH)
    behind = rows.length === CLAIM_BATCH
    for (const row of rows) if (row.appId !== null) waiting.push(toClaimed({ ...row, appId: row.appId }))
    return rows.length
  }

  /** Claims what is due and applies it, down to the last of what waits. @returns how many events it took. */
  async function processBatch(): Promise<number> {
    if (!isKnown) await beat()
    const claimed = await claim()
    const events = waiting
    waiting = []
    await process(events)
    return Math.max(claimed, events.length)
  }

  /** The events with their content. */
  async function read(events: ClaimedEvent[]): Promise<ClaimedEvent[]> {
    const unread = events.filter(({ change }) => change.kind === 'unread').map(({ id }) => id)
    if (unread.length === 0) return events
    const bodies = await store.bodies(database.queries, unread)
    return events.flatMap((event) => {
      if (event.change.kind !== 'unread') return [event]
      const body = bodies.get(event.id)
      return body === undefined ? [] : [{ ...event, change: readBody({ body, receivedAt: event.receivedAt }) }]
    })
  }

  /** One transaction's worth of what waits; its size follows how long such a transaction took. */
  async function takeTurn(): Promise<void> {
    const size = database.isShared ? MAX_TURN_EVENTS : turnEvents
    const events = await read(waiting.splice(0, size))
    const began = performance.now()
    await process(events)
    const tookMs = performance.now() - began
    if (events.length === turnEvents || tookMs > TURN_MS)
      turnEvents = Math.round(Math.min(MAX_TURN_EVENTS, Math.max(MIN_TURN_EVENTS, events.length * (TURN_MS / tookMs))))
  }

  async function run(): Promise<void> {
    try {
      do {
        again = false
        while (!stopped) {
          if (waiting.length === 0 && behind) await claim()
          if (waiting.length === 0) break
          if (isReceiving()) await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
          await takeTurn()
          // Lets requests in between, and deliveries that arrived gather into the next turn.
          await new Promise((resolve) => setImmediate(resolve))
        }
      } while (again && !stopped)
    } catch (error) {
      log.error('the event queue cannot be read, trying again at the next sweep: {error}', { error })
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

  /** Looks into the database for due events. */
  function wake(): void {
    behind = true
    go()
  }

  return {
    instanceId,
    wake,
    processBatch,
    /** Whether events stored now may be claimed at once, to be handed over by `take`. */
    canTake: (): boolean => !stopped && !behind && waiting.length < MAX_WAITING,
    /** Takes events that were stored as claimed by this instance. */
    take(events: ClaimedEvent[]): void {
      if (waiting.length < MAX_READ) waiting.push(...events)
      else for (const event of events) waiting.push({ ...event, change: { kind: 'unread' } })
      go()
    },
    async start(): Promise<void> {
      // A database of one process: whoever held something is dead.
      if (!database.isShared) await store.freeAll(database.queries)
      await beat()
      stopped = false
      await database.listen('queue', wake, wake)
      wake()
    },
    beat,
    /** Finishes the batch in hand, takes no other and gives back what waits. */
    async stop(): Promise<void> {
      const wasRunning = !stopped
      stopped = true
      again = false
      await running
      waiting = []
      if (!wasRunning) return
      await store.release(database.queries, instanceId)
      await store.endInstance(database.queries, instanceId)
    },
  }
}

/** The innermost cause says what really happened; drizzle's own message only repeats the query. */
function reasonOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error
  return `${cause.name}: ${cause.message}`.slice(0, 2000)
}
