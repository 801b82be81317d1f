import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { DomainError } from '../lib/errors'
import { newId } from '../lib/id'
import { parseJson, UnsafeInteger } from '../lib/json'
import type { Metrics } from '../observability/metrics'
import { identify, readPayload } from '../payload/event'
import type { ClaimedEvent } from './claimed'
import { createGroupCommit } from './group-commit'
import type { EventLoad } from './load'
import { LEASE_MS, type Processor } from './processor'
import type { Router } from './router'
import type { EventStore, NewEvent } from './store'
import { verifyBody } from './verify'
import type { WebhookSecrets } from './webhook-secrets'

const log = getLogger(['cti', 'events'])

export interface Receipt {
  eventId: string
  duplicate: boolean
}

/** Where an event came from: the shared route, an app's webhook, a pull connection or the backfill. */
export interface Origin {
  source: NewEvent['source']
  /** Null if the router has to find the app. */
  appId: string | null
  webhookId: string | null
  /** Deduplication key that replaces the one computed from the event. */
  key?: string
}

interface Arrival {
  row: NewEvent
  /** The parsed event; null if an operator has to route it first. */
  claimed: ClaimedEvent | null
}

export type Receiver = ReturnType<typeof createReceiver>

/** Verifies an event, finds its app, stores it and responds. The processor applies it later. */
export function createReceiver(deps: {
  database: Database
  store: EventStore
  router: Router
  webhooks: WebhookSecrets
  processor: Pick<
    Processor,
    'instanceId' | 'isIdle' | 'lockNow' | 'applyAtOnce' | 'canTake' | 'take' | 'recheck' | 'wake'
  >
  load: EventLoad
  sharedSecrets: string[]
  hmacAllowed: boolean
  metrics: Metrics
  clock: Clock
}) {
  const { database, store, router, webhooks, processor, load, sharedSecrets, hmacAllowed, metrics, clock } = deps

  /** Whether a transaction is storing and applying events now. On Postgres another transaction may store events meanwhile. */
  let isApplying = false

  const group = createGroupCommit<Arrival, Receipt>(commit, {
    parallel: database.isShared ? 2 : 1,
    failsWhole: database.isUnavailable,
  })

  /** Stores events in one commit. @returns one receipt per event, in order. */
  async function commit(arrivals: Arrival[]): Promise<Receipt[]> {
    load.countArrivals(arrivals.length)
    const mayApply = !isApplying && processor.isIdle() && !load.isBurst()
    const storing = mayApply ? storeApplied(arrivals) : storeClaimed(arrivals)
    const stored = await storing.catch((error: unknown) => {
      // A lost connection does not show whether the events are stored. If they are, no other instance may claim them.
      if (database.isUnavailable(error)) processor.recheck(arrivals.map(({ row }) => row.id))
      throw error
    })
    metrics.commitRows.observe(arrivals.length)
    const repeated = arrivals.filter(({ row }) => !stored.has(row.id)).map(({ row }) => row.dedupeKey)
    const firsts = repeated.length > 0 ? await store.idsByKeys(database.queries, repeated) : null
    return arrivals.map(({ row: { id, dedupeKey } }) =>
      stored.has(id) ? { eventId: id, duplicate: false } : { eventId: firsts?.get(dedupeKey) ?? id, duplicate: true },
    )
  }

  /** Stores events and applies the new ones in the same transaction, unless another transaction holds one of their apps. */
  async function storeApplied(arrivals: Arrival[]): Promise<Set<unknown>> {
    isApplying = true
    const isHandedOver = processor.canTake()
    try {
      const { stored, countApplied } = await database.transaction(async (tx) => {
        const events = arrivals.flatMap(({ claimed }) => claimed ?? [])
        if (!(await processor.lockNow(tx, events)))
          return { stored: await store.insertNew(tx, claimedRows(arrivals, isHandedOver)), countApplied: null }
        const ids = await store.insertNew(tx, processedRows(arrivals))
        return { stored: ids, countApplied: await processor.applyAtOnce(tx, newEvents(arrivals, ids)) }
      })
      if (countApplied) countApplied()
      else pass(arrivals, stored, isHandedOver)
      return stored
    } catch (error) {
      if (database.isUnavailable(error)) throw error
      // An event that cannot be applied must still be stored, and must not delay the others.
      return storeClaimed(arrivals)
    } finally {
      isApplying = false
    }
  }

  /** Stores events and passes the new ones, parsed, to the processor. */
  async function storeClaimed(arrivals: Arrival[]): Promise<Set<unknown>> {
    const isHandedOver = processor.canTake()
    const stored = await store.insertNew(database, claimedRows(arrivals, isHandedOver))
    pass(arrivals, stored, isHandedOver)
    return stored
  }

  function processedRows(arrivals: Arrival[]): NewEvent[] {
    const processedAt = clock()
    return arrivals.map(({ row, claimed }) =>
      claimed ? { ...row, status: 'processed', attempts: claimed.attempts, processedAt } : row,
    )
  }

  /** @param isHandedOver whether to claim the events for this instance's processor. */
  const claimedRows = (arrivals: Arrival[], isHandedOver: boolean): NewEvent[] =>
    arrivals.map(({ row, claimed }) =>
      claimed && isHandedOver
        ? {
            ...row,
            claimedBy: processor.instanceId,
            claimedUntil: claimed.receivedAt + LEASE_MS,
            attempts: claimed.attempts,
          }
        : row,
    )

  function pass(arrivals: Arrival[], stored: Set<unknown>, isHandedOver: boolean): void {
    const fresh = newEvents(arrivals, stored)
    if (fresh.length > 0) isHandedOver ? processor.take(fresh) : processor.wake()
  }

  /**
   * Stores one verified event. @param raw the signed body, unchanged. @param json its JSON text.
   * @throws DomainError body_malformed (400) if `json` is not JSON.
   */
  async function storeEvent(raw: string, json: string, origin: Origin): Promise<Receipt> {
    const { payload, problem: unreadable } = read(json)
    const identity = identify(payload, json)
    const problem = unreadable ?? identity.problem
    const appId = origin.appId ?? (await router.appOf(identity, payload))
    if (origin.appId !== null && origin.webhookId !== null) router.learn(origin.appId, payload)
    const status = problem ? 'quarantined' : appId ? 'pending' : 'unrouted'
    const receivedAt = clock()
    const id = newId()
    const { source, webhookId } = origin
    // In a burst the event waits in memory, where text costs the garbage collector less than a parsed object.
    const change: ClaimedEvent['change'] = load.isBurst()
      ? { kind: 'unread', text: json }
      : readPayload(payload, receivedAt)
    const receipt = await group.add({
      row: {
        id,
        appId,
        webhookId,
        source,
        dedupeKey: `${appId ?? 'unrouted'}:${origin.key ?? identity.key}`,
        eventType: identity.eventType,
        dialpadCallId: identity.dialpadCallId,
        body: raw,
        status,
        error: problem,
        // Due immediately, even if the clock of the instance that processes it is behind.
        nextAttemptAt: 0,
        receivedAt,
      },
      claimed: status === 'pending' && appId ? { id, appId, source, receivedAt, attempts: 1, change } : null,
    })
    metrics.eventsReceived.inc({ result: receipt.duplicate ? 'duplicate' : status })
    if (log.isEnabledFor('debug'))
      log.debug('event {id} ({type}) of app {appId} by {way} is {status}', {
        id: receipt.eventId,
        type: identity.eventType,
        appId,
        way: webhookId === null ? 'the shared route' : `webhook ${webhookId}`,
        status: receipt.duplicate ? 'a duplicate' : status,
      })
    if (status !== 'pending' && !receipt.duplicate)
      log.warn('event {id} is {status}: {reason}', {
        id: receipt.eventId,
        status,
        reason: problem ?? 'no matching app',
      })
    return receipt
  }

  function verified(body: Uint8Array, signature: string | null, secrets: string[]) {
    try {
      return verifyBody(body, signature, secrets, hmacAllowed)
    } catch (error) {
      if (error instanceof DomainError) metrics.eventsReceived.inc({ result: error.code })
      throw error
    }
  }

  /** Delivery counts since the last flush. They are informational, so they share a commit. */
  const counted = new Map<string, { deliveries: number; at: number }>()

  return {
    storeEvent,

    /** Receives a delivery on the shared route. */
    receiveShared: (body: Uint8Array, signature: string | null): Promise<Receipt> =>
      orUnavailable(async () => {
        const { raw, json } = verified(body, signature, sharedSecrets)
        return storeEvent(raw, json, { source: 'webhook', appId: null, webhookId: null })
      }),

    /** Receives a delivery on an app's webhook, signed with the webhook's secret. @throws DomainError webhook_not_found. */
    receive: (
      webhookId: string,
      body: Uint8Array,
      signature: string | null,
      source: 'webhook' | 'websocket' = 'webhook',
    ): Promise<Receipt> =>
      orUnavailable(async () => {
        const webhook = await webhooks.open(webhookId)
        if (!webhook) throw new DomainError('webhook_not_found', 'No such webhook. Delete it in Dialpad.')
        try {
          const { raw, json } = verified(body, signature, webhook.secrets)
          const receipt = await storeEvent(raw, json, { source, appId: webhook.appId, webhookId })
          counted.set(webhookId, { deliveries: (counted.get(webhookId)?.deliveries ?? 0) + 1, at: clock() })
          return receipt
        } catch (error) {
          if (error instanceof DomainError) await webhooks.countFailure(webhookId, error.detail)
          throw error
        }
      }),

    /** Writes the delivery counts to the database. */
    async flushCounts(): Promise<void> {
      const due = [...counted]
      counted.clear()
      for (const [id, { deliveries, at }] of due) await webhooks.countDeliveries(id, deliveries, at)
    },

    idle: () => group.idle(),
  }
}

/** Dialpad retries only 5xx responses, so every failure to store an event is a 503. */
async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DomainError) throw error
    throw new DomainError('database_unavailable', 'Could not store the event. Deliver it again.', { cause: error })
  }
}

/** Parses the body. A signed body with unsafe integers is stored as well, so that nothing Dialpad sent is lost. */
function read(json: string): { payload: unknown; problem: string | null } {
  try {
    return { payload: parseJson(json), problem: null }
  } catch (error) {
    if (error instanceof UnsafeInteger) return { payload: null, problem: error.message }
    throw new DomainError('body_malformed', 'The signed body is not JSON.', { cause: error })
  }
}

const newEvents = (arrivals: Arrival[], stored: Set<unknown>): ClaimedEvent[] =>
  arrivals.flatMap(({ row, claimed }) => (claimed && stored.has(row.id) ? [claimed] : []))
