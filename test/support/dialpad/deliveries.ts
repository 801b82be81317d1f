import { createHmac } from 'node:crypto'
import { visibleTo } from './event-scopes'
import type { Endpoint, State, Subscription, SubscriptionKind } from './state'

const ANSWER_WITHIN_MS = 5000
/** Waits after a 5xx, by kind of event. 4xx, 429 included, is never tried again. */
const RETRY_AFTER_MS: Record<SubscriptionKind, number[]> = {
  call: [2000, 4000, 8000],
  sms: [30, 60, 120, 300, 600, 900, 1200, 1800, 2700, 3600].map((seconds) => seconds * 1000),
  agent_status: [100, 200, 400, 800],
}
const UNREACHABLE_RETRIES = 2

export interface Delivery {
  kind: SubscriptionKind
  endpointId: number
  event: Record<string, unknown>
  /** What each attempt met: a status, `unreachable`, `timeout`, or `frame` for a websocket. */
  attempts: (number | 'unreachable' | 'timeout' | 'frame' | 'no socket')[]
  delivered: boolean
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The body of a delivery: the compact JWT itself, or plain JSON for an endpoint without a secret. */
export function signedBody(event: Record<string, unknown>, secret: string | null): string {
  if (secret === null) return JSON.stringify(event)
  const signed = `${encode({ alg: 'HS256', typ: 'vnd.dialpad.event+jwt' })}.${encode(event)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

export interface DeliverySettings {
  /** Waits between attempts; a test passes one that does not really wait. */
  wait: (ms: number) => Promise<void>
  contentType: string
}

/** Sends events to every subscribed endpoint, by Dialpad's rules of delivery. */
export function createDeliveries(
  state: State,
  settings: DeliverySettings,
  sendFrame: (endpointId: number, body: string) => number,
) {
  const log: Delivery[] = []
  const underWay = new Set<Promise<void>>()

  async function post(endpoint: Endpoint, delivery: Delivery): Promise<void> {
    const waits = RETRY_AFTER_MS[delivery.kind]
    const body = signedBody(delivery.event, endpoint.secret)
    let unreachable = 0
    for (let retry = 0; ; retry++) {
      try {
        const response = await fetch(endpoint.hookUrl!, {
          method: 'POST',
          body,
          headers: { 'content-type': settings.contentType, 'user-agent': 'Dialpad-Webhook' },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        })
        await response.text()
        delivery.attempts.push(response.status)
        delivery.delivered = response.ok
        if (response.status < 500 || retry >= waits.length) return
        await settings.wait(waits[retry]!)
      } catch (error) {
        delivery.attempts.push(
          error instanceof DOMException && error.name === 'TimeoutError' ? 'timeout' : 'unreachable',
        )
        if (++unreachable > UNREACHABLE_RETRIES) return
        await settings.wait(100)
      }
    }
  }

  async function send(subscription: Subscription, event: Record<string, unknown>): Promise<void> {
    const endpoint = state.endpoints.get(subscription.endpointId)
    if (!endpoint) return
    const delivery: Delivery = {
      kind: subscription.kind,
      endpointId: endpoint.id,
      event,
      attempts: [],
      delivered: false,
    }
    log.push(delivery)
    if (endpoint.kind === 'webhook') return post(endpoint, delivery)
    const sockets = sendFrame(endpoint.id, signedBody(event, endpoint.secret))
    delivery.attempts.push(sockets > 0 ? 'frame' : 'no socket')
    delivery.delivered = sockets > 0
  }

  return {
    log,
    /** Delivers to every subscriber; resolves when the last attempt is over. Call events that nobody received are gone, as at Dialpad. */
    deliver(kind: SubscriptionKind, event: Record<string, unknown>): Promise<void> {
      const snapshot = structuredClone(event)
      const subscribed = [...state.subscriptions.values()].filter((one) => one.kind === kind && wants(one, snapshot))
      const work = Promise.all(subscribed.map((one) => send(one, visibleTo(state, one, snapshot)))).then(() => {})
      underWay.add(work)
      void work.finally(() => underWay.delete(work))
      return work
    },
    /** Resolves when no delivery is under way. */
    async settled(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

function wants({ kind, enabled, settings }: Subscription, event: Record<string, unknown>): boolean {
  if (!enabled) return false
  const target = event.target as { id?: unknown } | undefined
  if (settings.target_id !== undefined && Number(target?.id) !== settings.target_id) return false
  if (kind === 'call') {
    const states = settings.call_states as string[] | undefined
    return !states || states.length === 0 || states.includes('all') || states.includes(String(event.state))
  }
  if (kind === 'sms') {
    const isUpdate = event.message_status !== 'pending' && event.direction === 'outbound'
    return (
      (settings.direction === 'all' || settings.direction === event.direction) &&
      (!isUpdate || settings.status === true)
    )
  }
  return true
}
