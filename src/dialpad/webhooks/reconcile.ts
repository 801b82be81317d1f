import { createHmac } from 'node:crypto'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { newId } from '../../lib/id'
import type { SecretBox } from '../../lib/secret-box'
import type { DialpadApi, RemoteEndpoint } from '../client/api'
import { changed } from './changed'
import { stateOf } from './inspection'
import { hookUrlOf } from './service'
import type { SubscriptionRow, WebhookRow, WebhookStore } from './store'

export interface Repair {
  webhook_id: string | null
  what:
    | 'webhook created anew'
    | 'subscription created anew'
    | 'orphan deleted at Dialpad'
    | 'secret taken over from Dialpad'
    | 'hook URL changed at Dialpad'
  detail: string
}

export interface Check {
  name: 'registered' | 'subscribed' | 'secret' | 'reachable'
  ok: boolean
  detail: string
}

const log = getLogger(['cti', 'dialpad', 'webhooks'])
const REACH_MS = 5000

export type WebhookReconciler = ReturnType<typeof createWebhookReconciler>

/** Compares what this server believes with what Dialpad really has, and mends the difference. */
export function createWebhookReconciler(deps: {
  database: Database
  store: WebhookStore
  api: DialpadApi
  secretBox: SecretBox
  publicUrl: string | null
  clock: Clock
  /** Called when everything of the app is as it should be. */
  onReconciled?: (appId: string, repairs: Repair[]) => Promise<void>
}) {
  const { database, store, api, secretBox, publicUrl, clock, onReconciled = async () => {} } = deps

  /** `PUBLIC_URL` may have changed since, or the address at Dialpad. */
  async function ensureAddress(webhook: WebhookRow, remote: RemoteEndpoint, repairs: Repair[]): Promise<void> {
    const hookUrl = publicUrl && webhook.kind === 'webhook' ? hookUrlOf(publicUrl, webhook.id) : webhook.hookUrl
    if (hookUrl === null || (remote.url === hookUrl && webhook.hookUrl === hookUrl)) return
    if (remote.url !== hookUrl) await api.updateWebhook(webhook.appId, remote.id, { hook_url: hookUrl })
    await changed(database, webhook.id, (tx) => store.update(tx, webhook.id, { hookUrl, updatedAt: clock() }))
    repairs.push({
      webhook_id: webhook.id,
      what: 'hook URL changed at Dialpad',
      detail: `from ${remote.url} to ${hookUrl}`,
    })
  }

  async function ensureRegistered(webhook: WebhookRow, repairs: Repair[]): Promise<RemoteEndpoint> {
    const remote =
      webhook.dialpadWebhookId === null
        ? null
        : await api.endpoint(webhook.appId, webhook.kind, webhook.dialpadWebhookId)
    if (!remote) {
      const secret = await secretBox.open(webhook.secretEncrypted)
      const hook = webhook.hookUrl ? { hook_url: webhook.hookUrl } : {}
      const made = await api.createEndpoint(webhook.appId, webhook.kind, { ...hook, secret })
      await changed(database, webhook.id, (tx) =>
        store.update(tx, webhook.id, { dialpadWebhookId: made.id, updatedAt: clock() }),
      )
      repairs.push({ webhook_id: webhook.id, what: 'webhook created anew', detail: `at Dialpad ${made.id}` })
      return made
    }
    if (remote.secret && remote.secret !== (await secretBox.open(webhook.secretEncrypted))) {
      const secretEncrypted = await secretBox.seal(remote.secret)
      await changed(database, webhook.id, (tx) => store.update(tx, webhook.id, { secretEncrypted, updatedAt: clock() }))
      repairs.push({
        webhook_id: webhook.id,
        what: 'secret taken over from Dialpad',
        detail: 'it had been changed there',
      })
    }
    return remote
  }

  /** @param anew the registration has just been made, so nothing can be subscribed to it. */
  async function ensureSubscribed(
    webhook: WebhookRow,
    endpointId: number,
    anew: boolean,
    repairs: Repair[],
  ): Promise<void> {
    for (const mine of await store.subscriptions(database.queries, webhook.id)) {
      const there = anew ? [] : await api.subscriptions(webhook.appId, mine.kind)
      const state = stateOf(mine, endpointId, there)
      if (state === null) continue
      await api.unsubscribe(webhook.appId, mine.kind, mine.dialpadSubscriptionId)
      const dialpadSubscriptionId = await api.subscribe(webhook.appId, mine.kind, endpointId, mine.settings ?? {})
      await store.updateSubscription(database.queries, mine.id, { dialpadSubscriptionId })
      repairs.push({ webhook_id: webhook.id, what: 'subscription created anew', detail: `${mine.kind}: ${state}` })
    }
  }

  /** Webhooks at Dialpad that point at this server but that it does not know: left by a creation that was cut short. */
  async function removeOrphans(appId: string, repairs: Repair[]): Promise<void> {
    if (!publicUrl) return
    const known = new Set((await store.list(database.queries)).map(({ hookUrl }) => hookUrl))
    for (const { id, url } of await api.endpoints(appId, 'webhook')) {
      if (!url?.startsWith(`${publicUrl}/webhooks/dialpad/`) || known.has(url)) continue
      await api.deleteEndpoint(appId, 'webhook', id)
      repairs.push({ webhook_id: null, what: 'orphan deleted at Dialpad', detail: `${id} (${url})` })
    }
  }

  async function reachable(webhook: WebhookRow): Promise<Check> {
    const signed = sign(
      { event_type: 'cti.test', id: newId(), sent_at: clock() },
      await secretBox.open(webhook.secretEncrypted),
    )
    try {
      // biome-ignore lint/style/noNonNullAssertion: only webhooks with an address are checked; sockets have none
      const response = await fetch(webhook.hookUrl!, {
        method: 'POST',
        body: signed,
        headers: { 'content-type': 'application/jwt' },
        signal: AbortSignal.timeout(REACH_MS),
        redirect: 'manual',
      })
      await response.body?.cancel()
      const detail = `${webhook.hookUrl} answered ${response.status}`
      return { name: 'reachable', ok: response.ok, detail: response.ok ? detail : `${detail}; it must answer 200` }
    } catch {
      return { name: 'reachable', ok: false, detail: `${webhook.hookUrl} cannot be reached from here within 5 s` }
    }
  }

  return {
    /** @returns what was mended; empty when nothing differed. */
    async reconcile(appId: string): Promise<Repair[]> {
      const repairs: Repair[] = []
      for (const webhook of await store.list(database.queries, appId)) {
        const remote = await ensureRegistered(webhook, repairs)
        await ensureAddress(webhook, remote, repairs)
        await ensureSubscribed(webhook, remote.id, remote.id !== webhook.dialpadWebhookId, repairs)
      }
      await removeOrphans(appId, repairs)
      for (const { webhook_id, what, detail } of repairs)
        log.info('reconciled webhook {webhookId}: {what} ({detail})', { webhookId: webhook_id, what, detail })
      await onReconciled(appId, repairs)
      return repairs
    },

    /** Tries one registration from end to end; changes nothing but the count of deliveries. */
    async test(webhook: WebhookRow, subscriptions: SubscriptionRow[]): Promise<Check[]> {
      const { appId, kind, dialpadWebhookId } = webhook
      const remote = dialpadWebhookId === null ? null : await api.endpoint(appId, kind, dialpadWebhookId)
      if (!remote)
        return [{ name: 'registered', ok: false, detail: 'Dialpad does not have it; reconcile creates it anew' }]
      const secret = await secretBox.open(webhook.secretEncrypted).catch((error: Error) => error)
      if (secret instanceof Error)
        return [
          { name: 'registered', ok: true, detail: `at Dialpad as ${remote.id}` },
          { name: 'secret', ok: false, detail: secret.message },
        ]
      const missing: string[] = []
      for (const one of subscriptions) {
        const there = await api.subscriptions(appId, one.kind)
        if (!there.some(({ id, enabled }) => id === one.dialpadSubscriptionId && enabled)) missing.push(one.kind)
      }
      const same = remote.secret === null || remote.secret === secret
      const checks: Check[] = [
        { name: 'registered', ok: true, detail: `at Dialpad as ${remote.id}` },
        {
          name: 'subscribed',
          ok: missing.length === 0 && subscriptions.length > 0,
          detail:
            missing.length > 0
              ? `missing at Dialpad: ${missing.join(', ')}; reconcile creates them anew`
              : `${subscriptions.length} subscriptions`,
        },
        {
          name: 'secret',
          ok: same,
          detail: same ? 'the same on both sides' : 'changed at Dialpad; reconcile takes it over',
        },
      ]
      return kind === 'websocket' ? checks : [...checks, await reachable(webhook)]
    },
  }
}

function sign(event: Record<string, unknown>, secret: string): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(event)}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}
