import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/db/database'
import { type BackfillProgress, createBackfillService, MARGIN_MS } from '../../src/dialpad/backfill/service'
import { createBackfillStore } from '../../src/dialpad/backfill/store'
import { createDialpadApi } from '../../src/dialpad/client/api'
import { createDialpadClient } from '../../src/dialpad/client/client'
import { createRateLimiter } from '../../src/dialpad/client/rate-limiter'
import type { DomainError } from '../../src/lib/errors'
import { newId } from '../../src/lib/id'
import { readCall } from '../../src/payload/call'
import { type RecoveredEvent, recoveredEvents } from '../../src/payload/call-snapshot'
import { voicemailOf } from '../../src/voicemails/apply'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { HTML_ERROR_PAGE } from '../support/dialpad/faults'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { until } from '../support/until'

const MINUTE = 60_000

describe.each(backends)('backfill on %s', (_name, openBackend) => {
  let database: Database
  let dialpad: Dialpad
  let appId: string
  let now: number
  const clock = () => now

  beforeEach(async () => {
    now = 1_800_000_000_000
    database = await openBackend()
    dialpad = startDialpad({ clock, pageSize: 3, rateLimits: false })
    appId = await insertApp(database, 'Acme', now)
  })
  afterEach(async () => {
    await dialpad.stop()
    await database.close()
  })

  function setUp(staleCallMs?: number) {
    const client = createDialpadClient({
      baseUrl: dialpad.url,
      credentials: { access: async () => ({ token: dialpad.apiKey, company: 'c' }), renew: async () => null },
      limiter: createRateLimiter(),
      retryDelayMs: () => 1,
    })
    const store = createBackfillStore(database)
    const stored = new Map<string, RecoveredEvent>()
    const service = createBackfillService({
      database,
      store,
      api: createDialpadApi(client),
      clock,
      ownerOf: async () => 'own',
      ingest: async (_appId, event) => {
        if (stored.has(event.dedupeKey)) return false
        stored.set(event.dedupeKey, event)
        return true
      },
      connectedApps: async () => [appId],
      apps: { requireApp: async () => {} },
      requireConnected: async () => {},
      ...(staleCallMs === undefined ? {} : { staleCallMs }),
    })
    const ids = () => [...stored.values()].map(({ dialpadCallId }) => dialpadCallId)
    return { service, store, stored, ids }
  }
  /** A call as the calls room would have it. */
  const knowCall = async (
    dialpadCallId: number,
    status: 'active' | 'ended',
    heardAt = now,
    more: { endedAt?: number; endReason?: string } = {},
  ) => {
    const row = {
      ...more,
      id: newId(),
      appId,
      dialpadCallId,
      conversationId: newId(),
      direction: 'inbound' as const,
      status,
      startedAt: heardAt,
      labels: [],
      source: 'webhook' as const,
      snapshotAt: heardAt,
      createdAt: heardAt,
      updatedAt: heardAt,
    }
    await database.queries.insert(database.tables.calls).values(row)
  }
  const pastCall = async () => {
    const call = dialpad.call()
    now += 1000
    await call.hangup()
    return call
  }

  test('finds every call of an outage once, over all pages, and moves its watermark', async () => {
    const { service, ids, stored } = setUp()
    await service.begin(appId)
    const calls = []
    for (let i = 0; i < 8; i++) calls.push((await pastCall()).id)
    now += MINUTE
    expect(await service.run(appId)).toMatchObject({ calls_seen: 8, calls_recovered: 8, to: now })
    expect(ids().toSorted()).toEqual(calls.toSorted())
    expect((await service.status(appId))?.watermarkAt).toBe(now)
    expect(await service.run(appId)).toMatchObject({ calls_seen: 8, calls_recovered: 0 })
    expect(stored.size).toBe(8)
  })

  test('goes back two hours for calls that were in progress during the last run', async () => {
    const { service, ids } = setUp()
    await service.begin(appId)
    const long = dialpad.call()
    now += MARGIN_MS - MINUTE
    await service.run(appId)
    expect(ids()).toEqual([])
    await long.hangup()
    await service.run(appId)
    expect(ids()).toEqual([long.id])
  })

  test('skips known calls and adds a missed recording', async () => {
    const { service, ids } = setUp()
    await service.begin(appId)
    const known = await pastCall()
    await knowCall(known.id, 'ended')
    const half = await pastCall()
    await knowCall(half.id, 'active')
    expect(await service.run(appId)).toMatchObject({ calls_seen: 2, calls_recovered: 1 })
    expect(ids()).toEqual([half.id])
    await known.recorded(new Uint8Array([1]))
    expect(await service.run(appId)).toMatchObject({ calls_recovered: 0 })
    expect(ids()).toEqual([half.id, known.id])
  })

  test('keeps its place when Dialpad fails in the middle', async () => {
    const { service, ids } = setUp()
    await service.begin(appId)
    const begun = now
    for (let i = 0; i < 5; i++) await pastCall()
    for (const fault of [
      { status: 500 },
      { cut: 'half' as const },
      { body: HTML_ERROR_PAGE },
      { body: '{"items":[{"c' },
    ]) {
      let page = 0
      const failing = service.run(appId, null, () => {
        if (++page === 1) dialpad.faults.add({ on: /GET .*call$/, ...fault })
      })
      const error = await failing.then(
        () => null,
        (reason: DomainError) => reason,
      )
      expect(error?.code).toBe('dialpad_unavailable')
      dialpad.faults.clear()
    }
    expect(await service.status(appId)).toMatchObject({
      watermarkAt: begun,
      claimedUntil: null,
      lastError: expect.any(String),
    })
    await service.run(appId)
    expect(ids()).toHaveLength(5)
    expect(await service.status(appId)).toMatchObject({ watermarkAt: now, lastError: null })
  })

  test('is run by one instance at a time, and taken over from a dead one', async () => {
    const one = setUp()
    const two = setUp()
    await one.service.begin(appId)
    const held = Promise.withResolvers<void>()
    dialpad.faults.add({ on: /GET .*call$/, times: 1, delay: () => held.promise })
    const running = one.service.run(appId)
    const claimed = async () => (await one.service.status(appId))?.claimedUntil
    await until('the first run claims the backfill', async () => Boolean(await claimed()))
    expect(await two.service.run(appId).catch((error: DomainError) => error.code)).toBe('conflict')
    expect(await one.service.run(appId).catch((error: DomainError) => error.code)).toBe('conflict')
    held.resolve()
    await running
    await one.store.claim(database.queries, appId, now, now + 5 * MINUTE)
    now += 5 * MINUTE + 1
    expect((await two.service.run(appId)).calls_recovered).toBe(0)
  })

  test('goes back on demand without moving the watermark over a period it did not read', async () => {
    const { service, ids } = setUp()
    const old = await pastCall()
    now += 10 * 24 * 60 * MINUTE
    await service.begin(appId)
    const begun = now
    const progress: BackfillProgress[] = []
    now += MINUTE
    await service.run(appId, begun - 11 * 24 * 60 * MINUTE, (step) => progress.push(step))
    expect(ids()).toEqual([old.id])
    expect(progress.at(-1)).toMatchObject({ seen: 1, recovered: 1 })
    expect((await service.status(appId))?.watermarkAt).toBe(now)
    const moved = now
    now += 3 * 60 * MINUTE
    await service.run(appId, now - MINUTE)
    expect((await service.status(appId))?.watermarkAt).toBe(moved)
  })

  test('loads calls without news from Dialpad, a few at a time and not repeatedly', async () => {
    const { service, ids, stored } = setUp()
    const open = []
    for (let i = 0; i < 7; i++) {
      const call = dialpad.call()
      await call.connect()
      await knowCall(call.id, 'active')
      open.push(call)
    }
    await service.sweepQuietCalls()
    expect(dialpad.requests()).toEqual([])
    now += 31 * MINUTE
    for (const call of open.slice(0, 3)) await call.hangup()
    dialpad.state.calls.delete(open[6]!.id)
    await service.sweepQuietCalls()
    expect(dialpad.requests()).toHaveLength(5)
    await service.sweepQuietCalls()
    await service.sweepQuietCalls()
    expect(dialpad.requests()).toHaveLength(7)
    const events = [...stored.values()].map(({ json }) => JSON.parse(json) as Record<string, unknown>)
    expect(events.filter(({ state }) => state === 'hangup')).toHaveLength(3)
    // Those that go on do so as of now, or they would be taken for stale.
    const goingOn = events.filter(({ state }) => state === 'connected')
    expect(goingOn.map(({ event_timestamp }) => event_timestamp)).toEqual([now, now, now])
    expect(ids().toSorted()).toEqual(
      open
        .slice(0, 6)
        .map(({ id }) => id)
        .toSorted(),
    )
  })

  test('recovers a voicemail with its call', async () => {
    const { service, stored } = setUp()
    await service.begin(appId)
    const call = dialpad.call()
    await call.hangup()
    const url = `${dialpad.url}/blob/voicemail/1.mp3`
    call.record.recording_details = [{ id: '1', url, duration: 5000, start_time: now, recording_type: 'voicemail' }]
    await service.run(appId)
    const events = [...stored.values()].map(({ json }) => JSON.parse(json) as Record<string, unknown>)
    expect(events.map(({ state, recording_details }) => ({ state, recording_details }))).toEqual([
      { state: 'hangup', recording_details: [expect.objectContaining({ url })] },
      { state: 'voicemail_uploaded', recording_details: [expect.objectContaining({ url })] },
    ])
    const changes = events.map((event) => readCall(event, now))
    expect(changes.map(({ recordingUrl }) => recordingUrl)).toEqual([null, null])
    expect(voicemailOf(changes[1]!)).toMatchObject({ url, durationSeconds: 5, recordingId: '1' })
  })

  test('recovers a voicemail whose call is known to have ended, once', async () => {
    const { service, stored } = setUp()
    await service.begin(appId)
    const call = await pastCall()
    await knowCall(call.id, 'ended')
    const url = `${dialpad.url}/blob/voicemail/2.mp3`
    call.record.recording_details = [{ id: '2', url, duration: 5000, start_time: now, recording_type: 'voicemail' }]
    await service.run(appId)
    const states = () => [...stored.values()].map(({ json }) => (JSON.parse(json) as { state: string }).state)
    expect(states()).toEqual(['voicemail_uploaded'])
    const voicemail = { id: newId(), appId, dialpadCallId: call.id, snapshotAt: now, createdAt: now, updatedAt: now }
    await database.queries.insert(database.tables.voicemails).values(voicemail)
    call.record.state = 'voicemail'
    await service.run(appId)
    expect(states()).toEqual(['voicemail_uploaded'])
  })

  test.each(['voicemail_link', 'voicemail_share_link'])('recovers a voicemail that %s alone names', (name) => {
    const call = {
      call_id: '77',
      state: 'hangup',
      date_ended: String(now),
      [name]: 'https://dialpad.com/blob/voicemail/3',
    }
    const events = recoveredEvents(call, undefined, now).map(({ json }) => readCall(JSON.parse(json), now))
    expect(events.map(({ state }) => state)).toEqual(['hangup', 'voicemail_uploaded'])
    expect(voicemailOf(events[1]!)?.url).toBe('https://dialpad.com/blob/voicemail/3')
  })

  test('replaces the assumed end of a stale call with the real one', async () => {
    const { service, stored } = setUp()
    await service.begin(appId)
    const call = await pastCall()
    await knowCall(call.id, 'ended', now - 30_000, { endedAt: now - 30_000, endReason: 'stale' })
    expect(await service.run(appId)).toMatchObject({ calls_recovered: 1 })
    const [event] = [...stored.values()].map(({ json }) => JSON.parse(json) as Record<string, unknown>)
    expect(event).toMatchObject({ state: 'hangup', date_ended: String(call.record.date_ended) })
  })

  test('loads a call without news before it is ended as stale, also without the scope to list calls', async () => {
    const { service, ids } = setUp(10 * MINUTE)
    dialpad.administrator.withdrawScope('calls:list')
    const call = dialpad.call()
    await call.connect()
    await knowCall(call.id, 'active')
    call.loseHangup()
    now += 6 * MINUTE
    expect(await service.run(appId).catch((error: DomainError) => error.code)).toBe('dialpad_unauthorized')
    await service.sweepQuietCalls()
    expect(ids()).toEqual([call.id])
  })
})
