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

/** Where an event came in: the shared route, one app's own webhook, or a source of ours. */
export interface Origin {
  source: NewEvent['source']
  /** Null where the app has yet to be found. */
  appId: string | null
  webhookId: string | null
  /** Tells this event from others, instead of what it says of itself. */
  key?: string
}

interface Arrival {
  row: NewEvent
  /** The event as it is processed; null for one that waits for an operator. */
  claimed: ClaimedEvent | null
}

/** More stored events than this since the last look mean a burst: receiving goes before processing. */
const BURST = 48

export type Receiver = ReturnType<typeof createReceiver>

/** verify → find the app → store durably → answer. Nothing is processed here. */
export function createReceiver(deps: {
  database: Database
  store: EventStore
  router: Router
  webhooks: WebhookSecrets
  processor: Pick<Processor, 'instanceId' | 'canTake' | 'take' | 'wake'>
  sharedSecrets: string[]
  hmacAllowed: boolean
  metrics: Metrics
  clock: Clock
}) {
  const { database, router, webhooks, processor, sharedSecrets, hmacAllowed, metrics, clock } = deps
  let storedSinceLook = 0

  const group = createGroupCommit<Arrival, Receipt>(commit, {
    parallel: database.isShared ? 2 : 1,
    failsWhole: database.isUnavailable,
  })

  /** Stores events in one commit and hands the new ones to the processor, claimed and read. */
  async function commit(arrivals: Arrival[]): Promise<Receipt[]> {
    const isHandedOver = processor.canTake()
    if (isHandedOver)
      for (const { row, claimed } of arrivals)
        if (claimed)
          Object.assign(row, {
            claimedBy: processor.instanceId,
            claimedUntil: claimed.receivedAt + LEASE_MS,
            attempts: claimed.attempts,
          })
    const rows = arrivals.map(({ row }) => row)
    const stored = await deps.store.insertNew(database, rows)
    metrics.commitRows.observe(rows.length)
    storedSinceLook += rows.length
    const fresh = arrivals.flatMap(({ row, claimed }) => (claimed && stored.has(row.id) ? [claimed] : []))
    if (fresh.length > 0) isHandedOver ? processor.take(fresh) : processor.wake()
    const repeated = rows.filter(({ id }) => !stored.has(id)).map(({ dedupeKey }) => dedupeKey)
    const firsts = repeated.length > 0 ? await deps.store.idsByKeys(database.queries, repeated) : null
    return rows.map(({ id, dedupeKey }) =>
      stored.has(id) ? { eventId: id, duplicate: false } : { eventId: firsts?.get(dedupeKey) ?? id, duplicate: true },
    )
  }

  /** Stores one event. @param json its JSON text; @param raw the body as it was signed. */
  async function store(raw: string, json: string, origin: Origin): Promise<Receipt> {
    const { payload, problem: unreadable } = read(json)
    const identity = identify(payload, json)
    const appId = origin.appId ?? (await router.appOf(identity))
    const problem = unreadable ?? identity.problem
    const status = problem ? 'quarantined' : appId ? 'pending' : 'unrouted'
    const receivedAt = clock()
    const id = newId()
    const { source, webhookId } = origin
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
        nextAttemptAt: receivedAt,
        receivedAt,
      },
      claimed:
        status === 'pending' && appId
          ? { id, appId, source, receivedAt, attempts: 1, change: readPayload(payload, receivedAt) }
          : null,
    })
    metrics.eventsReceived.inc({ result: receipt.duplicate ? 'duplicate' : status })
    if (status !== 'pending' && !receipt.duplicate)
      log.warn('event {id} is {status}: {reason}', {
        id: receipt.eventId,
        status,
        reason: problem ?? 'no app could be found for it',
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

  /** Deliveries counted since the last flush: figures for a person, so they cost no commit of their own. */
  const counted = new Map<string, { deliveries: number; at: number }>()

  return {
    store,

    /** A delivery to the shared route. */
    receiveShared: (body: Uint8Array, signature: string | null): Promise<Receipt> =>
      orUnavailable(async () => {
        const { raw, json } = verified(body, signature, sharedSecrets)
        return store(raw, json, { source: 'webhook', appId: null, webhookId: null })
      }),

    /** A delivery to one app's own webhook, signed with its own secret. @throws DomainError webhook_not_found. */
    receive: (
      webhookId: string,
      body: Uint8Array,
      signature: string | null,
      source: 'webhook' | 'websocket' = 'webhook',
    ): Promise<Receipt> =>
      orUnavailable(async () => {
        const webhook = await webhooks.open(webhookId)
        if (!webhook) throw new DomainError('webhook_not_found', 'There is no such webhook; delete it at Dialpad.')
        try {
          const { raw, json } = verified(body, signature, webhook.secrets)
          const receipt = await store(raw, json, { source, appId: webhook.appId, webhookId })
          counted.set(webhookId, { deliveries: (counted.get(webhookId)?.deliveries ?? 0) + 1, at: clock() })
          return receipt
        } catch (error) {
          if (error instanceof DomainError) await webhooks.countFailure(webhookId, error.detail)
          throw error
        }
      }),

    /** Writes the delivery counts down. */
    async flushCounts(): Promise<void> {
      const due = [...counted]
      counted.clear()
      for (const [id, { deliveries, at }] of due) await webhooks.countDeliveries(id, deliveries, at)
    },

    /** Whether a burst of deliveries is coming in since this was last asked. */
    isReceiving(): boolean {
      const burst = storedSinceLook > BURST
      storedSinceLook = 0
      return burst
    },

    idle: () => group.idle(),
  }
}

/** Dialpad retries a 5xx alone, so whatever keeps an event from being stored is a 503. */
async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DomainError) throw error
    log.error('an event could not be stored: {error}', { error })
    throw new DomainError('database_unavailable', 'The event could not be stored; deliver it again.')
  }
}

/** A signed body whose numbers cannot be kept is stored too: what Dialpad sent is evidence, not noise. */
function read(json: string): { payload: unknown; problem: string | null } {
  try {
    return { payload: parseJson(json), problem: null }
  } catch (error) {
    if (error instanceof UnsafeInteger) return { payload: null, problem: error.message }
    throw new DomainError('body_malformed', 'The signed body is not JSON.')
  }
}
