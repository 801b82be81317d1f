import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import { backoffMs } from '../lib/backoff'
import type { Clock } from '../lib/clock'
import { newId } from '../lib/id'
import type { Metrics } from '../observability/metrics'
import type { ApplyEvents } from './apply'
import type { EventRow, EventStore } from './store'

/**
 * Takes due events under a lease and applies them, each app's in one transaction: the effects and "processed" commit
 * together, so an event has its effect exactly once however often its lease returns.
 */

const BATCH = 200
const LEASE_MS = 15_000
export const MAX_ATTEMPTS = 5
const RETRY_BASE_MS = 2_000
const RETRY_MAX_MS = 5 * 60_000

const log = getLogger(['cti', 'events'])

class LeaseLost extends Error {}

export type Processor = ReturnType<typeof createProcessor>

export function createProcessor(deps: {
  database: Database
  store: EventStore
  applyEvents: ApplyEvents
  metrics: Metrics
  clock: Clock
}) {
  const { database, store, applyEvents, metrics, clock } = deps
  let running: Promise<void> | null = null
  let again = false
  let stopped = true

  async function applyGroup(claimedBy: string, appId: string, events: EventRow[]): Promise<void> {
    const unknown = await database.transaction(async (tx) => {
      const notUnderstood = await applyEvents(tx, appId, events, clock())
      const processedAt = clock()
      const understood = events.filter(({ id }) => !notUnderstood.has(id)).map(({ id }) => id)
      let held = 0
      if (understood.length > 0)
        held += await store.finish(tx, claimedBy, understood, { status: 'processed', error: null, processedAt })
      for (const [id, error] of notUnderstood)
        held += await store.finish(tx, claimedBy, [id], { status: 'unknown', error, processedAt })
      if (held !== events.length) throw new LeaseLost(`lease of ${events.length - held} events was lost`)
      return notUnderstood
    })
    for (const { id, receivedAt } of events) {
      metrics.eventsProcessed.inc({ outcome: unknown.has(id) ? 'unknown' : 'processed' })
      metrics.eventSeconds.observe((clock() - receivedAt) / 1000)
    }
  }

  async function fail(claimedBy: string, event: EventRow, error: Error): Promise<void> {
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
    await store.fail(database.queries, claimedBy, event.id, { status, error: reasonOf(error), nextAttemptAt })
  }

  /** One event that cannot be applied must not hold back the others: after a failed batch each is tried alone. */
  async function processGroup(claimedBy: string, appId: string, events: EventRow[]): Promise<void> {
    try {
      await applyGroup(claimedBy, appId, events)
    } catch (error) {
      if (error instanceof LeaseLost) return log.warn(error.message)
      if (events.length === 1) return fail(claimedBy, events[0]!, error as Error)
      for (const event of events) await processGroup(claimedBy, appId, [event])
    }
  }

  /** Claims and applies one batch. @returns how many events were claimed. */
  async function processBatch(): Promise<number> {
    const claimedBy = newId()
    const claimed = await store.claim(database.queries, claimedBy, clock(), LEASE_MS, BATCH)
    // An event whose holder was killed again and again is given up before it is tried once more.
    const exhausted = claimed.filter(({ attempts }) => attempts > MAX_ATTEMPTS)
    for (const event of exhausted) await fail(claimedBy, event, new Error('its processing never came to an end'))
    const groups = Map.groupBy(
      claimed.filter(({ attempts }) => attempts <= MAX_ATTEMPTS),
      ({ appId }) => appId,
    )
    for (const [appId, events] of groups) if (appId !== null) await processGroup(claimedBy, appId, events)
    return claimed.length
  }

  async function run(): Promise<void> {
    try {
      do {
        again = false
        while (!stopped && (await processBatch()) > 0);
      } while (again && !stopped)
    } catch (error) {
      log.error('the event queue cannot be read, trying again at the next sweep: {error}', { error })
    }
  }

  function wake(): void {
    if (stopped) return
    again = true
    running ??= run().finally(() => {
      running = null
      if (again) wake()
    })
  }

  return {
    wake,
    processBatch,
    async start(): Promise<void> {
      stopped = false
      await database.listen('queue', wake, wake)
      wake()
    },
    /** Finishes the batch in hand and takes no other. */
    async stop(): Promise<void> {
      stopped = true
      again = false
      await running
    },
  }
}

/** The innermost cause says what really happened; drizzle's own message only repeats the query. */
function reasonOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error
  return `${cause.name}: ${cause.message}`.slice(0, 2000)
}
