import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { SecretBox } from '../lib/secret-box'
import { createSemaphore } from '../lib/semaphore'
import type { Timers } from '../lib/timers'
import type { Metrics } from '../observability/metrics'
import { matchEvents } from '../stream/filter'
import type { StreamStore } from '../stream/store'
import { createBacklog } from './backlog'
import type { DeliveryStore } from './delivery-store'
import { createFeed, type Feed } from './feed'
import { createRecorder } from './recorder'
import { createRunner, type Runner } from './runner'
import type { Sender } from './sender'
import type { EndpointRow } from './store'

const log = getLogger(['cti', 'endpoints'])

const MAX_REQUESTS = 512
/** Failing endpoints have their own limit, so that working endpoints never wait for those that hang. */
const MAX_FAILING_REQUESTS = 64
const DRAIN_MS = 3000
const RETIRE_MS = 1000
const POSITIONS_AT_ONCE = 100

/** Claims endpoints with a lease, so that one instance delivers to each, and runs their deliveries. */
export function createDeliverer(deps: {
  database: Database
  store: DeliveryStore
  stream: { store: StreamStore }
  sender: Sender
  secretBox: SecretBox
  metrics: Metrics
  clock: Clock
  timers: Timers
  instanceId: string
}) {
  const { database, store, stream, sender, secretBox, metrics, clock, timers, instanceId: owner } = deps
  const recorder = createRecorder({ database, store, owner, clock })
  const places = createSemaphore(MAX_REQUESTS)
  const placesForFailing = createSemaphore(MAX_FAILING_REQUESTS)
  const runners = new Map<string, Runner>()
  const feeds = new Map<string, Feed>()
  const retiring = new Set<string>()
  /** Endpoints whose secret cannot be decrypted with the configured keys. */
  const unreadable = new Set<string>()
  let state: 'new' | 'running' | 'stopped' = 'new'
  let turn: Promise<void> = Promise.resolve()
  const waitingApps = new Set<string>()
  let lastSweepAt = 0
  /** Number of notifications of new entries. */
  let notifications = 0

  const runnerDeps = {
    ...{ database, store, recorder, metrics, clock, timers },
    send: (posting: Parameters<Sender>[0], isFailing: boolean, signal: AbortSignal) =>
      (isFailing ? placesForFailing : places)(() => sender(posting, signal)),
  }

  /** Serializes database reads, so that no endpoint gets two runners. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = turn.then(() => (state === 'running' ? work() : undefined))
    turn = done.catch((error) => log.error('could not read endpoints, retrying: {error}', { error }))
    return done
  }

  async function refresh(appId?: string): Promise<void> {
    await store.claim(database.queries, owner, appId)
    const held = new Map((await store.held(database.queries, owner, appId)).map((row) => [row.id, row]))
    for (const [id, runner] of runners) {
      if (appId !== undefined && runner.row.appId !== appId) continue
      if (held.get(id)?.version !== runner.row.version) void retire(id, runner)
    }
    if (appId === undefined) for (const id of unreadable) if (!held.has(id)) unreadable.delete(id)
    for (const row of held.values()) if (!runners.has(row.id) && !retiring.has(row.id)) await take(row)
  }

  /** Ends the runner of a changed or lost endpoint. Lets the delivery in progress finish, so that it is not sent twice. */
  async function retire(id: string, runner: Runner): Promise<void> {
    if (retiring.has(id)) return
    retiring.add(id)
    await Promise.race([runner.drain(), Bun.sleep(RETIRE_MS)])
    drop(id, runner)
    await recorder.idle()
    // One refresh at a time: one in progress may have read the row before the last outcomes were saved, and would deliver them again.
    const { appId } = runner.row
    await inTurn(async () => {
      retiring.delete(id)
      await refresh(appId)
    }).catch(() => {})
  }

  function drop(id: string, runner: Runner): void {
    runner.close()
    runners.delete(id)
    const feed = feeds.get(runner.row.appId)
    feed?.followers.delete(runner.follower)
    if (feed?.followers.size === 0) feeds.delete(runner.row.appId)
  }

  async function take(row: EndpointRow): Promise<void> {
    const secrets = await openSecrets(row)
    if (!secrets) return
    const feed = await feedOf(row.appId)
    if (!feed) return
    const filter = { events: matchEvents(row.events), userId: row.userId }
    const backlog = createBacklog({ database, stream, appId: row.appId, filter, feed })
    const runner = createRunner(runnerDeps, { row, secrets, filter, feed, backlog })
    feed.followers.add(runner.follower)
    runners.set(row.id, runner)
    runner.wake(true)
  }

  async function openSecrets({ id, secretEncrypted, previousSecretEncrypted }: EndpointRow): Promise<string[] | null> {
    try {
      const sealed = [secretEncrypted, previousSecretEncrypted].filter((secret) => secret !== null)
      const secrets = await Promise.all(sealed.map((secret) => secretBox.open(secret)))
      unreadable.delete(id)
      return secrets
    } catch {
      if (!unreadable.has(id)) log.error('the secret of endpoint {id} cannot be decrypted; rotate it', { id })
      unreadable.add(id)
      return null
    }
  }

  /** @returns null if the app was deleted. */
  async function feedOf(appId: string): Promise<Feed | null> {
    const known = feeds.get(appId)
    if (known) return known
    const seen = notifications
    const head = await stream.store.head(database.queries, appId)
    if (!head) return null
    const feed = createFeed(head.seq, (after, limit) => stream.store.after(database.queries, appId, after, limit))
    feeds.set(appId, feed)
    // An entry may have been added after the head was read and before the feed existed.
    if (notifications !== seen) pump(appId)
    return feed
  }

  function pump(appId: string): void {
    feeds
      .get(appId)
      ?.pump()
      .catch((error) => log.error('could not read stream entries of app {appId}: {error}', { appId, error }))
  }

  function refreshSoon(appId: string): void {
    if (waitingApps.has(appId)) return
    waitingApps.add(appId)
    void inTurn(async () => {
      waitingApps.delete(appId)
      await refresh(appId)
    }).catch(() => {})
  }

  async function savePositions(): Promise<void> {
    const moved = [...runners.values()].flatMap(({ row, takeUnsaved }) => {
      const seq = takeUnsaved()
      return seq === null ? [] : [{ endpointId: row.id, replays: row.replays, deliveredSeq: seq }]
    })
    for (let at = 0; at < moved.length; at += POSITIONS_AT_ONCE)
      await database.transaction((tx) => store.move(tx, owner, moved.slice(at, at + POSITIONS_AT_ONCE)))
  }

  return {
    async start(): Promise<void> {
      state = 'running'
      const onEntry = (appId: string) => {
        notifications++
        pump(appId)
      }
      await database.listen('stream', onEntry, () => {
        notifications++
        for (const appId of feeds.keys()) pump(appId)
      })
      const onChange = (appId: string, removedId?: unknown) => {
        // Immediately, because nothing may be delivered after the response to a deletion.
        const removed = runners.get(String(removedId))
        if (removed) drop(String(removedId), removed)
        if (state === 'running') refreshSoon(appId)
      }
      const onLoss = () => void inTurn(() => refresh()).catch(() => {})
      await database.listen('endpoints', onChange, onLoss)
      await database.listen('keys', onChange, onLoss)
      await inTurn(() => refresh())
    },

    /** Takes over the endpoints of dead instances and makes up for lost notifications. */
    async sweep(): Promise<void> {
      const now = clock()
      const wasPutBack = now < lastSweepAt
      lastSweepAt = now
      await inTurn(() => refresh())
      await Promise.all([...feeds.values()].map((feed) => feed.pump()))
      for (const runner of runners.values()) runner.wake(wasPutBack)
    },

    /** Saves the positions of endpoints that had nothing to deliver, so that a restart does not read those entries again. */
    savePositions,

    /** Number of endpoints this instance delivers to. */
    size: () => runners.size,
    unreadable: (): readonly string[] => [...unreadable],

    /** Waits a few seconds for deliveries in progress, then releases the leases. */
    async stop(): Promise<void> {
      if (state !== 'running') return
      await turn
      state = 'stopped'
      const drained = Promise.all([...runners.values()].map((runner) => runner.drain()))
      await Promise.race([drained, Bun.sleep(DRAIN_MS)])
      await recorder.stop()
      await savePositions()
      for (const [id, runner] of runners) drop(id, runner)
      await store.release(database.queries, owner)
    },
  }
}
