import { iso } from '../../lib/clock'
import type { WebhookWithSubscriptions } from './service'

export type WebhookHealth = 'healthy' | 'waiting' | 'failing'

/**
 * A sentence for operators and a state for monitoring. The sentence contains times and no durations, so that it only
 * changes when something happens.
 */
export function diagnose({ webhook, subscriptions }: WebhookWithSubscriptions): {
  state: WebhookHealth
  summary: string
} {
  const kinds = subscriptions.map(({ kind }) => kind.replace('_', ' '))
  const subscribed = kinds.length > 0 ? `Subscribed to ${listed(kinds)} events` : 'Not subscribed to anything'
  const delivery =
    webhook.lastDeliveryAt === null ? 'nothing delivered yet' : `last delivery ${iso(webhook.lastDeliveryAt)}`
  const lastFailure = webhook.lastFailureAt === null ? '' : `, last ${iso(webhook.lastFailureAt)}`
  const failures =
    webhook.failureCount === 0
      ? ''
      : `; ${webhook.failureCount} rejected${lastFailure}: ${webhook.lastFailure ?? 'unknown reason'}`
  const failedLast = (webhook.lastFailureAt ?? 0) > (webhook.lastDeliveryAt ?? 0)
  const state = failedLast || kinds.length === 0 ? 'failing' : webhook.lastDeliveryAt === null ? 'waiting' : 'healthy'
  return { state, summary: `${subscribed}; ${delivery}${failures}.` }
}

const listed = (words: string[]) =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
