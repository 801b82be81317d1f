import { getLogger } from '@logtape/logtape'
import type { AppStore } from '../apps/store'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { DomainError } from '../lib/errors'
import { newId } from '../lib/id'
import { parseLossless, UnsafeInteger } from '../lib/lossless-json'
import type { SecretBox } from '../lib/secret-box'
import type { Metrics } from '../observability/metrics'
import { identify } from '../payload/event'
import { createGroupCommit } from './group-commit'
import type { EventStore, NewEvent } from './store'
import { verifyBody } from './verify'
import type { WebhookSecretStore } from './webhook-store'

const log = getLogger(['cti', 'ingest'])

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

export type Receiver = ReturnType<typeof createReceiver>

/** verify → find the app → store durably → answer. Nothing is processed here. */
export function createReceiver(deps: {
  database: Database
  events: EventStore
  apps: AppStore
  webhooks: WebhookSecretStore
  secretBox: SecretBox
  sharedSecrets: string[]
  hmacAllowed: boolean
  metrics: Metrics
  clock: Clock
  /** Told after a commit that left work for the processor. */
  onStored(): void
}) {
  const { database, events, apps, webhooks, secretBox, sharedSecrets, hmacAllowed, metrics, clock, onStored } = deps

  const group = createGroupCommit<NewEvent, Receipt>(async (rows) => {
    const stored = await events.insertNew(database.queries, rows)
    metrics.commitRows.observe(rows.length)
    const repeated = rows.filter(({ id }) => !stored.has(id)).map(({ dedupeKey }) => dedupeKey)
    const firsts = repeated.length > 0 ? await events.idsByKeys(database.queries, repeated) : new Map<string, string>()
    if (rows.some(({ id, status }) => stored.has(id) && status === 'pending')) onStored()
    return rows.map(({ id, dedupeKey }) =>
      stored.has(id) ? { eventId: id, duplicate: false } : { eventId: firsts.get(dedupeKey) ?? id, duplicate: true },
    )
  })

  /** The app of an organisation, else the only app there is, else null: an operator assigns it. */
  async function findApp(orgId: number | null): Promise<string | null> {
    if (orgId !== null) {
      const ofOrg = await apps.idsByOrg(database.queries, orgId)
      if (ofOrg.length > 0) return ofOrg.length === 1 ? ofOrg[0]! : null
    }
    const all = await apps.firstTwoIds(database.queries)
    return all.length === 1 ? all[0]! : null
  }

  /** Stores one event. @param json its JSON text; @param raw the body as it was signed. */
  async function store(raw: string, json: string, origin: Origin): Promise<Receipt> {
    const { payload, problem: unreadable } = read(json)
    const identity = identify(payload, json)
    const appId = origin.appId ?? (await findApp(identity.orgId))
    const problem = unreadable ?? identity.problem
    const status = problem ? 'quarantined' : appId ? 'pending' : 'unrouted'
    const receivedAt = clock()
    const receipt = await group.add({
      id: newId(),
      appId,
      webhookId: origin.webhookId,
      source: origin.source,
      dedupeKey: `${appId ?? 'unrouted'}:${origin.key ?? identity.key}`,
      eventType: identity.eventType,
      dialpadCallId: identity.dialpadCallId,
      body: raw,
      status,
      error: problem,
      nextAttemptAt: receivedAt,
      receivedAt,
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

  async function verified(body: Uint8Array, signature: string | null, secrets: string[]) {
    try {
      return await verifyBody(body, signature, secrets, hmacAllowed)
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
        const { raw, json } = await verified(body, signature, sharedSecrets)
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
        const webhook = await webhooks.secrets(database.queries, webhookId)
        if (!webhook) throw new DomainError('webhook_not_found', 'There is no such webhook; delete it at Dialpad.')
        const secrets = [await secretBox.open(webhook.secretEncrypted)]
        if (webhook.previousSecretEncrypted && (webhook.previousSecretUntil ?? 0) > clock())
          secrets.push(await secretBox.open(webhook.previousSecretEncrypted))
        try {
          const { raw, json } = await verified(body, signature, secrets)
          const receipt = await store(raw, json, { source, appId: webhook.appId, webhookId })
          counted.set(webhookId, { deliveries: (counted.get(webhookId)?.deliveries ?? 0) + 1, at: clock() })
          return receipt
        } catch (error) {
          if (error instanceof DomainError)
            await webhooks.countFailure(database.queries, webhookId, error.detail, clock())
          throw error
        }
      }),

    /** Writes the delivery counts down. */
    async flushCounts(): Promise<void> {
      const due = [...counted]
      counted.clear()
      for (const [id, { deliveries, at }] of due) await webhooks.countDeliveries(database.queries, id, deliveries, at)
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

/** A signed body that is no JSON is kept too: what Dialpad sent is evidence, not noise. */
function read(json: string): { payload: unknown; problem: string | null } {
  try {
    return { payload: parseLossless(json), problem: null }
  } catch (error) {
    if (error instanceof UnsafeInteger) return { payload: null, problem: error.message }
    throw new DomainError('body_malformed', 'The signed body is not JSON.')
  }
}
