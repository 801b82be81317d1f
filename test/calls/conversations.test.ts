import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { conversationOf } from '../../src/calls/conversation'
import { createCallStore } from '../../src/calls/store'
import type { Database } from '../../src/db/database'
import { backends } from '../support/backends'
import { draws } from '../support/draws'
import { callEvent, T0 } from '../support/events'
import { createQueue, type Queue } from '../support/queue'

const SECOND = 1000
const QUEUE = { id: 9, type: 'call_center', name: 'Sales' }
const agent = (id: number) => ({ target: { id, type: 'user', name: `Agent ${id}` } })

/** Call 1 is the queue's leg, 2 rings agent 7 in vain, 3 is answered by agent 8. */
const event = (id: number, state: string, second: number, more: object = {}) =>
  callEvent(id, state, T0 + second * SECOND, {
    ...(id === 1 ? { target: QUEUE } : { entry_point_call_id: 1, ...agent(id + 5) }),
    ...more,
  })
const answered = { date_connected: T0 + 20 * SECOND }
const conversation = [
  event(1, 'queued', 1),
  event(1, 'connected', 2, { date_connected: T0 + 2 * SECOND }),
  event(2, 'ringing', 3),
  event(2, 'hangup', 12, { date_ended: T0 + 12 * SECOND }),
  event(3, 'ringing', 13),
  event(3, 'connected', 20, answered),
  event(3, 'hangup', 80, { ...answered, date_ended: T0 + 80 * SECOND, talk_time: 55_000, hold_time: 5_000.4 }),
  event(1, 'hangup', 81, { date_ended: T0 + 81 * SECOND, talk_time: 79_000, operator_call_id: 3 }),
]

describe.each(backends)('conversations on %s', (_name, open) => {
  let database: Database
  let queue: Queue
  beforeEach(async () => {
    database = await open()
    queue = await createQueue(database)
  })
  afterEach(() => database.close())

  const principal = () => ({ appId: queue.appId, keyId: null, expiresAt: null, scopes: [], userId: null })
  const list = async (filter: object = {}) =>
    (await queue.services.calls.conversationQueries.list(principal(), filter, { limit: 100 })).conversations
  async function receive(events: object[], oneByOne = false) {
    for (const one of events) {
      await queue.receive(one)
      if (oneByOne) await queue.settle()
    }
    await queue.settle()
  }
  const rows = () => database.queries.select().from(database.tables.conversations)

  test('are one row with the figures of the person who talked, whatever the queue says of itself', async () => {
    await receive(conversation)
    expect(await list()).toMatchObject([
      {
        status: 'ended',
        outcome: 'answered',
        waited_seconds: 20,
        talk_seconds: 55,
        hold_seconds: 5,
        duration_seconds: 81,
        dialpad_user_id: 8,
        target: { type: 'call_center', name: 'Sales' },
        leg_count: 3,
      },
    ])
  })

  test('follow what goes on: ringing, active when an agent answers, then ended', async () => {
    const statuses: string[] = []
    for (const one of conversation) {
      await receive([one])
      statuses.push((await list())[0]!.status)
    }
    expect(statuses).toEqual(['ringing', 'active', 'active', 'active', 'active', 'active', 'active', 'ended'])
  })

  test('become one when a late event names legs of both, and the other row is removed', async () => {
    const apart = conversation.map(({ entry_point_call_id: _, operator_call_id: __, ...one }) => one)
    await receive(apart)
    expect(await list()).toHaveLength(3)
    await receive([
      event(3, 'recap_summary', 90, { recap_summary: 'Bought', master_call_id: 2, entry_point_call_id: 1 }),
    ])
    expect(await list()).toMatchObject([{ outcome: 'answered', talk_seconds: 55, leg_count: 3 }])
    expect(await rows()).toHaveLength(1)
  })

  test('are the same for every order of arrival, one by one or together, and match their legs', async () => {
    const store = createCallStore(database)
    let offset = 0
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(conversation, { minLength: conversation.length }),
        fc.boolean(),
        async (events, oneByOne) => {
          offset += 10
          const shift = (one: Record<string, unknown>, name: string) =>
            one[name] === undefined ? {} : { [name]: Number(one[name]) + offset }
          const own = events.map((one) => ({
            ...one,
            ...shift(one, 'call_id'),
            ...shift(one, 'entry_point_call_id'),
            ...shift(one, 'operator_call_id'),
          }))
          await receive(own, oneByOne)
          const call = await queue.services.calls.queries.get(principal(), `dialpad:${1 + offset}`)
          const [row] = (await rows()).filter(({ id }) => id === call.conversation_id)
          const legs = await store.legs(database.queries, queue.appId, [call.conversation_id])
          expect(row).toEqual(conversationOf(legs, row!.updatedAt))
          expect(row).toMatchObject({
            outcome: 'answered',
            talkSeconds: 55,
            holdSeconds: 5,
            waitedSeconds: 20,
            legCount: 3,
          })
        },
      ),
      { numRuns: draws(10) },
    )
    expect(await rows()).toHaveLength(offset / 10)
  }, 60_000)

  test('end when their last leg is ended because nothing was received of it for too long', async () => {
    await receive(conversation.slice(0, 6))
    expect(await list()).toMatchObject([{ outcome: 'open', ended_at: null }])
    queue.now = T0 + 30 * 86_400_000
    await queue.services.calls.stale.end()
    expect(await list()).toMatchObject([{ outcome: 'answered', status: 'ended', ended_at: expect.any(String) }])
  })

  test('are found by the values of their legs and by their outcome', async () => {
    await receive(conversation)
    await receive([callEvent(50, 'hangup', T0 + 5000, { direction: 'outbound', date_ended: T0 + 5000, ...agent(7) })])
    const found = async (filter: object) => (await list(filter)).map(({ outcome }) => outcome)
    expect(await found({ dialpad_user_id: 8 })).toEqual(['answered'])
    expect((await found({ dialpad_user_id: 7 })).sort()).toEqual(['answered', 'unanswered'])
    expect(await found({ outcome: 'unanswered' })).toEqual(['unanswered'])
    expect(await found({ status: 'missed' })).toEqual([])
    expect(await found({ direction: 'inbound', number: '(555) 555-0109' })).toEqual(['answered'])
    expect(await found({ started_before: String(T0) })).toEqual([])
  })

  test('are shown with the same figures alone as in the list', async () => {
    await receive(conversation)
    const [row] = await list()
    const { calls, timeline, ...shown } = await queue.services.calls.conversationQueries.get(principal(), row!.id)
    expect(shown).toEqual(row!)
    expect(calls).toHaveLength(3)
    expect(timeline).toHaveLength(conversation.length)
  })

  test('are rebuilt from their calls, with the figures made of them', async () => {
    await receive(conversation)
    const before = await rows()
    await database.queries.delete(database.tables.conversations)
    const { analytics, calls } = queue.services
    await calls.conversations.beginRebuild(queue.appId)
    expect(await calls.conversations.rebuild()).toBe(1)
    expect(await rows()).toEqual(before)
    queue.now = T0 + 86_400_000
    expect(await analytics.rollUp.run()).toBe(1)
    const figures = await analytics.queries.figures({
      appIds: [queue.appId],
      from: T0 - (T0 % 86_400_000),
      to: T0 + 86_400_000,
      interval: 'total',
      timeZone: 'UTC',
      groupBy: 'user',
    })
    expect(figures).toMatchObject([
      { key: '8', figures: { offered: 1, answered: 1, talkSeconds: 55, answerSeconds: 20 } },
    ])
  })
})
