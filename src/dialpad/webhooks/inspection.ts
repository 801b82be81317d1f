import { equalSecrets } from '../../lib/constant-time'
import type { DialpadApi, RemoteEndpoint, RemoteSubscription } from '../client/api'
import type { WebhookWithSubscriptions } from './service'
import type { SubscriptionRow, WebhookRow } from './store'

/** A difference between a webhook at Dialpad and the one this server created. */
export interface Difference {
  what: 'registration deleted' | 'address changed' | 'secret changed' | SubscriptionState
  detail: string
}
export type SubscriptionState = 'subscription deleted' | 'subscription disabled' | 'subscription changed'

/** Compares a webhook with its state at Dialpad, without changes. @param secret the expected secret. */
export async function inspect(
  api: DialpadApi,
  { webhook, subscriptions }: WebhookWithSubscriptions,
  secret: string,
): Promise<Difference[]> {
  const { appId, kind, dialpadWebhookId } = webhook
  const remote = dialpadWebhookId === null ? null : await api.endpoint(appId, kind, dialpadWebhookId)
  if (!remote) return [{ what: 'registration deleted', detail: `its ${kind} does not exist` }]
  const differences = endpointDifferences(webhook, remote, secret)
  for (const subscription of subscriptions) {
    const state = stateOf(subscription, remote.id, await api.subscriptions(appId, subscription.kind))
    if (state) differences.push({ what: state, detail: `the subscription to ${subscription.kind} events` })
  }
  return differences
}

function endpointDifferences(webhook: WebhookRow, remote: RemoteEndpoint, secret: string): Difference[] {
  const differences: Difference[] = []
  if (webhook.kind === 'webhook' && remote.url !== null && remote.url !== webhook.hookUrl)
    differences.push({ what: 'address changed', detail: 'its events go to another URL' })
  if (remote.secret !== null && !equalSecrets(remote.secret, secret))
    differences.push({ what: 'secret changed', detail: 'its deliveries are signed with another secret' })
  return differences
}

/** @returns null if the subscription at Dialpad is as requested. */
export function stateOf(
  { dialpadSubscriptionId, settings }: Pick<SubscriptionRow, 'dialpadSubscriptionId' | 'settings'>,
  endpointId: number,
  there: RemoteSubscription[],
): SubscriptionState | null {
  const remote = there.find(({ id }) => id === dialpadSubscriptionId)
  if (!remote) return 'subscription deleted'
  if (!remote.enabled) return 'subscription disabled'
  const moved = remote.endpointId !== null && remote.endpointId !== endpointId
  return moved || lacksStates(settings ?? {}, remote) || narrowed(settings ?? {}, remote)
    ? 'subscription changed'
    : null
}

/** Whether a requested state is no longer subscribed. Unknown, and so false, if Dialpad omits the list. */
function lacksStates(wanted: Record<string, unknown>, { callStates }: RemoteSubscription): boolean {
  if (callStates === null || callStates.includes('all') || !Array.isArray(wanted.call_states)) return false
  return wanted.call_states.some((state) => !callStates.includes(state as string))
}

const narrowed = (wanted: Record<string, unknown>, { direction, status }: RemoteSubscription): boolean =>
  (typeof wanted.direction === 'string' &&
    direction !== null &&
    direction !== 'all' &&
    direction !== wanted.direction) ||
  (wanted.status === true && status === false)
