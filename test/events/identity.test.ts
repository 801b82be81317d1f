import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/db/database'
import { backends } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { agentStatus, createQueue, type Queue } from '../support/queue'

describe.each(backends)('which events are the same on %s', (_name, open) => {
  let database: Database
  let queue: Queue
  beforeEach(async () => {
    database = await open()
    queue = await createQueue(database)
  })
  afterEach(() => database.close())

  const sms = {
    id: 31,
    direction: 'outbound',
    from_number: '+15555550105',
    to_number: ['+15555550149'],
    message_status: 'pending',
    message_delivery_result: 'accepted',
    event_timestamp: T0,
  }
  const ring = callEvent(1, 'ringing', T0)
  const older = { event_type: 'call.ring', call: { id: 5 } }
  test.each([
    ['state, instant or call', ring, [{ state: 'connected' }, { event_timestamp: T0 + 1 }, { call_id: 2 }]],
    [
      'status, delivery result, instant or id of an SMS',
      sms,
      [{ message_status: 'success' }, { message_delivery_result: 'no_route' }, { event_timestamp: T0 + 1 }, { id: 32 }],
    ],
    ['instant or status of an agent', agentStatus(1), [{ event_timestamp: T0 + 2 }, { on_duty_status: 'busy' }]],
    ['type or call of the older form', older, [{ event_type: 'call.started' }, { call: { id: 6 } }]],
  ])('an event that differs in %s is no repetition; the very same is', async (_, event: object, others: object[]) => {
    const all = [event, ...others.map((other) => ({ ...event, ...other }))]
    const ids: string[] = []
    for (const one of all) {
      const { eventId, duplicate } = await queue.receive(one)
      expect([one, duplicate]).toEqual([one, false])
      ids.push(eventId)
    }
    for (const [i, one] of all.entries())
      expect(await queue.receive(one)).toEqual({ eventId: ids[i]!, duplicate: true })
    expect((await queue.services.events.queue.stats()).map(({ count }) => count)).toEqual([all.length])
  })

  test('the largest id that a number holds is processed; one larger is kept in quarantine, as a number and as text', async () => {
    for (const [i, field] of ['call_id', 'master_call_id', 'entry_point_call_id', 'operator_call_id'].entries()) {
      const event = callEvent(7, 'ringing', T0 + i)
      const fits = await queue.receive({ ...event, [field]: Number.MAX_SAFE_INTEGER })
      const asText = await queue.receive({ ...event, [field]: '9007199254740992' })
      const body = JSON.stringify({ ...event, [field]: 'N' }).replace('"N"', '9007199254740993')
      const asNumber = await queue.services.events.receiver.storeEvent(body, body, {
        source: 'webhook',
        appId: queue.appId,
        webhookId: null,
      })
      await queue.settle()
      expect((await queue.services.events.queue.get(fits.eventId)).status).toBe('processed')
      for (const { eventId } of [asText, asNumber]) {
        const { status, error } = await queue.services.events.queue.get(eventId)
        expect([field, status]).toEqual([field, 'quarantined'])
        expect(error).toMatch(/9007199254740\d+ is larger than 2\^53-1/)
      }
      expect((await queue.services.events.queue.get(asNumber.eventId)).body).toBe(body)
    }
  })

  test('an SMS id beyond 2^53-1 is kept in quarantine', async () => {
    const { eventId } = await queue.receive({ ...sms, id: '9007199254740992' })
    await queue.settle()
    expect(await queue.services.events.queue.get(eventId)).toMatchObject({
      status: 'quarantined',
      error: 'id 9007199254740992 is larger than 2^53-1',
    })
  })
})
