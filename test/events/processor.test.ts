import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import type { Database } from '../../src/db/database'
import { type ClaimedEvent, toClaimed } from '../../src/events/claimed'
import { createInstanceStore } from '../../src/events/instance-store'
import { createEventLoad } from '../../src/events/load'
import { createProcessor, LEASE_MS, type Processor } from '../../src/events/processor'
import { createReceiver } from '../../src/events/receive'
import { createEventStore, type EventStore } from '../../src/events/store'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startLog } from '../support/log'
import { agentStatus, createQueue, keepAlive, type Queue } from '../support/queue'
import { until } from '../support/until'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describe.each(backends)('the processor on %s', (name, open) => {
  let database: Database
  let queue: Queue
  beforeEach(async () => {
    database = await open()
    queue = await createQueue(database)
  })
  afterEach(() => database.close())

  test('a processor that lost its lease while it worked commits nothing: the effect is there once', async () => {
    const { apps, webhookEvents } = database.tables
    await queue.receive(agentStatus(1))
    const { promise: locked, resolve: isLocked } = Promise.withResolvers<void>()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    // While the app's row is locked, a processor can claim but not apply.
    const holding = database.transaction(async (tx) => {
      await tx.update(apps).set({ updatedAt: queue.now + 1 })
      isLocked()
      await released
    })
    await locked
    const holder = async () => (await database.queries.select().from(webhookEvents))[0]!.claimedBy
    const slow = queue.services.events.processor.processBatch()
    if (name === 'Postgres') await until('the slow one to hold the event', async () => (await holder()) !== null)
    const first = name === 'Postgres' ? await holder() : null
    let done = false
    const quick = queue.settle(queue.servicesAt(() => queue.now + 60 * MINUTE)).finally(() => {
      done = true
    })
    if (name === 'Postgres')
      await until('another to hold the event, or to leave it', async () => done || (await holder()) !== first)
    release()
    await Promise.all([holding, slow, quick])
    expect((await queue.entries()).map(({ on_duty_status }) => on_duty_status)).toEqual(['status-1'])
    expect(await queue.services.events.queue.stats()).toMatchObject([{ status: 'processed', count: 1 }])
  })

  test('an event that is stored while the queue is being read is processed without another sign', async () => {
    const { processor: _, ...events } = queue.services.events
    const store = createEventStore(database)
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    let claims = 0
    const applied: string[] = []
    const processor = createProcessor({
      database,
      store: {
        ...store,
        async claim(...args) {
          const rows = await store.claim(...args)
          if (claims++ === 0) await released
          return rows
        },
      },
      instances: createInstanceStore(database),
      apps: { store: { lock: async () => null } },
      applyEvents: async (_tx, _appId, some) => {
        applied.push(...some.map(({ id }) => id))
        return new Map()
      },
      metrics: queue.services.metrics,
      clock: () => queue.now,
      load: createEventLoad(),
    })
    await processor.start()
    await until('the queue to be read', () => claims === 1)
    const { eventId } = await queue.receive(agentStatus(1))
    processor.wake()
    release()
    await until('the event', () => applied.includes(eventId))
    await processor.stop()
    expect(await events.queue.stats()).toMatchObject([{ status: 'processed', count: 1 }])
  })

  test('a holder whose lease is over can neither end nor give back what another holds', async () => {
    const store = createEventStore(database)
    const { eventId } = await queue.receive(agentStatus(1))
    for (const holder of ['slow', 'quick']) await keepAlive(database, holder)
    await store.claim(database.queries, 'slow', queue.now, MINUTE, 10)
    expect(await store.claim(database.queries, 'quick', queue.now + MINUTE - 1, MINUTE, 10)).toEqual([])
    expect(await store.claim(database.queries, 'quick', queue.now + MINUTE, MINUTE, 10)).toHaveLength(1)
    const held = await queue.services.events.queue.get(eventId)
    const failed = { status: 'failed' as const, error: 'Error: too late', nextAttemptAt: queue.now }
    await store.fail(database.queries, 'slow', eventId, failed)
    const processed = { status: 'processed' as const, error: null, processedAt: queue.now }
    expect(await store.finish(database.queries, 'slow', [eventId], processed)).toBe(0)
    expect(await queue.services.events.queue.get(eventId)).toEqual(held)
    expect(await store.finish(database.queries, 'quick', [eventId], processed)).toBe(1)
  })

  /** A processor over the same database, with the ids and changes of what it applied, and the ids that it refuses. */
  function createOther(load = createEventLoad(), changed: Partial<EventStore> = {}) {
    const store = { ...createEventStore(database), ...changed }
    const applied: string[][] = []
    const changes: ClaimedEvent['change'][] = []
    const broken = new Set<string>()
    const processor = createProcessor({
      database,
      store,
      instances: createInstanceStore(database),
      apps: { store: { lock: async () => null } },
      applyEvents: async (_tx, _appId, some) => {
        if (some.some(({ id }) => broken.has(id))) throw new Error('not like this')
        applied.push(some.map(({ id }) => id))
        changes.push(...some.map(({ change }) => change))
        return new Map()
      },
      metrics: queue.services.metrics,
      clock: () => queue.now,
      load,
    })
    return { processor, store, applied, changes, broken }
  }

  test('an instance that starts applies what a dead one held; a living one keeps its own where several may run', async () => {
    const { processor, store, applied } = createOther()
    await keepAlive(database, 'living')
    const ids: string[] = []
    for (const holder of ['living', 'dead']) {
      ids.push((await queue.receive(agentStatus(ids.length))).eventId)
      await store.claim(database.queries, holder, queue.now, LEASE_MS, 10)
    }
    await processor.start()
    await until("the dead one's event", () => applied.flat().includes(ids[1]!))
    await processor.stop()
    expect(applied.flat().toSorted()).toEqual(name === 'Postgres' ? [ids[1]!] : ids)
  })

  test('an instance that ends gives back what it holds without a counted try, and takes nothing from another', async () => {
    const { webhookEvents, instances } = database.tables
    const [store, beats] = [createEventStore(database), createInstanceStore(database)]
    for (const [at, holder] of ['ends', 'stays'].entries()) {
      for (const number of [1, 2]) await queue.receive(agentStatus(10 * at + number))
      await keepAlive(database, holder)
      await store.claim(database.queries, holder, queue.now, LEASE_MS, 10)
    }
    await store.release(database.queries, 'ends')
    await beats.end(database.queries, 'ends')
    const rows = await database.queries.select().from(webhookEvents).orderBy(webhookEvents.id)
    expect(rows.map(({ claimedBy, attempts }) => [claimedBy, attempts])).toEqual([
      [null, 0],
      [null, 0],
      ['stays', 1],
      ['stays', 1],
    ])
    expect((await database.queries.select().from(instances)).map(({ id }) => id)).toEqual(['stays'])
  })

  /** A processor that holds `count` events in memory, as after a burst. */
  async function createHolder(count: number) {
    const { processor, store, applied } = createOther()
    await processor.beat()
    for (let n = 0; n < count; n++) await queue.receive(agentStatus(n))
    const rows = await store.claim(database.queries, processor.instanceId, queue.now, LEASE_MS, count)
    processor.take(rows.map((row) => toClaimed({ ...row, appId: queue.appId })))
    return { processor, store, applied, ids: rows.map(({ id }) => id) }
  }

  test('a burst of deliveries does not hold up what waits in the database', async () => {
    const burst = createEventLoad(() => 0)
    burst.countArrivals(1_000_000)
    expect(burst.isBurst()).toBe(true)
    const { eventId } = await queue.receive(agentStatus(1))
    const { processor, applied } = createOther(burst)
    await processor.start()
    await until('the event', () => applied.flat().includes(eventId))
    await processor.stop()
  })

  /** A receiver whose events an instance that is alive takes over: `handedOver`, by id. */
  async function createHandOver(processor: Partial<Processor>, failing: Partial<EventStore> = {}) {
    const { webhooks, router } = queue.services.events
    const { processor: keeper, store } = createOther()
    const handedOver: ClaimedEvent[] = []
    const receiver = createReceiver({
      ...{
        database,
        store: { ...store, ...failing },
        router,
        webhooks,
        metrics: queue.services.metrics,
        clock: () => queue.now,
      },
      ...{ sharedSecrets: [], hmacAllowed: false, load: createEventLoad() },
      processor: {
        ...keeper,
        isIdle: () => false,
        canTake: () => true,
        take: (events) => handedOver.push(...events),
        ...processor,
      },
    })
    for (const holder of [keeper.instanceId, 'other']) await keepAlive(database, holder)
    const body = JSON.stringify(agentStatus(1))
    const origin = { source: 'webhook' as const, appId: queue.appId, webhookId: null }
    return { store, handedOver, receipt: await receiver.storeEvent(body, body, origin) }
  }

  test('what an instance hands over to itself is its own for five minutes; then another may have it', async () => {
    const { store, handedOver, receipt } = await createHandOver({})
    expect(handedOver.map(({ id }) => id)).toEqual([receipt.eventId])
    expect(await store.claim(database.queries, 'other', queue.now + LEASE_MS - 1, MINUTE, 10)).toEqual([])
    expect(await store.claim(database.queries, 'other', queue.now + LEASE_MS, MINUTE, 10)).toHaveLength(1)
    expect(LEASE_MS).toBe(5 * MINUTE)
  })

  test('an event whose app another transaction holds is no duplicate, and is applied later', async () => {
    const { handedOver, receipt } = await createHandOver({ isIdle: () => true, lockNow: async () => false })
    expect(receipt.duplicate).toBe(false)
    expect(handedOver.map(({ id }) => id)).toEqual([receipt.eventId])
  })

  test('an event that is stored although its sender was refused is processed at the next sweep', async () => {
    const lost = name === 'Postgres' ? 'CONNECTION_CLOSED' : 'SQLITE_IOERR'
    const store = createEventStore(database)
    const { processor, applied } = createOther()
    await processor.start()
    await until('the queue to be read', processor.isIdle)
    const refused = createHandOver(
      { ...processor, isIdle: () => false },
      {
        async insertNew(...insert: Parameters<EventStore['insertNew']>) {
          await store.insertNew(...insert)
          throw Object.assign(new Error('the response was lost'), { code: lost })
        },
      },
    )
    expect(await refused.catch(({ code }) => code)).toBe(lost)
    processor.wake()
    await until('the event', () => applied.length > 0)
    await processor.stop()
  })

  test('an event whose body stayed in the database is read from there when its turn comes, and applied', async () => {
    const { processor, changes } = createOther()
    await processor.start()
    const { handedOver } = await createHandOver({ instanceId: processor.instanceId })
    processor.take(handedOver.map((event) => ({ ...event, change: { kind: 'unread', text: null } })))
    await until('the event', () => changes.length > 0)
    await processor.stop()
    expect(changes).toEqual(handedOver.map(({ change }) => change))
  })

  test('an event that waits for an operator is a warning in the log, with the reason and once', async () => {
    await insertApp(database, 'Two', T0)
    const written = await startLog()
    const store = async (payload: object) => {
      const body = JSON.stringify(payload)
      const origin = { source: 'webhook' as const, appId: null, webhookId: null }
      return (await queue.services.events.receiver.storeEvent(body, body, origin)).eventId
    }
    const [unrouted, quarantined] = [await store(agentStatus(1)), await store({ state: 'ringing' })]
    await store(agentStatus(1))
    await queue.receive(agentStatus(2))
    const warnings = (await written())
      .split('\n')
      .filter((line) => line.includes('"WARN'))
      .map((line) => JSON.parse(line).message)
    expect(warnings).toEqual([
      `event ${unrouted} is unrouted: no matching app`,
      expect.stringContaining(`event ${quarantined} is quarantined: `),
    ])
  })

  test('every event is counted once, by what became of it', async () => {
    const { services } = queue
    const counted = async () => {
      const { values } = await services.metrics.eventsProcessed.get()
      return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]))
    }
    await queue.receive({ event_type: 'fax.received', fax: { id: 4 } })
    const broken = await queue.receive(agentStatus(1))
    await queue.breakBody(broken.eventId)
    for (const number of [2, 3]) await queue.receive(agentStatus(number))
    await queue.settle()
    expect(await counted()).toEqual({ processed: 2, unknown: 1, retried: 1 })
    for (let attempt = 2; attempt <= 5; attempt++) {
      queue.now += 10 * MINUTE
      await queue.settle()
    }
    expect(await counted()).toEqual({ processed: 2, unknown: 1, retried: 4, failed: 1 })
  })

  test('events that wait longer than their lease are neither claimed again nor applied one by one', async () => {
    const { processor, applied, ids } = await createHolder(20)
    queue.now += LEASE_MS + 1
    await processor.processBatch()
    expect(applied).toEqual([ids])
    const rows = await database.queries.select().from(database.tables.webhookEvents)
    expect(rows.map(({ status, attempts }) => [status, attempts])).toEqual(ids.map(() => ['processed', 1]))
  })

  test('when another instance took over some of the events, the rest are applied together', async () => {
    const { processor, store, applied, ids } = await createHolder(20)
    await keepAlive(database, 'quick')
    queue.now += LEASE_MS + 1
    const taken = await store.claim(database.queries, 'quick', queue.now, LEASE_MS, 3)
    await processor.processBatch()
    expect(applied).toEqual([ids, ids.filter((id) => !taken.some((row) => row.id === id))])
    expect(await queue.services.events.queue.stats()).toEqual(
      expect.arrayContaining([expect.objectContaining({ status: 'processed', count: 17 })]),
    )
  })

  test('an event whose holder dies each time is claimed fifty times and becomes a dead letter without an effect', async () => {
    const store = createEventStore(database)
    const { eventId } = await queue.receive(agentStatus(1))
    for (let death = 1; death <= 50; death++) {
      expect(await store.claim(database.queries, `dies ${death}`, queue.now, MINUTE, 10)).toHaveLength(1)
      queue.now += MINUTE
    }
    await queue.settle()
    expect(await queue.services.events.queue.get(eventId)).toMatchObject({ status: 'failed', processedAt: null })
    expect((await queue.services.events.queue.get(eventId)).error).toContain('never finished')
    expect(await queue.entries()).toEqual([])
    queue.now += DAY
    expect(await queue.services.events.processor.processBatch()).toBe(0)
    await queue.services.events.queue.replay(eventId)
    await queue.settle()
    expect(await queue.entries()).toHaveLength(1)
  })

  test('an event whose effects are refused is free for its next try, with the reason, and those beside it are applied', async () => {
    const { processor, applied, broken } = createOther()
    const ids: string[] = []
    for (const number of [1, 2, 3]) ids.push((await queue.receive(agentStatus(number))).eventId)
    broken.add(ids[1]!)
    await processor.processBatch()
    expect(applied.flat()).toEqual([ids[0]!, ids[2]!])
    const event = await queue.services.events.queue.get(ids[1]!)
    expect(event).toMatchObject({ status: 'pending', attempts: 1, claimedBy: null, error: 'Error: not like this' })
    expect(event.nextAttemptAt).toBeGreaterThan(queue.now)
  })

  test('a dead letter that cannot be recorded is an error of its batch, stays in the queue, and holds up no other', async () => {
    const { webhookEvents } = database.tables
    const away = new Error('the database is away')
    const { processor, applied } = createOther(createEventLoad(), { fail: () => Promise.reject(away) })
    const { eventId } = await queue.receive(agentStatus(1))
    await database.queries.update(webhookEvents).set({ attempts: 50 })
    const next = await queue.receive(agentStatus(2))
    await expect(processor.processBatch()).rejects.toThrow(away)
    expect(await processor.processBatch()).toBe(1)
    expect(applied).toEqual([[next.eventId]])
    expect((await queue.services.events.queue.get(eventId)).status).toBe('pending')
    queue.now += LEASE_MS
    await queue.settle()
    expect((await queue.services.events.queue.get(eventId)).status).toBe('failed')
  })

  test('events whose batch met a database that is away are applied after it, before later ones, and no try was counted', async () => {
    const store = createEventStore(database)
    const away = Object.assign(new Error('away'), { code: name === 'Postgres' ? 'CONNECTION_CLOSED' : 'SQLITE_FULL' })
    let isAway = true
    const { processor, applied } = createOther(createEventLoad(), {
      finish: async (...result) => (isAway ? Promise.reject(away) : store.finish(...result)),
    })
    const ids: string[] = []
    for (const number of [1, 2, 3]) ids.push((await queue.receive(agentStatus(number))).eventId)
    await expect(processor.processBatch()).rejects.toThrow(away)
    ids.push((await queue.receive(agentStatus(4))).eventId)
    isAway = false
    await processor.processBatch()
    expect(applied.at(-1)).toEqual(ids)
    for (const id of ids)
      expect(await queue.services.events.queue.get(id)).toMatchObject({ status: 'processed', attempts: 1, error: null })
  })

  test('while the queue cannot be read the processor is not idle: what arrives does not pass what may be waiting', async () => {
    const store = createEventStore(database)
    let isAway = false
    const { processor } = createOther(createEventLoad(), {
      claim: async (...claim) => (isAway ? Promise.reject(new Error('the database is away')) : store.claim(...claim)),
    })
    await processor.start()
    await until('the empty queue to be read', () => processor.isIdle())
    isAway = true
    await expect(processor.processBatch()).rejects.toThrow('away')
    expect(processor.isIdle()).toBe(false)
    isAway = false
    processor.wake()
    await until('the queue to be read again', () => processor.isIdle())
    await processor.stop()
  })

  test('events that only waited while their holders were killed are applied, each once', async () => {
    const store = createEventStore(database)
    for (let i = 0; i < 20; i++) await queue.receive(agentStatus(i))
    for (let death = 1; death <= 30; death++) {
      expect(await store.claim(database.queries, `dies ${death}`, queue.now, MINUTE, 100)).toHaveLength(20)
      queue.now += MINUTE
    }
    await queue.settle()
    const statuses = (await queue.entries()).map(({ on_duty_status }) => on_duty_status)
    expect(statuses.toSorted()).toEqual(Array.from({ length: 20 }, (_, i) => `status-${i}`).toSorted())
    expect(await queue.services.events.queue.stats()).toMatchObject([{ status: 'processed', count: 20 }])
  })

  test('an event received by a clock that is a day ahead is processed at once by another one', async () => {
    const ahead = queue.servicesAt(() => queue.now + DAY).events
    const body = JSON.stringify(agentStatus(1))
    await ahead.receiver.storeEvent(body, body, { source: 'webhook', appId: queue.appId, webhookId: null })
    await queue.settle()
    expect(await queue.entries()).toHaveLength(1)
  })

  test('a failed event is tried again although the clock was set back by a day', async () => {
    const { eventId } = await queue.receive(agentStatus(1))
    await queue.breakBody(eventId)
    await queue.settle()
    queue.now -= DAY
    expect(await queue.services.events.processor.processBatch()).toBe(1)
    expect(await queue.services.events.queue.get(eventId)).toMatchObject({ status: 'pending', attempts: 2 })
  })

  test('an event whose holder died four times is still applied', async () => {
    const store = createEventStore(database)
    await queue.receive(agentStatus(1))
    for (let death = 1; death <= 4; death++) {
      await store.claim(database.queries, `dies ${death}`, queue.now, MINUTE, 10)
      queue.now += MINUTE
    }
    await queue.settle()
    expect(await queue.entries()).toHaveLength(1)
  })

  test('an event that fails is tried five times, each time later, then never again until it is replayed, with five new tries', async () => {
    const { eventId } = await queue.receive(agentStatus(1))
    await queue.breakBody(eventId)
    for (const _round of ['received', 'replayed']) {
      for (let attempt = 1; attempt <= 5; attempt++) {
        await queue.settle()
        const event = await queue.services.events.queue.get(eventId)
        expect(event).toMatchObject({ attempts: attempt, status: attempt < 5 ? 'pending' : 'failed' })
        expect(event.error).toContain('SyntaxError')
        const wait = event.nextAttemptAt - queue.now
        expect(wait).toBeGreaterThanOrEqual(1000 * 2 ** (attempt - 1))
        expect(wait).toBeLessThanOrEqual(2000 * 2 ** (attempt - 1))
        queue.now = event.nextAttemptAt - 1
        expect(await queue.services.events.processor.processBatch()).toBe(0)
        queue.now++
      }
      queue.now += DAY
      expect(await queue.services.events.processor.processBatch()).toBe(0)
      await queue.services.events.queue.replay(eventId)
      expect(await queue.services.events.queue.get(eventId)).toMatchObject({
        status: 'pending',
        attempts: 0,
        error: null,
      })
    }
  })

  test('replaying all dead letters leaves alone what is quarantined, unknown, processed or waits for its next try', async () => {
    const quarantined = await queue.receive(callEvent(1, 'ringing', T0, { call_id: '9007199254740992' }))
    const unknown = await queue.receive(callEvent(2, 'teleported', T0))
    const processed = await queue.receive(callEvent(3, 'ringing', T0))
    const dead = await queue.receive(agentStatus(1))
    await queue.breakBody(dead.eventId)
    for (let attempt = 1; attempt <= 5; attempt++) {
      await queue.settle()
      queue.now += 10 * MINUTE
    }
    const waiting = await queue.receive(agentStatus(2))
    await queue.breakBody(waiting.eventId)
    await queue.settle()
    const others = [quarantined, unknown, processed, waiting]
    const look = () => Promise.all(others.map(({ eventId }) => queue.services.events.queue.get(eventId)))
    const before = await look()
    expect(before.map(({ status }) => status)).toEqual(['quarantined', 'unknown', 'processed', 'pending'])
    expect(await queue.services.events.queue.replayMany({})).toBe(1)
    expect((await queue.services.events.queue.get(dead.eventId)).status).toBe('pending')
    expect(await look()).toEqual(before)
  })

  test('an unknown event is kept with its body, and processed when it is replayed', async () => {
    const { eventId } = await queue.receive({ event_type: 'fax.received', fax: { id: 4 } })
    await queue.settle()
    expect(await queue.services.events.queue.get(eventId)).toMatchObject({
      status: 'unknown',
      error: 'unknown event type fax.received',
      body: '{"event_type":"fax.received","fax":{"id":4}}',
      processedAt: queue.now,
    })
    queue.now += DAY
    expect(await queue.services.events.processor.processBatch()).toBe(0)
    await queue.services.events.queue.replay(eventId)
    expect(await queue.services.events.processor.processBatch()).toBe(1)
    expect((await queue.services.events.queue.get(eventId)).status).toBe('unknown')
  })

  test('events are applied in the order in which they came, whenever each became due', async () => {
    const COUNT = 450
    const received = await Promise.all(Array.from({ length: COUNT }, (_, i) => queue.receive(agentStatus(i))))
    const { webhookEvents } = database.tables
    const rows = new Map((await database.queries.select().from(webhookEvents)).map((row) => [row.id, row]))
    await database.queries
      .insert(webhookEvents)
      .values(received.map(({ eventId }, i) => ({ ...rows.get(eventId)!, nextAttemptAt: queue.now - i })))
      .onConflictDoUpdate({ target: webhookEvents.id, set: { nextAttemptAt: sql`excluded.next_attempt_at` } })
    await queue.settle()
    expect((await queue.entries()).map(({ on_duty_status }) => on_duty_status)).toEqual(
      Array.from({ length: COUNT }, (_, i) => `status-${i}`),
    )
  })

  test('a claim takes no more than was asked for, the oldest first, until nothing is left', async () => {
    const store = createEventStore(database)
    await keepAlive(database, 'holder')
    await Promise.all(Array.from({ length: 450 }, (_, i) => queue.receive(agentStatus(i))))
    const claimed: string[][] = []
    for (let left = true; left; left = claimed.at(-1)!.length > 0)
      claimed.push((await store.claim(database.queries, 'holder', queue.now, MINUTE, 200)).map(({ id }) => id))
    expect(claimed.map(({ length }) => length)).toEqual([200, 200, 50, 0])
    expect(claimed.flat()).toEqual(claimed.flat().toSorted())
  })

  test('an instance whose clock was set back claims again what it held; another that is alive keeps its own', async () => {
    const store = createEventStore(database)
    for (const holder of ['holder', 'other']) await keepAlive(database, holder)
    await queue.receive(agentStatus(1))
    const claim = async (holder: string, now: number, isOwnDue = true) =>
      (await store.claim(database.queries, holder, now, MINUTE, 10, isOwnDue)).length
    expect(await claim('holder', queue.now)).toBe(1)
    for (const now of [queue.now, queue.now - DAY]) expect(await claim('other', now)).toBe(0)
    expect(await claim('holder', queue.now)).toBe(0)
    expect(await claim('holder', queue.now - DAY, false)).toBe(0)
    expect(await claim('holder', queue.now - DAY)).toBe(1)
  })

  test('several processors at once apply each event once', async () => {
    const COUNT = 500
    await Promise.all(Array.from({ length: COUNT }, (_, i) => queue.receive(agentStatus(i))))
    await Promise.all(Array.from({ length: 6 }, () => queue.settle(queue.servicesAt(() => queue.now))))
    const told = (await queue.entries()).map(({ on_duty_status }) => on_duty_status)
    expect(told).toHaveLength(COUNT)
    expect(new Set(told).size).toBe(COUNT)
  })

  test('a batch that cannot be applied as a whole loses and repeats none of its other events', async () => {
    const received = []
    for (let i = 0; i < 20; i++) received.push(await queue.receive(agentStatus(i)))
    for (const at of [0, 7, 19]) await queue.breakBody(received[at]!.eventId)
    await queue.settle()
    const told = (await queue.entries()).map(({ on_duty_status }) => on_duty_status)
    const expected = Array.from({ length: 20 }, (_, i) => i).filter((i) => ![0, 7, 19].includes(i))
    expect(told).toEqual(expected.map((i) => `status-${i}`))
    for (const at of [0, 7, 19])
      expect(await queue.services.events.queue.get(received[at]!.eventId)).toMatchObject({
        status: 'pending',
        attempts: 1,
      })
  })
})
