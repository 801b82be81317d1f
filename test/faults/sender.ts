import { callDeliveries, type Delivery, smsDelivery } from './deliveries'
import type { Random } from './random'

/**
 * Delivers as Dialpad does: success is a 2xx within 5 s; a 5xx is retried after 2, 4 and 8 s (calls) or 30 s and more
 * (SMS); a 4xx never; a connection that fails is tried once more at once. What it gives up, the server never answered for.
 */

const ANSWER_WITHIN_MS = 5000
const RETRY_MS = { call: [2000, 4000, 8000], sms: Array.from({ length: 10 }, (_, n) => 30_000 * 1.7 ** n) }
const QUICK_RETRY_MS = 100
/** Conversations under way at once: a server that is away does not make the sender's memory grow. */
const MAX_UNDER_WAY = 400

export interface Sent extends Delivery {
  /** Its id as the server answered it; null while no 2xx came. */
  eventId: string | null
}

export interface SenderCounts {
  requests: number
  unavailable: number
  refused: string[]
  failedConnections: number
}

/**
 * @param urlOf the address of the n-th request, as a load balancer chooses it.
 * @param perSecond conversations begun: a call of three events, or a message.
 */
export function startSender(urlOf: (n: number) => string, perSecond: number, random: Random) {
  const sent: Sent[] = []
  const counts: SenderCounts = { requests: 0, unavailable: 0, refused: [], failedConnections: 0 }
  const firstId = 5_000_000_000_000_000 + random.between(0, 1_000_000) * 1_000_000
  const waits = new Set<() => void>()
  let [begun, underWay] = [0, 0]
  let isOver = false

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        waits.delete(end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      waits.add(end)
      if (isOver) end()
    })

  /** @returns the answer's status, 0 where none came in time. */
  async function attempt(one: Sent): Promise<number> {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    try {
      const url = `${urlOf(counts.requests++)}/webhooks/dialpad`
      const answer = await fetch(url, { method: 'POST', body: one.body, signal })
      const text = await answer.text()
      if (answer.ok) one.eventId = (JSON.parse(text) as { event_id: string }).event_id
      else if (answer.status >= 500) counts.unavailable++
      else counts.refused.push(`${answer.status} ${text.slice(0, 200)}`)
      return answer.status
    } catch {
      counts.failedConnections++
      return 0
    }
  }

  async function deliver(delivery: Delivery): Promise<void> {
    const one: Sent = { ...delivery, eventId: null }
    sent.push(one)
    const later = [...RETRY_MS[one.kind]]
    let quick = 1
    for (;;) {
      const status = await attempt(one)
      const waitMs = status >= 500 ? later.shift() : status === 0 && quick-- > 0 ? QUICK_RETRY_MS : undefined
      if (waitMs === undefined) return
      await pause(waitMs)
      if (isOver) return
    }
  }

  async function converse(): Promise<void> {
    const id = firstId + begun++
    const events = random.isOneIn(3) ? [smsDelivery(id, Date.now())] : callDeliveries(id, Date.now())
    underWay++
    for (const event of events) {
      if (isOver) break
      // Dialpad has sent the same event twice, at once: it must not count twice.
      const copies = random.isOneIn(20) ? 2 : 1
      await Promise.all(Array.from({ length: copies }, () => deliver(event)))
    }
    underWay--
  }

  const begin = async () => {
    while (!isOver) {
      if (underWay < MAX_UNDER_WAY) void converse()
      await pause((-Math.log(1 - random.next()) * 1000) / perSecond)
    }
  }
  const beginning = begin()

  return {
    sent,
    counts,
    /** Begins nothing new, gives up what waits for a retry, and resolves when every request is answered. */
    async stop(): Promise<void> {
      isOver = true
      for (const end of [...waits]) end()
      await beginning
      while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    },
  }
}
