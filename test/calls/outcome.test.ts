import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { compose, type Services } from '../../src/app/compose'
import type { Database } from '../../src/db/database'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { draws } from '../support/draws'
import { callEvent, T0 } from '../support/events'
import { quickWork, testConfig } from '../support/server'

/** A queue that rings two agents at once: 1 is the caller's leg, 2 and 3 are the agents'. */
const leg = (id: number, state: string, second: number, more: object = {}) =>
  callEvent(id, state, T0 + second * 1000, {
    ...(id === 1 ? { target: { id: 9, type: 'call_center', name: 'Sales' } } : { entry_point_call_id: 1 }),
    ...more,
  })
const ringing = [leg(1, 'queued', 1), leg(2, 'ringing', 2), leg(3, 'ringing', 2)]
const answered = [
  ...ringing,
  leg(3, 'connected', 5, { date_connected: T0 + 5000 }),
  leg(1, 'connected', 5, { operator_call_id: 3, date_connected: T0 + 5000 }),
  leg(2, 'missed', 5),
  leg(2, 'hangup', 6, { date_ended: T0 + 5000 }),
  leg(3, 'hangup', 60, { date_connected: T0 + 5000, date_ended: T0 + 60_000 }),
  leg(1, 'hangup', 60, { operator_call_id: 3, date_connected: T0 + 5000, date_ended: T0 + 60_000 }),
]
const abandoned = [...ringing, leg(2, 'missed', 20), leg(2, 'hangup', 20), leg(3, 'hangup', 30), leg(1, 'hangup', 40)]

describe.each(backends)('the legs nobody answered, on %s', (_name, open) => {
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

  async function receive(events: Record<string, unknown>[], oneByOne = true) {
    for (const event of events) {
      const body = JSON.stringify(event)
      await services.events.receiver.storeEvent(body, body, { source: 'webhook', appId, webhookId: null })
      if (oneByOne) await settle()
    }
    await settle()
  }
  const settle = async () => {
    while ((await services.events.processor.processBatch()) > 0);
  }
  const principal = () => ({ appId, keyId: null, expiresAt: null, scopes: [], userId: null })
  async function statuses(offset = 0, ids = [1, 2, 3]) {
    const calls = await Promise.all(ids.map((id) => services.calls.queries.get(principal(), `dialpad:${id + offset}`)))
    return calls.map(({ status, end_reason }) => `${status} ${end_reason}`)
  }
  const entries = async () =>
    (await services.stream.store.after(database.queries, appId, 0, 10_000)).map(({ data }) => JSON.parse(data))
  const missed = async () =>
    (await entries()).filter(({ event }) => event === 'call.missed').map(({ call_id }) => call_id as number)
  /** The same conversation under other ids. */
  const shifted = (events: Record<string, unknown>[], offset: number) =>
    events.map((event) => ({
      ...event,
      call_id: (event.call_id as number) + offset,
      ...(event.entry_point_call_id ? { entry_point_call_id: 1 + offset } : {}),
      ...(event.operator_call_id ? { operator_call_id: 3 + offset } : {}),
    }))

  test('end as answered elsewhere once another leg is answered, and call.missed is never sent', async () => {
    await receive(answered)
    expect(await statuses()).toEqual(['ended hangup', 'ended answered_elsewhere', 'ended hangup'])
    expect(await missed()).toEqual([])
    expect((await entries()).filter(({ status }) => status === 'missed')).toEqual([])
  })

  test('are ended and undecided while another leg rings, and missed when the last leg has ended', async () => {
    await receive(abandoned.slice(0, 6))
    expect(await statuses()).toEqual(['ringing null', 'ended unknown', 'ended unknown'])
    expect(await missed()).toEqual([])
    await receive(abandoned.slice(6))
    expect(await statuses()).toEqual(['missed hangup', 'missed hangup', 'missed hangup'])
    expect((await missed()).toSorted()).toEqual([1, 2, 3])
    const own = (await entries()).filter(({ call_id }) => call_id === 1).map(({ event }) => event)
    expect(own).toEqual(['call.ring', 'call.missed', 'call.ended'])
  })

  test('have the same result for every order of arrival, one by one or together', async () => {
    const orders = fc.sample(
      fc.record({
        isAnswered: fc.boolean(),
        oneByOne: fc.boolean(),
        keys: fc.array(fc.nat(), { minLength: answered.length, maxLength: answered.length }),
      }),
      { numRuns: draws(12), seed: 11 },
    )
    for (const [index, { isAnswered, oneByOne, keys }] of orders.entries()) {
      const offset = (index + 1) * 10
      const history = shifted(isAnswered ? answered : abandoned, offset)
      const shuffled = history
        .map((event, at) => ({ event, key: keys[at]! }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => event)
      await receive(shuffled, oneByOne)
      expect([index, await statuses(offset)]).toEqual([
        index,
        isAnswered
          ? ['ended hangup', 'ended answered_elsewhere', 'ended hangup']
          : ['missed hangup', 'missed hangup', 'missed hangup'],
      ])
    }
    const times = Map.groupBy(await missed(), (id) => id)
    for (const [index, { isAnswered }] of orders.entries())
      for (const id of [1, 2, 3]) {
        const sent = times.get((index + 1) * 10 + id)?.length ?? 0
        expect([index, id, sent]).toEqual([index, id, isAnswered ? 0 : 1])
      }
  })

  test('of a call that has one leg are missed at once', async () => {
    await receive([callEvent(7, 'ringing', T0), callEvent(7, 'hangup', T0 + 9000)])
    expect(await statuses(0, [7])).toEqual(['missed hangup'])
    expect((await entries()).map(({ event }) => event)).toEqual(['call.ring', 'call.missed', 'call.ended'])
  })

  test('are published as missed a minute later when Dialpad named a leg and never sent its events', async () => {
    await receive([leg(2, 'ringing', 2), leg(2, 'hangup', 9)])
    expect(await statuses(0, [2])).toEqual(['missed unknown'])
    expect(await missed()).toEqual([])
    now = T0 + 60_000
    expect(await services.calls.stale.endUndecided()).toBe(0)
    now = T0 + 70_000
    expect(await services.calls.stale.endUndecided()).toBe(1)
    expect(await statuses(0, [2])).toEqual(['missed hangup'])
    expect(await missed()).toEqual([2])
    expect(await services.calls.stale.endUndecided()).toBe(0)
  })

  test('wait while a known leg is open', async () => {
    await receive(abandoned.slice(0, 6))
    now = T0 + 3600_000
    expect(await services.calls.stale.endUndecided()).toBe(0)
    expect(await missed()).toEqual([])
  })

  test('stay missed when a recording or a late ring is received, and another app is not touched', async () => {
    const other = await insertApp(database, 'Two', T0)
    await receive(abandoned)
    await receive([leg(2, 'dispositions', 50), leg(2, 'ringing', 3), leg(3, 'recording', 55)])
    expect(await statuses()).toEqual(['missed hangup', 'missed hangup', 'missed hangup'])
    expect((await missed()).toSorted()).toEqual([1, 2, 3])
    expect(await services.stream.store.after(database.queries, other, 0, 10)).toEqual([])
  })

  test('are corrected when the answer arrives after everything else', async () => {
    const late = answered.filter(({ state, call_id }) => state !== 'connected' && call_id !== 1)
    await receive(late.map((event) => ({ ...event, date_connected: null })))
    now = T0 + 120_000
    await services.calls.stale.endUndecided()
    expect(await statuses(0, [2])).toEqual(['missed hangup'])
    await receive(answered.filter(({ state }) => state === 'connected'))
    expect(await statuses(0, [2, 3])).toEqual(['ended answered_elsewhere', 'ended hangup'])
    expect((await entries()).findLast(({ call_id }) => call_id === 2)).toMatchObject({
      event: 'call.updated',
      status: 'ended',
    })
  })

  test("a supervisor's leg that ends is never missed", async () => {
    await receive([leg(2, 'ringing', 2), leg(2, 'monitor', 3), leg(2, 'hangup', 9)])
    expect(await statuses(0, [2])).toEqual(['ended hangup'])
    expect(await missed()).toEqual([])
  })

  /** Agent 2 answers and transfers the caller to agent 3, as Dialpad marks both. */
  const handedOver = [
    leg(1, 'queued', 1),
    leg(2, 'connected', 5, { date_connected: T0 + 5000 }),
    leg(1, 'connected', 5, { operator_call_id: 2, date_connected: T0 + 5000 }),
    leg(3, 'connected', 30, { date_connected: T0 + 30_000, is_transferred: true }),
    leg(2, 'hangup', 31, { date_connected: T0 + 5000, date_ended: T0 + 31_000, is_transferred: true }),
    leg(3, 'hangup', 60, { date_connected: T0 + 30_000, date_ended: T0 + 60_000, is_transferred: true }),
    leg(1, 'hangup', 60, { date_connected: T0 + 5000, date_ended: T0 + 60_000, operator_call_id: 2 }),
    leg(3, 'recap_summary', 70, { recap_summary: 'Done.', date_ended: T0 + 60_000 }),
  ]

  test('legs that were transferred end as transferred, the last one does not, for every order of arrival', async () => {
    const orders = fc.sample(
      fc.record({
        oneByOne: fc.boolean(),
        keys: fc.array(fc.nat(), { minLength: handedOver.length, maxLength: handedOver.length }),
      }),
      { numRuns: draws(8), seed: 5 },
    )
    for (const [index, { oneByOne, keys }] of orders.entries()) {
      const shuffled = shifted(handedOver, index * 10)
        .map((event, at) => ({ event, key: keys[at]! }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => event)
      await receive(index === 0 ? handedOver : shuffled, oneByOne)
      const ends = await statuses(index * 10)
      expect([index, ends]).toEqual([index, ['ended hangup', 'ended transferred', 'ended hangup']])
    }
    const ended = (await entries()).filter(({ event, call_id }) => event === 'call.ended' && call_id <= 3)
    expect(ended.map(({ call_id, end_reason }) => `${call_id} ${end_reason}`)).toEqual([
      '2 transferred',
      '3 hangup',
      '1 hangup',
    ])
  })

  test('a call that is transferred out of the company ends as transferred; one that only went silent is stale', async () => {
    const marked = { is_transferred: true, date_connected: T0 + 1000 }
    await receive([callEvent(7, 'connected', T0 + 1000), callEvent(7, 'hangup', T0 + 9000, marked)])
    expect(await statuses(0, [7])).toEqual(['ended transferred'])
    // What ends a call after a lost hangup says so as well.
    await receive([callEvent(8, 'recap_summary', T0 + 9000, { ...marked, date_ended: T0 + 8000, recap_summary: 'x' })])
    expect(await statuses(0, [8])).toEqual(['ended transferred'])
    await receive([callEvent(9, 'connected', T0 + 1000, marked)])
    now = T0 + 48 * 3600_000
    await services.calls.stale.end()
    expect(await statuses(0, [9])).toEqual(['ended stale'])
    // A menu that nobody can talk to is left unconnected.
    await receive([callEvent(10, 'hangup', T0 + 9000, { is_transferred: true, date_ended: T0 + 9000 })])
    expect(await statuses(0, [10])).toEqual(['missed hangup'])
  })
})
