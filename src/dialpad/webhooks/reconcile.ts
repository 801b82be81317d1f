import { createHmac } from 'node:crypto'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { equalSecrets } from '../../lib/constant-time'
import { newId } from '../../lib/id'
import type { SecretBox } from '../../lib/secret-box'
import type { DialpadApi, RemoteEndpoint } from '../client/api'
import { changed } from './changed'
import { stateOf } from './inspection'
import { hookUrlOf } from './service'
import type { SubscriptionRow, WebhookRow, WebhookStore } from './store'

export const REPAIRS = [
  'webhook recreated',
  'subscription recreated',
  'orphan deleted at Dialpad',
  'secret adopted from Dialpad',
  'hook URL changed at Dialpad',
] as const
export const CHECKS = ['registered', 'subscribed', 'secret', 'reachable'] as const

export interface Repair {
  webhook_id: string | null
  what: (typeof REPAIRS)[number]
  detail: string
}

export interface Check {
  name: (typeof CHECKS)[number]
  ok: boolean
  detail: string
}

const log = getLogger(['cti', 'dialpad', 'webhooks'])
const REACH_MS = 5000

export type WebhookReconciler = ReturnType<typeof createWebhookReconciler>

/** Compares the webhooks of this server with those at Dialpad and repairs differences. */
export function createWebhookReconciler(deps: {
  database: Database
  store: WebhookStore
  api: DialpadApi
  secretBox: SecretBox
  publicUrl: string | null
  clock: Clock
  /** Called when all webhooks of the app are correct. */
  onReconciled?: (appId: string, repairs: Repair[]) => Promise<void>
}) {
  const { database, store, api, secretBox, publicUrl, clock, onReconciled = async () => {} } = deps

  /** `PUBLIC_URL`, or the URL at Dialpad, may have changed. */
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
      repairs.push({ webhook_id: webhook.id, what: 'webhook recreated', detail: `at Dialpad ${made.id}` })
      return made
    }
    if (remote.secret && !equalSecrets(remote.secret, await secretBox.open(webhook.secretEncrypted))) {
      const secretEncrypted = await secretBox.seal(remote.secret)
      await changed(database, webhook.id, (tx) => store.update(tx, webhook.id, { secretEncrypted, updatedAt: clock() }))
      repairs.push({
        webhook_id: webhook.id,
        what: 'secret adopted from Dialpad',
        detail: 'the secret had been changed there',
      })
    }
    return remote
  }

  /** @param isNew whether the webhook was just recreated, so that it has no subscriptions. */
  async function ensureSubscribed(
    webhook: WebhookRow,
    endpointId: number,
    isNew: boolean,
    repairs: Repair[],
  ): Promise<void> {
    for (const mine of await store.subscriptions(database.queries, webhook.id)) {
      const there = isNew ? [] : await api.subscriptions(webhook.appId, mine.kind)
      const state = stateOf(mine, endpointId, there)
      if (state === null) continue
      await api.unsubscribe(webhook.appId, mine.kind, mine.dialpadSubscriptionId)
      const dialpadSubscriptionId = await api.subscribe(webhook.appId, mine.kind, endpointId, mine.settings ?? {})
      await store.updateSubscription(database.queries, mine.id, { dialpadSubscriptionId })
      repairs.push({ webhook_id: webhook.id, what: 'subscription recreated', detail: `${mine.kind}: ${state}` })
    }
  }

  /** Deletes unknown webhooks at Dialpad with a URL of this server, left by an interrupted creation. */
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
      const detail = `${webhook.hookUrl} responded with ${response.status}`
      return {
        name: 'reachable',
        ok: response.ok,
        detail: response.ok ? detail : `${detail}; it must respond with 200`,
      }
    } catch {
      return { name: 'reachable', ok: false, detail: `${webhook.hookUrl} did not respond to this server within 5 s` }
    }
  }

  return {
    /** @returns the repairs; empty if there was no difference. */
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

    /** Tests one webhook end to end. Changes only its delivery count. */
    async test(webhook: WebhookRow, subscriptions: SubscriptionRow[]): Promise<Check[]> {
      const { appId, kind, dialpadWebhookId } = webhook
      const remote = dialpadWebhookId === null ? null : await api.endpoint(appId, kind, dialpadWebhookId)
      if (!remote) return [{ name: 'registered', ok: false, detail: 'missing at Dialpad; reconcile to recreate it' }]
      const secret = await secretBox.open(webhook.secretEncrypted).catch((error: Error) => error)
      if (secret instanceof Error)
        return [
          { name: 'registered', ok: true, detail: `id at Dialpad: ${remote.id}` },
          { name: 'secret', ok: false, detail: secret.message },
        ]
      const missing: string[] = []
      for (const one of subscriptions) {
        const there = await api.subscriptions(appId, one.kind)
        if (!there.some(({ id, enabled }) => id === one.dialpadSubscriptionId && enabled)) missing.push(one.kind)
      }
      const same = remote.secret === null || equalSecrets(remote.secret, secret)
      const checks: Check[] = [
        { name: 'registered', ok: true, detail: `id at Dialpad: ${remote.id}` },
        {
          name: 'subscribed',
          ok: missing.length === 0 && subscriptions.length > 0,
          detail:
            missing.length > 0
              ? `missing at Dialpad: ${missing.join(', ')}; reconcile to recreate them`
              : `${subscriptions.length} subscriptions`,
        },
        {
          name: 'secret',
          ok: same,
          detail: same ? 'same on both sides' : 'changed at Dialpad; reconcile to adopt it',
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
