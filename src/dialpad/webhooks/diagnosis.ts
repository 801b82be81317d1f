import type { WebhookWithSubscriptions } from './service'

export type Health = 'healthy' | 'waiting' | 'failing'

/** One sentence an operator can act on, and the word a monitor can watch. */
export function diagnose(
  { webhook, subscriptions }: WebhookWithSubscriptions,
  now: number,
): { state: Health; summary: string } {
  const kinds = subscriptions.map(({ kind }) => kind.replace('_', ' '))
  const subscribed = kinds.length > 0 ? `Subscribed to ${listed(kinds)} events` : 'Not subscribed to anything'
  const delivery =
    webhook.lastDeliveryAt === null ? 'nothing delivered yet' : `last delivery ${ago(now - webhook.lastDeliveryAt)}`
  const failures =
    webhook.failureCount === 0
      ? ''
      : `; ${webhook.failureCount} refused, last ${ago(now - (webhook.lastFailureAt ?? now))}: ${webhook.lastFailure ?? 'no reason kept'}`
  const failedLast = (webhook.lastFailureAt ?? 0) > (webhook.lastDeliveryAt ?? 0)
  const state = failedLast || kinds.length === 0 ? 'failing' : webhook.lastDeliveryAt === null ? 'waiting' : 'healthy'
  return { state, summary: `${subscribed}; ${delivery}${failures}.` }
}

const listed = (words: string[]) =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  return `${Math.round(seconds / 86_400)} days ago`
}
