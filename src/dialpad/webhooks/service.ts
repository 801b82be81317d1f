import { randomBytes } from 'node:crypto'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { DomainError } from '../../lib/errors'
import { newId } from '../../lib/id'
import type { SecretBox } from '../../lib/secret-box'
import type { DialpadApi, EndpointKind, SubscriptionKind } from '../client/api'
import { type CallState, DEFAULT_CALL_STATES, type TARGET_TYPES } from './call-states'
import { changed } from './changed'
import type { SubscriptionRow, WebhookRow, WebhookStore } from './store'

const log = getLogger(['cti', 'dialpad', 'webhooks'])
/** Dialpad may retry deliveries with the old secret for an hour (SMS), so it stays valid for a day. */
const OLD_SECRET_LIFE_MS = 24 * 3600_000

interface Target {
  target_type: (typeof TARGET_TYPES)[number]
  target_id: number
}

export interface Wanted {
  callStates?: CallState[] | undefined
  sms?: boolean | undefined
  smsDirection?: 'all' | 'inbound' | 'outbound' | undefined
  agentStatus?: boolean | undefined
  groupCallsOnly?: boolean | undefined
  /** Only events of one user, office, department, etc. Default: the whole company. */
  target?: Target | undefined
}

export interface WebhookWithSubscriptions {
  webhook: WebhookRow
  subscriptions: SubscriptionRow[]
}

export type WebhookService = ReturnType<typeof createWebhookService>

/**
 * Webhooks at Dialpad of both kinds: `webhook`, which Dialpad calls, and `websocket`, which this server pulls. Creation is
 * all or nothing. The row is stored before the request to Dialpad, so that the first delivery finds it.
 */
export function createWebhookService(deps: {
  database: Database
  store: WebhookStore
  api: DialpadApi
  secretBox: SecretBox
  publicUrl: string | null
  /** `websocket` in pull mode. */
  kind: EndpointKind
  clock: Clock
  apps: { requireApp(appId: string): Promise<unknown> }
  /** Called when an app's webhooks have changed: starts its history and wakes the pull worker. */
  onChanged(appId: string): Promise<void>
}) {
  const { database, store, api, secretBox, kind, clock, onChanged } = deps

  async function requireWebhook(id: string): Promise<WebhookRow> {
    const webhook = await store.byId(database.queries, id)
    if (!webhook) throw new DomainError('webhook_not_found', `No such webhook: ${id}`)
    return webhook
  }

  function hookUrl(id: string): string | null {
    if (kind === 'websocket') return null
    if (deps.publicUrl) return hookUrlOf(deps.publicUrl, id)
    throw new DomainError(
      'public_url_missing',
      'Set PUBLIC_URL to the public URL of this server, or set DIALPAD_DELIVERY=pull if it has none.',
    )
  }

  async function subscribe(webhook: WebhookRow, subscription: SubscriptionKind, settings: Record<string, unknown>) {
    const { appId } = webhook
    // biome-ignore lint/style/noNonNullAssertion: subscriptions are made once Dialpad has the webhook
    const dialpadSubscriptionId = await api.subscribe(appId, subscription, webhook.dialpadWebhookId!, settings)
    const row = {
      id: newId(),
      appId,
      webhookId: webhook.id,
      kind: subscription,
      dialpadSubscriptionId,
      settings,
      createdAt: clock(),
    }
    await store.insertSubscription(database.queries, row)
    return row
  }

  /** Deletes the parts of a failed creation at Dialpad. `reconcile` finds the rest by hook URL. */
  async function undo({ id, appId, kind }: WebhookRow): Promise<void> {
    const row = await store.byId(database.queries, id)
    const made = await store.subscriptions(database.queries, id)
    try {
      for (const one of made) await api.unsubscribe(appId, one.kind, one.dialpadSubscriptionId)
      if (row?.dialpadWebhookId) await api.deleteEndpoint(appId, kind, row.dialpadWebhookId)
    } catch (error) {
      log.error('could not delete an incomplete webhook of app {appId} at Dialpad; reconcile to delete it: {error}', {
        appId,
        error,
      })
    }
    await changed(database, id, (tx) => store.remove(tx, id))
  }

  async function withSubscriptions(webhook: WebhookRow): Promise<WebhookWithSubscriptions> {
    return { webhook, subscriptions: await store.subscriptions(database.queries, webhook.id) }
  }

  return {
    requireWebhook,
    get: async (id: string): Promise<WebhookWithSubscriptions> => withSubscriptions(await requireWebhook(id)),
    list: async (appId?: string): Promise<WebhookWithSubscriptions[]> =>
      Promise.all((await store.list(database.queries, appId)).map(withSubscriptions)),

    /** @throws DialpadApiError if Dialpad rejects any part; then nothing is created. */
    async create(appId: string, wanted: Wanted): Promise<WebhookWithSubscriptions> {
      await deps.apps.requireApp(appId)
      const id = newId()
      const url = hookUrl(id)
      const secret = randomBytes(32).toString('base64url')
      const now = clock()
      await store.insert(database.queries, {
        id,
        appId,
        kind,
        hookUrl: url,
        secretEncrypted: await secretBox.seal(secret),
        createdAt: now,
        updatedAt: now,
      })
      const webhook = await requireWebhook(id)
      try {
        const made = await api.createEndpoint(appId, kind, { ...(url ? { hook_url: url } : {}), secret })
        webhook.dialpadWebhookId = made.id
        await changed(database, id, (tx) => store.update(tx, id, { dialpadWebhookId: made.id }))
        for (const [subscription, settings] of subscriptionsOf(wanted)) await subscribe(webhook, subscription, settings)
      } catch (error) {
        await undo(webhook)
        throw error
      }
      await onChanged(appId)
      return withSubscriptions(webhook)
    },

    async addSubscription(id: string, subscription: SubscriptionKind, wanted: Wanted): Promise<SubscriptionRow> {
      const webhook = await requireWebhook(id)
      return subscribe(webhook, subscription, settingsOf(subscription, wanted))
    },

    async removeSubscription(id: string, subscriptionId: string): Promise<void> {
      const { appId } = await requireWebhook(id)
      const found = await store.subscription(database.queries, id, subscriptionId)
      if (!found) throw new DomainError('subscription_not_found', `No such subscription: ${subscriptionId}`)
      await api.unsubscribe(appId, found.kind, found.dialpadSubscriptionId)
      await store.removeSubscription(database.queries, subscriptionId)
    },

    /** @param force deletes it here even if Dialpad is unreachable. */
    async remove(id: string, force: boolean): Promise<void> {
      const { webhook, subscriptions } = await withSubscriptions(await requireWebhook(id))
      try {
        for (const one of subscriptions) await api.unsubscribe(webhook.appId, one.kind, one.dialpadSubscriptionId)
        if (webhook.dialpadWebhookId) await api.deleteEndpoint(webhook.appId, webhook.kind, webhook.dialpadWebhookId)
      } catch (error) {
        if (!force || !(error instanceof DomainError)) throw error
        log.warn('deleted webhook {id} here; it may still exist at Dialpad: {reason}', {
          id,
          reason: error.message,
        })
      }
      await changed(database, id, (tx) => store.remove(tx, id))
      await onChanged(webhook.appId)
    },

    /**
     * Gives the webhook a new secret. The server accepts both before the request to Dialpad and for a day afterwards, so that
     * no delivery is rejected. Then it reads the current secret from Dialpad.
     */
    async rotateSecret(id: string): Promise<void> {
      const webhook = await requireWebhook(id)
      if (webhook.kind === 'websocket' || webhook.dialpadWebhookId === null)
        throw new DomainError('conflict', 'A websocket has no secret to rotate. Delete it and create a new one.')
      const remote = await api.endpoint(webhook.appId, 'webhook', webhook.dialpadWebhookId)
      if (!remote)
        throw new DomainError('conflict', 'This webhook no longer exists at Dialpad. Reconcile the webhooks first.')
      const inUse = remote.secret ? await secretBox.seal(remote.secret) : webhook.secretEncrypted
      const secret = randomBytes(32).toString('base64url')
      const sealed = await secretBox.seal(secret)
      const until = clock() + OLD_SECRET_LIFE_MS
      const both = { previousSecretUntil: until, updatedAt: clock() }
      const rotated = { ...both, secretEncrypted: sealed, previousSecretEncrypted: inUse }
      await changed(database, id, (tx) => store.update(tx, id, rotated))
      try {
        await api.updateWebhook(webhook.appId, webhook.dialpadWebhookId, { secret })
      } catch (error) {
        // The change may have succeeded although the response was lost, so both secrets stay valid.
        await changed(database, id, (tx) =>
          store.update(tx, id, { ...both, secretEncrypted: inUse, previousSecretEncrypted: sealed }),
        )
        throw error
      }
    },
  }
}

export const hookUrlOf = (publicUrl: string, id: string): string => `${publicUrl}/webhooks/dialpad/${id}`

function subscriptionsOf(wanted: Wanted): [SubscriptionKind, Record<string, unknown>][] {
  const kinds: SubscriptionKind[] = ['call']
  if (wanted.sms ?? true) kinds.push('sms')
  if (wanted.agentStatus) kinds.push('agent_status')
  return kinds.map((subscription) => [subscription, settingsOf(subscription, wanted)])
}

/** The settings of a subscription in Dialpad's terms. */
function settingsOf(subscription: SubscriptionKind, wanted: Wanted): Record<string, unknown> {
  if (subscription === 'agent_status') return { agent_type: 'callcenter' }
  if (subscription === 'sms')
    return { direction: wanted.smsDirection ?? 'all', status: true, include_internal: true, ...wanted.target }
  return {
    call_states: wanted.callStates ?? DEFAULT_CALL_STATES,
    ...(wanted.groupCallsOnly ? { group_calls_only: true } : {}),
    ...wanted.target,
  }
}
