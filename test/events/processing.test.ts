import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { compose, type Services } from '../../src/app/compose'
import type { Database } from '../../src/db/database'
import { createEventStore } from '../../src/events/store'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { AGENT_ID, callEvent, T0 } from '../support/events'
import { keepAlive } from '../support/queue'
import { quickWork, testConfig } from '../support/server'

describe.each(backends)('processing on %s', (_name, open) => {
  let database: Database
  let services: Services
  let appId: string
  let now: number
  beforeEach(async () => {
    database = await open()
    now = T0
    services = compose(testConfig('sqlite::memory:'), database, () => now, quickWork)
    appId = await insertApp(database, 'One', T0)
  })
  afterEach(() => database.close())

  const receive = async (payload: object) => {
    const body = JSON.stringify(payload)
    return services.events.receiver.storeEvent(body, body, { source: 'webhook', appId, webhookId: null })
  }
  const settle = async () => {
    while ((await services.events.processor.processBatch()) > 0);
  }
  const principal = () => ({ appId, keyId: null, expiresAt: null, scopes: [], userId: null })
  const call = (id: number) => services.calls.queries.get(principal(), `dialpad:${id}`)
  const entries = async () =>
    (await services.stream.store.after(database.queries, appId, 0, 1000)).map(({ seq, data }) => ({
      ...JSON.parse(data),
      seq,
    }))
  const events = async () => (await entries()).map(({ event }) => event)

  test('a call from ring to recording: states, times, durations, entries', async () => {
    await database.queries
      .insert(database.tables.dialpadUserMappings)
      .values({ id: 'm', appId, dialpadUserId: AGENT_ID, crmUserId: 'crm-7', createdAt: 1, updatedAt: 1 })
    const talk = { date_connected: T0 + 5000 }
    const over = { ...talk, date_ended: T0 + 65_400, duration: 60_400.4, talk_time: 58_000 }
    await receive(callEvent(1, 'ringing', T0 + 1000, { date_first_rang: T0 + 900 }))
    await receive(callEvent(1, 'connected', T0 + 5000, talk))
    await receive(callEvent(1, 'hold', T0 + 20_000, talk))
    await receive(callEvent(1, 'connected', T0 + 30_000, talk))
    await receive(callEvent(1, 'hangup', T0 + 65_400, over))
    await receive(
      callEvent(1, 'recording', T0 + 70_000, { ...over, recording_details: [{ url: 'https://dialpad.com/r/1' }] }),
    )
    await settle()
    const found = await call(1)
    expect(found).toMatchObject({
      status: 'ended',
      end_reason: 'hangup',
      from_number: '+15555550109',
      to_number: '+15555550105',
      started_at: new Date(T0).toISOString(),
      rang_at: new Date(T0 + 900).toISOString(),
      connected_at: new Date(T0 + 5000).toISOString(),
      ended_at: new Date(T0 + 65_400).toISOString(),
      duration_seconds: 60,
      talk_seconds: 58,
      user_id: 'crm-7',
      recording_url: `/api/calls/${found.id}/recording`,
    })
    expect(found.timeline.map(({ state }) => state)).toEqual(['ringing', 'connected', 'hold', 'connected', 'hangup'])
    expect(await events()).toEqual([
      'call.ring',
      'call.started',
      'call.held',
      'call.resumed',
      'call.ended',
      'call.recording.completed',
    ])
    expect((await entries()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
    expect((await entries())[4]).toMatchObject({ duration_seconds: 60, user_id: 'crm-7', status: 'ended', call_id: 1 })
    expect(JSON.stringify(await entries())).not.toContain('dialpad.com/r/1')
  })

  test('any order of arrival, with repetitions, results in the same call', async () => {
    const talk = { date_connected: T0 + 2000 }
    const history = [
      callEvent(0, 'ringing', T0 + 1000),
      callEvent(0, 'connected', T0 + 2000, talk),
      callEvent(0, 'hold', T0 + 3000, talk),
      callEvent(0, 'hangup', T0 + 9000, { ...talk, date_ended: T0 + 9000, duration: 7000 }),
    ]
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
      [3, 3, 0, 1, 1, 2],
    ]
    for (const [i, order] of orders.entries()) {
      for (const at of order) {
        await receive({ ...history[at], call_id: i + 1 })
        await settle()
      }
    }
    const outcome = async (id: number) => {
      const { status, duration_seconds, connected_at, ended_at, timeline } = await call(id)
      return { status, duration_seconds, connected_at, ended_at, timeline }
    }
    const expected = await outcome(1)
    expect(expected.status).toBe('ended')
    for (const id of [2, 3, 4]) expect(await outcome(id)).toEqual(expected)
  })

  test('legs become one conversation whichever comes first', async () => {
    await receive(callEvent(11, 'ringing', T0))
    await receive(callEvent(12, 'ringing', T0))
    await settle()
    expect((await call(11)).conversation_id).not.toBe((await call(12)).conversation_id)
    await receive(
      callEvent(13, 'connected', T0 + 1, { entry_point_call_id: 11, master_call_id: 'null', operator_call_id: 0 }),
    )
    await receive(callEvent(11, 'connected', T0 + 2, { operator_call_id: 12 }))
    await settle()
    const ids = await Promise.all([11, 12, 13].map(async (id) => (await call(id)).conversation_id))
    expect(new Set(ids).size).toBe(1)
    expect((await entries()).filter(({ call_id, event }) => call_id === 12 && event === 'call.updated')).toHaveLength(1)
  })

  test('a voicemail with its call, its transcript, and one for a call never seen', async () => {
    await receive(callEvent(21, 'voicemail', T0 + 1))
    await receive(callEvent(21, 'hangup', T0 + 2, { date_ended: T0 + 2 }))
    await receive(
      callEvent(21, 'voicemail_uploaded', T0 + 3, {
        voicemail_link: 'https://dialpad.com/v',
        recording_details: [{ duration: 7400 }],
      }),
    )
    await receive(callEvent(21, 'transcription', T0 + 4, { transcription_text: 'call me' }))
    await receive({
      event_type: 'voicemail.received',
      voicemail: { call_id: 22, from: '(555) 555-0177', duration_seconds: 9, transcript: 'hi' },
    })
    await settle()
    const { voicemails } = await services.voicemails.queries.list(principal(), {}, { limit: 10 })
    expect(voicemails).toHaveLength(2)
    expect(voicemails.find((one) => one.dialpad_call_id === 21)).toMatchObject({
      call_id: (await call(21)).id,
      duration_seconds: 7,
      transcript: 'call me',
    })
    expect(voicemails.find((one) => one.dialpad_call_id === 22)).toMatchObject({
      call_id: null,
      from_number: '+15555550177',
      transcript: 'hi',
    })
    expect((await call(21)).status).toBe('voicemail')
    expect(await events()).toEqual([
      'call.voicemail',
      'call.ended',
      'voicemail.received',
      'call.transcript',
      'voicemail.received',
    ])
  })

  test('an SMS, its delivery update, and the older form of both directions', async () => {
    const sms = {
      id: 31,
      direction: 'outbound',
      from_number: '+15555550105',
      to_number: ['+15555550149'],
      text: 'hello',
      created_date: T0,
      message_status: 'pending',
      event_timestamp: T0,
    }
    await receive(sms)
    await receive({ ...sms, message_status: 'failed', message_delivery_result: 'no_route', event_timestamp: T0 + 5 })
    await receive({
      event_type: 'message.received',
      message: { id: '32', from: '5555550149', to: '5555550105', text: 'yo', timestamp: '2026-01-29T12:00:00Z' },
    })
    await settle()
    const { messages } = await services.messages.queries.list(principal(), {}, { limit: 10 })
    expect(messages.find((one) => one.dialpad_message_id === 31)).toMatchObject({
      status: 'failed',
      delivery_result: 'no_route',
      to_number: '+15555550149',
    })
    expect(messages.find((one) => one.dialpad_message_id === 32)).toMatchObject({
      direction: 'inbound',
      from_number: '+15555550149',
      sent_at: '2026-01-29T12:00:00.000Z',
    })
    expect(await events()).toEqual(['message.sent', 'message.updated', 'message.received'])
  })

  test('the older form of a call', async () => {
    const base = {
      id: 41,
      direction: 'inbound',
      from: '(555) 555-0109',
      to: '555-555-0105',
      user_id: AGENT_ID,
      started_at: '2026-01-29T12:00:00Z',
      customer_id: 'c1',
    }
    await receive({ event_type: 'call.ring', call: base })
    await receive({ event_type: 'call.started', call: base, timestamp: '2026-01-29T12:00:05Z' })
    await receive({
      event_type: 'call.ended',
      call: { ...base, ended_at: '2026-01-29T12:01:00Z', duration_seconds: 55 },
    })
    await settle()
    expect(await call(41)).toMatchObject({
      status: 'ended',
      from_number: '+15555550109',
      duration_seconds: 55,
      dialpad_user_id: AGENT_ID,
      customer_id: 'c1',
    })
    expect(await events()).toEqual(['call.ring', 'call.started', 'call.ended'])
  })

  test('agent status is published and no event data is stored', async () => {
    await receive({
      on_duty_status: 'available',
      target: { id: AGENT_ID, type: 'user' },
      date: T0,
      event_timestamp: T0,
    })
    await settle()
    expect(await entries()).toMatchObject([
      { event: 'agent.status', dialpad_user_id: AGENT_ID, on_duty_status: 'available' },
    ])
  })

  test('an event that cannot be applied holds back no other, backs off, and ends as a dead letter that can be replayed', async () => {
    const bad = JSON.stringify(callEvent(51, 'ringing', T0))
    const { eventId } = await services.events.receiver.storeEvent(bad, bad, {
      source: 'webhook',
      appId,
      webhookId: null,
    })
    const { webhookEvents } = database.tables
    await database.queries.update(webhookEvents).set({ body: '{not json' })
    await receive(callEvent(52, 'ringing', T0))
    await settle()
    expect((await call(52)).status).toBe('ringing')
    const attempts: number[] = []
    for (let i = 0; i < 8; i++) {
      attempts.push(
        ...(await database.queries.select().from(webhookEvents))
          .filter(({ id }) => id === eventId)
          .map((row) => row.attempts),
      )
      now += 10 * 60_000
      await settle()
    }
    expect(attempts.slice(0, 5)).toEqual([1, 2, 3, 4, 5])
    const dead = await services.events.queue.list({ status: 'failed' }, { limit: 10 })
    expect(dead.rows).toHaveLength(1)
    expect(dead.rows[0]!.error).toContain('SyntaxError')
    await database.queries.update(webhookEvents).set({ body: bad })
    expect(await services.events.queue.replayMany({ status: 'failed' })).toBe(1)
    await settle()
    expect((await call(51)).status).toBe('ringing')
  })

  test('a killed holder’s events come back when its lease ends, and their effects are there once', async () => {
    await receive(callEvent(61, 'ringing', T0))
    const store = createEventStore(database)
    await keepAlive(database, 'killed')
    expect(await store.claim(database.queries, 'killed', now, 60_000, 10)).toHaveLength(1)
    expect(await services.events.processor.processBatch()).toBe(0)
    now += 60_001
    expect(await services.events.processor.processBatch()).toBe(1)
    expect(await events()).toEqual(['call.ring'])
    // The first holder was only slow: what it still wants to finish is no longer its own.
    const [row] = await database.queries.select().from(database.tables.webhookEvents)
    expect(
      await store.finish(database.queries, 'killed', [row!.id], { status: 'processed', error: null, processedAt: now }),
    ).toBe(0)
  })

  test('eight processors share 200 events, each applied once', async () => {
    for (let i = 0; i < 200; i++)
      await receive(
        callEvent(
          1000 + (i % 40),
          ['ringing', 'connected', 'hold', 'connected', 'hangup'][Math.floor(i / 40)]!,
          T0 + i,
        ),
      )
    const config = testConfig('sqlite::memory:')
    const workers = Array.from({ length: 8 }, () => compose(config, database, () => now, quickWork).events.processor)
    await Promise.all(
      workers.map(async (worker) => {
        while ((await worker.processBatch()) > 0);
      }),
    )
    const all = await entries()
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1))
    expect(await services.events.queue.stats()).toMatchObject([{ status: 'processed', count: 200 }])
    for (let id = 1000; id < 1040; id++) expect((await call(id)).status).toBe('ended')
  })

  test('a call without an end is ended as stale; its late hang-up corrects it', async () => {
    await receive(callEvent(71, 'connected', T0, { date_connected: T0 }))
    await settle()
    now += 239 * 60_000
    expect(await services.calls.stale.end()).toBe(0)
    now += 2 * 60_000
    expect(await services.calls.stale.end()).toBe(1)
    expect(await services.calls.stale.end()).toBe(0)
    expect(await call(71)).toMatchObject({ status: 'ended', end_reason: 'stale' })
    expect((await entries()).at(-1)).toMatchObject({ event: 'call.ended', end_reason: 'stale' })
    await receive(
      callEvent(71, 'hangup', T0 + 60_000, { date_connected: T0, date_ended: T0 + 60_000, duration: 60_000 }),
    )
    await settle()
    expect(await call(71)).toMatchObject({ status: 'ended', end_reason: 'hangup', duration_seconds: 60 })
    expect(await events()).toEqual(['call.started', 'call.ended', 'call.updated'])
  })

  test('retention purges processed events, and the stream reports where it is complete from', async () => {
    await receive(callEvent(81, 'ringing', T0))
    await settle()
    now += 10 * 86_400_000
    await receive(callEvent(82, 'ringing', now))
    await settle()
    const keeper = compose({ ...testConfig('sqlite::memory:'), retentionDays: 5 }, database, () => now, quickWork)
    await keeper.maintenance.retention.run()
    expect(await services.stream.store.head(database.queries, appId)).toEqual({ seq: 2, purgedSeq: 1 })
    expect((await entries()).map(({ seq }) => seq)).toEqual([2])
    expect(await services.events.queue.stats()).toMatchObject([{ status: 'processed', count: 1 }])
  })

  test('another app cannot see it', async () => {
    await receive(callEvent(91, 'ringing', T0))
    await settle()
    const other = { ...principal(), appId: await insertApp(database, 'Two', T0) }
    expect((await services.calls.queries.list(other, {}, { limit: 10 })).calls).toEqual([])
    expect(services.calls.queries.get(other, 'dialpad:91')).rejects.toThrow('No such call')
    expect(services.calls.queries.get(other, (await call(91)).id)).rejects.toThrow('No such call')
  })
})
