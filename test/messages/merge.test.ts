import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { compose, type Services } from '../../src/app/compose'
import type { Database } from '../../src/db/database'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { AGENT_ID, T0 } from '../support/events'
import { quickWork, testConfig } from '../support/server'

describe.each(backends)('an SMS on %s', (_name, open) => {
  let database: Database
  let services: Services
  let appId: string
  beforeEach(async () => {
    database = await open()
    services = compose(testConfig('sqlite::memory:'), database, () => T0, quickWork)
    appId = await insertApp(database, 'One', T0)
  })
  afterEach(() => database.close())

  /** The messages after these events, each processed before the next arrives. */
  async function messagesAfter(...events: object[]) {
    const principal = { appId, keyId: null, expiresAt: null, scopes: [], userId: null }
    for (const event of events) {
      const body = JSON.stringify(event)
      await services.events.receiver.storeEvent(body, body, { source: 'webhook', appId, webhookId: null })
      while ((await services.events.processor.processBatch()) > 0);
    }
    return (await services.messages.queries.list(principal, {}, { limit: 10 })).messages.sort(
      (a, b) => a.dialpad_message_id - b.dialpad_message_id,
    )
  }
  const told = async () =>
    (await services.stream.store.after(database.queries, appId, 0, 100)).map(({ data }) => JSON.parse(data).event)

  const contact = { id: 1, type: 'local', name: 'Ada', phone: '+15555550149', email: 'ada@example.com' }
  const target = { id: AGENT_ID, type: 'user', name: 'Agent', phone: '+15555550105', email: 'a@example.com' }
  const sms = (id: number, seconds: number, more: object = {}) => ({
    id,
    direction: 'outbound',
    from_number: '+15555550105',
    to_number: ['+15555550149', '+15555550150'],
    text: 'hello',
    mms_url: 'https://dialpad.com/m/1',
    created_date: T0,
    message_status: 'pending',
    contact,
    target,
    event_timestamp: T0 + seconds * 1000,
    ...more,
  })
  const newer = {
    message_status: 'failed',
    message_delivery_result: 'no_route',
    text: 'hello again',
    mms_url: 'https://dialpad.com/m/2',
    contact: { ...contact, name: 'Ada Lovelace' },
    target: { ...target, id: 77 },
    created_date: T0 + 500,
    is_internal: true,
  }
  const expected = {
    status: 'failed',
    delivery_result: 'no_route',
    text: 'hello again',
    media_url: expect.stringMatching(/^\/api\/messages\/.+\/media\/0$/),
    contact: newer.contact,
    target: newer.target,
    dialpad_user_id: 77,
    is_internal: true,
    sent_at: new Date(T0).toISOString(),
  }

  test('has what its newest snapshot says and the first time it was sent, also when an older one arrives late', async () => {
    const messages = await messagesAfter(
      sms(1, 0),
      sms(1, 5, newer),
      sms(2, 5, newer),
      sms(2, 0),
      sms(2, 3, { text: 'between' }),
    )
    expect(messages).toHaveLength(2)
    for (const one of messages) expect(one).toMatchObject(expected)
    expect(await told()).toEqual(['message.sent', 'message.updated', 'message.sent', 'message.updated'])
  })

  test('keeps what a newer snapshot leaves out', async () => {
    const silent = {
      from_number: null,
      to_number: [],
      text: null,
      mms_url: null,
      created_date: null,
      message_status: null,
      contact: null,
      target: {},
    }
    const [message] = await messagesAfter(sms(1, 0), sms(1, 5, silent))
    expect(message).toMatchObject({
      from_number: '+15555550105',
      to_number: '+15555550149',
      to_numbers: ['+15555550149', '+15555550150'],
      text: 'hello',
      media_url: expect.stringMatching(/^\/api\/messages\/.+\/media\/0$/),
      status: 'pending',
      contact,
      target,
      dialpad_user_id: AGENT_ID,
      sent_at: new Date(T0).toISOString(),
    })
    expect(await told()).toEqual(['message.sent'])
  })

  test('updates of the same instant are each applied, in the order they arrive', async () => {
    const [message] = await messagesAfter(
      sms(1, 0),
      sms(1, 0, { message_status: 'success' }),
      sms(1, 0, { message_status: 'success', message_delivery_result: 'accepted' }),
    )
    expect(message).toMatchObject({ status: 'success', delivery_result: 'accepted' })
    expect(await told()).toEqual(['message.sent', 'message.updated', 'message.updated'])
  })

  test('is found by the number outside the company, whichever its direction', async () => {
    const inbound = { direction: 'inbound', from_number: '+15555550149', to_number: ['+15555550105'] }
    await messagesAfter(sms(1, 0), sms(2, 0, inbound))
    const principal = { appId, keyId: null, expiresAt: null, scopes: [], userId: null }
    const found = async (number: string) =>
      (await services.messages.queries.list(principal, { with: number }, { limit: 10 })).messages.map(
        ({ dialpad_message_id, direction }) => `${dialpad_message_id} ${direction}`,
      )
    expect((await found('(555) 555-0149')).sort()).toEqual(['1 outbound', '2 inbound'])
    expect(await found('(555) 555-0105')).toEqual([])
    expect(await told()).toEqual(['message.sent', 'message.received'])
  })

  test('between two users of the company is one message, received by one and sent by the other, in either order', async () => {
    const shared = { is_internal: true, from_number: '+15555550105', to_number: ['+15555550106'], contact: null }
    const sent = (id: number) => sms(id, 0, { ...shared, direction: 'outbound', target: { ...target, id: 1 } })
    const received = (id: number) => sms(id, 0, { ...shared, direction: 'inbound', target: { ...target, id: 2 } })
    const messages = await messagesAfter(sent(1), received(1), received(2), sent(2), received(2))
    expect(messages.map(({ direction, dialpad_user_id }) => [direction, dialpad_user_id])).toEqual([
      ['outbound', 1],
      ['outbound', 1],
    ])
    const entries = (await services.stream.store.after(database.queries, appId, 0, 100)).map(({ data }) =>
      JSON.parse(data),
    )
    expect(
      entries.map(({ event, message_id, dialpad_user_id, direction }) => [
        message_id,
        event,
        dialpad_user_id,
        direction,
      ]),
    ).toEqual([
      [1, 'message.sent', 1, 'outbound'],
      [1, 'message.received', 2, 'inbound'],
      [2, 'message.received', 2, 'inbound'],
      [2, 'message.sent', 1, 'outbound'],
    ])
  })

  test('has the same result for every order of contradictory snapshots', async () => {
    const snapshots = [
      (id: number) => sms(id, 1, { text: 'one', message_status: 'pending', contact }),
      (id: number) => sms(id, 3, { text: null, message_status: 'success', contact: null }),
      (id: number) => sms(id, 2, { text: 'two', from_number: '+15555550199', contact: { ...contact, name: 'Two' } }),
      (id: number) => sms(id, 3, { text: null, contact: null, message_status: 'failed', to_number: ['+15555550160'] }),
    ]
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 0, 2, 3],
      [2, 3, 0, 1],
      [1, 3, 0, 2],
    ]
    const events = orders.flatMap((order, index) => order.map((at) => snapshots[at]!(index + 1)))
    const messages = (await messagesAfter(...events)).map(
      ({ id, dialpad_message_id: _, media_url: __, media_urls: ___, ...fields }) => fields,
    )
    for (const message of messages) expect(message).toEqual(messages[0]!)
    expect(messages[0]).toMatchObject({ text: 'two', status: 'success', contact: { name: 'Two' } })
  })

  test('with each number, the newest one makes a list of threads, with the customer it is with, page by page', async () => {
    const received = (id: number, from: string, seconds: number) =>
      sms(id, 0, {
        direction: 'inbound',
        from_number: from,
        to_number: ['+15555550105'],
        created_date: T0 + seconds * 1000,
      })
    await messagesAfter(
      received(1, '+15555550149', 1),
      received(2, '+15555550150', 2),
      received(3, '+15555550149', 3),
      received(4, '+15555550151', 3),
    )
    const customer = { external_id: 'c-1', name: '山田 太郎', phones: ['+15555550149'] }
    await services.customers.directory.save(appId, [customer])
    const principal = { appId, keyId: null, expiresAt: null, scopes: [], userId: null }
    const threads = (cursor?: string) =>
      services.messages.queries.list(principal, { newest_per_number: 'true' }, { limit: 2, cursor, includeTotal: true })
    const first = await threads()
    const second = await threads(first.pagination.next_cursor!)
    const ids = [...first.messages, ...second.messages].map((message) => message.dialpad_message_id)
    expect([ids, first.pagination.total]).toEqual([[4, 3, 2], 3])
    expect(first.messages[1]!.customer).toEqual({ id: 'c-1', name: '山田 太郎', url: null })
  })
})
