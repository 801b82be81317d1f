import { getLogger } from '@logtape/logtape'
import type { CredentialWatch, LiveCredentials } from '../auth/credential-watch'
import type { Database } from '../db/database'
import type { Metrics } from '../observability/metrics'
import { type Filter, passes, topicsOfEntry, topicsOfFilter } from './filter'
import type { StreamRow, StreamStore } from './store'

/**
 * Sends committed stream entries to this instance's sockets. For each app with local subscribers it stores `published`, the
 * last `seq` sent to Bun's topics. A notification makes it read from there. A resuming socket reads old entries from the
 * database up to `published` and joins its topics in the same tick, so that it receives each entry exactly once.
 */

const PAGE = 500
const MAX_BUFFERED_BYTES = 1024 * 1024
const SILENT_BEATS = 2

export const CLOSE_UNAUTHORIZED = 4401
export const CLOSE_SLOW = 4408
/** The WebSocket protocol's own codes. */
export const CLOSE_POLICY = 1008
export const CLOSE_INTERNAL = 1011
const CLOSE_GOING_AWAY = 1001

const log = getLogger(['cti', 'stream'])

/** The part of Bun's ServerWebSocket the hub uses. */
export interface Socket {
  send(text: string): number
  ping(): number
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  close(code: number, reason: string): void
  terminate(): void
  getBufferedAmount(): number
}

export interface Subscriber {
  readonly socket: Socket
  appId: string
  filter: Filter
  topics: string[]
  missedBeats: number
  closing: boolean
  /** Stops watching the credentials. */
  unwatch(): void
  /** Number of subscriptions, so that a newer one ends a running catch-up. */
  generation: number
}

interface AppFeed {
  /** Resolves once `published` is known. */
  ready: Promise<void>
  published: number
  /** All live and resuming subscribers. Without any, the feed is removed. */
  subscribers: Set<Subscriber>
  pumping: boolean
  again: boolean
}

export type Hub = ReturnType<typeof createHub>

export function createHub(deps: { database: Database; store: StreamStore; metrics: Metrics; watch: CredentialWatch }) {
  const { database, store, metrics, watch } = deps
  const feeds = new Map<string, AppFeed>()
  const subscribers = new Set<Subscriber>()
  let publish: (topic: string, text: string) => void = () => {}

  function feedOf(appId: string): AppFeed {
    const existing = feeds.get(appId)
    if (existing) return existing
    const load = async () => {
      feed.published = (await store.head(database.queries, appId))?.seq ?? 0
      feed.pumping = false
      if (feed.again) void pump(appId)
    }
    const feed: AppFeed = {
      ready: Promise.resolve(),
      published: 0,
      subscribers: new Set(),
      pumping: true,
      again: false,
    }
    feeds.set(appId, feed)
    feed.ready = load().catch((error) => {
      // A newer feed with its own subscribers may have replaced this one.
      if (feeds.get(appId) === feed) feeds.delete(appId)
      throw error
    })
    return feed
  }

  /** Publishes entries committed after `published`. One run per app at a time; a notification during a run extends it. */
  async function pump(appId: string): Promise<void> {
    const feed = feeds.get(appId)
    if (!feed) return
    if (feed.pumping) {
      feed.again = true
      return
    }
    feed.pumping = true
    try {
      let full = true
      while (full || feed.again) {
        feed.again = false
        const entries = await store.after(database.queries, appId, feed.published, PAGE)
        if (feeds.get(appId) !== feed) return
        full = entries.length === PAGE
        publishAll(appId, feed, entries)
      }
    } catch (error) {
      log.error('could not read stream entries of app {appId}, retrying at the next sweep: {error}', {
        appId,
        error,
      })
    } finally {
      feed.pumping = false
    }
  }

  function publishAll(appId: string, feed: AppFeed, entries: StreamRow[]): void {
    for (const entry of entries) {
      for (const topic of topicsOfEntry(appId, entry)) publish(topic, entry.data)
      feed.published = entry.seq
    }
    metrics.socketMessages.inc(entries.length)
    if (entries.length > 0) for (const subscriber of feed.subscribers) closeWhenSlow(subscriber)
  }

  /** Publishes entries that this process has just committed, unless others come before them. */
  function publishNext(appId: string, entries: StreamRow[]): void {
    const feed = feeds.get(appId)
    if (feed && !feed.pumping && entries[0]?.seq === feed.published + 1) publishAll(appId, feed, entries)
    else void pump(appId)
  }

  function closeWhenSlow(subscriber: Subscriber): void {
    if (subscriber.socket.getBufferedAmount() > MAX_BUFFERED_BYTES) end(subscriber, CLOSE_SLOW, 'too slow', 'slow')
  }

  /** Sends the reason and closes the socket. A peer that does not read it is disconnected at the next beat. */
  function end(subscriber: Subscriber, code: number, reason: string, label: string): void {
    if (subscriber.closing) return
    subscriber.closing = true
    leave(subscriber)
    metrics.socketsClosed.inc({ reason: label })
    subscriber.socket.close(code, reason)
  }

  function leave(subscriber: Subscriber): void {
    subscriber.unwatch()
    for (const topic of subscriber.topics) subscriber.socket.unsubscribe(topic)
    subscriber.topics = []
    const feed = feeds.get(subscriber.appId)
    feed?.subscribers.delete(subscriber)
    if (feed?.subscribers.size === 0) feeds.delete(subscriber.appId)
  }

  const sendJson = (subscriber: Subscriber, message: object) => subscriber.socket.send(JSON.stringify(message))

  /**
   * Sends the entries after `since`, then joins the topics in the same tick in which no published entry is left to send.
   * Ends early if the socket closes or subscribes again.
   */
  async function follow(subscriber: Subscriber, feed: AppFeed, since: number): Promise<void> {
    const { generation } = subscriber
    let seq = since
    while (seq < feed.published) {
      const entries = await store.after(database.queries, subscriber.appId, seq, PAGE)
      if (subscriber.closing || subscriber.generation !== generation) return
      const past = entries.filter((entry) => entry.seq <= feed.published)
      for (const entry of past) if (passes(subscriber.filter, entry)) subscriber.socket.send(entry.data)
      closeWhenSlow(subscriber)
      if (subscriber.closing) return
      seq = past.at(-1)?.seq ?? feed.published
    }
    subscriber.topics = topicsOfFilter(subscriber.appId, subscriber.filter)
    for (const topic of subscriber.topics) subscriber.socket.subscribe(topic)
  }

  return {
    /** @param toTopic Bun's `server.publish`. */
    async start(toTopic: (topic: string, text: string) => void): Promise<void> {
      publish = toTopic
      const pumpAll = () => {
        for (const appId of feeds.keys()) void pump(appId)
      }
      await database.listen(
        'stream',
        (appId, entries) => (entries ? publishNext(appId, entries as StreamRow[]) : void pump(appId)),
        pumpAll,
      )
    },

    register(socket: Socket): Subscriber {
      const subscriber: Subscriber = {
        socket,
        appId: '',
        filter: { events: null, userId: null },
        topics: [],
        missedBeats: 0,
        closing: false,
        unwatch: () => {},
        generation: 0,
      }
      subscribers.add(subscriber)
      metrics.sockets.set(subscribers.size)
      return subscriber
    },

    /**
     * Starts or replaces the subscription of a socket. @param since last `seq` the client has; null for new entries only.
     * Sends a gap message for purged entries.
     */
    async subscribe(
      subscriber: Subscriber,
      to: LiveCredentials & { filter: Filter; since: number | null },
    ): Promise<void> {
      leave(subscriber)
      const generation = ++subscriber.generation
      Object.assign(subscriber, { appId: to.appId, filter: to.filter })
      subscriber.unwatch = watch.add(to, () => end(subscriber, CLOSE_UNAUTHORIZED, 'credentials ended', 'credentials'))
      const feed = feedOf(to.appId)
      feed.subscribers.add(subscriber)
      await feed.ready
      const purgedSeq = to.since === null ? 0 : ((await store.head(database.queries, to.appId))?.purgedSeq ?? 0)
      if (subscriber.closing || subscriber.generation !== generation) return
      const { published } = feed
      sendJson(subscriber, { type: 'subscribed', app_id: to.appId, seq: published })
      if (to.since !== null && to.since < purgedSeq)
        sendJson(subscriber, { type: 'gap', from: to.since + 1, to: purgedSeq })
      if (to.since !== null && to.since > published)
        sendJson(subscriber, { type: 'gap', from: published + 1, to: to.since })
      await follow(subscriber, feed, to.since === null ? published : Math.max(to.since, purgedSeq))
    },

    markAlive(subscriber: Subscriber): void {
      subscriber.missedBeats = 0
    },

    remove(subscriber: Subscriber): void {
      subscriber.closing = true
      leave(subscriber)
      subscribers.delete(subscriber)
      metrics.sockets.set(subscribers.size)
    },

    end,

    /** Runs every 30 s: pings all peers and disconnects those that were silent for two beats or did not finish closing. */
    beat(): void {
      for (const subscriber of subscribers) {
        if (subscriber.closing || subscriber.missedBeats >= SILENT_BEATS) {
          metrics.socketsClosed.inc({ reason: 'silent' })
          subscriber.socket.terminate()
        } else {
          subscriber.missedBeats++
          subscriber.socket.ping()
        }
      }
    },

    /** Recovers from lost notifications. */
    async sweep(): Promise<void> {
      for (const [appId, feed] of feeds) if (feed.subscribers.size > 0) await pump(appId)
    },

    stop(): void {
      for (const subscriber of subscribers) end(subscriber, CLOSE_GOING_AWAY, 'server stops', 'shutdown')
    },
    size: () => subscribers.size,
  }
}
