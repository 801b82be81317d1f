import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createActionService } from '../../src/dialpad/actions/service'
import { createDialpadApi } from '../../src/dialpad/client/api'
import { createDialpadClient } from '../../src/dialpad/client/client'
import { createRateLimiter } from '../../src/dialpad/client/rate-limiter'
import { createMediaService } from '../../src/dialpad/media/service'
import { createDialpadUserService } from '../../src/dialpad/users/service'
import type { DomainError } from '../../src/lib/errors'
import { type Dialpad, startDialpad } from '../support/dialpad/start'

let dialpad: Dialpad
beforeEach(() => {
  dialpad = startDialpad()
})
afterEach(() => dialpad.stop())

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: DomainError) => error.code,
  )

function setUp(token = dialpad.apiKey) {
  const limiter = createRateLimiter()
  const credentials = {
    access: async () => ({ token, company: 'c' }),
    renew: async () => (token === 'stale' ? { token: dialpad.apiKey, company: 'c' } : null),
  }
  const baseUrl = dialpad.url
  const api = createDialpadApi(createDialpadClient({ baseUrl, credentials, limiter, retryDelayMs: () => 1 }))
  const [ada, ben, cleo] = dialpad.state.users
  const mapped: Record<string, number[]> = { 'crm-1': [ada!.id], 'crm-2': [ben!.id, cleo!.id] }
  return {
    api,
    ada: ada!,
    actions: createActionService({
      api,
      region: 'US',
      users: { lookup: { dialpadUserIds: async (_app, user) => mapped[user] ?? [] } },
    }),
    media: createMediaService({ baseUrl, shareLink: api.shareLink, credentials, limiter }),
    users: createDialpadUserService({
      api,
      apps: { requireApp: async () => {} },
      users: { lookup: { crmUserIds: async () => new Map([[ada!.id, 'crm-1']]) } },
      clock: Date.now,
    }),
  }
}

describe('click to call', () => {
  test('sends E.164, the mapped user and the references as custom data', async () => {
    const { actions, ada } = setUp()
    const placed = await actions.placeCall('app', {
      phone_number: '(415) 555-0142',
      user_id: 'crm-1',
      outbound_caller_id: '415-555-1001',
      customer_id: 'c-1',
      job_id: 'j-1',
      custom_data: { source: 'board' },
    })
    const call = dialpad.calls.find(placed.dialpadCallId)
    expect([call.external_number, call.target.id]).toEqual(['+14155550142', ada.id])
    expect(JSON.parse(call.custom_data!)).toEqual({ source: 'board', customer_id: 'c-1', job_id: 'j-1' })
    expect(dialpad.state.violations).toEqual([])
  })

  test.each([
    ['not a phone number', { phone_number: 'hello', dialpad_user_id: 1 }, 'validation_failed'],
    ['nobody', { phone_number: '+14155550142' }, 'validation_failed'],
    ['two users', { phone_number: '+14155550142', user_id: 'crm-1', dialpad_user_id: 1 }, 'validation_failed'],
    ['an unmapped user', { phone_number: '+14155550142', user_id: 'crm-9' }, 'mapping_not_found'],
    ['a user mapped twice', { phone_number: '+14155550142', user_id: 'crm-2' }, 'validation_failed'],
    [
      'too much custom data',
      { phone_number: '+14155550142', dialpad_user_id: 1, custom_data: { text: 'x'.repeat(2000) } },
      'validation_failed',
    ],
    ['a user Dialpad does not know', { phone_number: '+14155550142', dialpad_user_id: 1 }, 'dialpad_refused'],
  ])('refuses %s', async (_what, call, expected) => {
    expect(await code(setUp().actions.placeCall('app', call))).toBe(expected)
    expect([...dialpad.state.calls]).toEqual([])
  })

  test('hangs up and transfers calls in progress, and no others', async () => {
    const { actions } = setUp()
    const one = dialpad.call()
    const two = dialpad.call()
    await actions.hangUp('app', { dialpadCallId: one.id, status: 'active' })
    expect(one.record.state).toBe('hangup')
    await actions.transfer(
      'app',
      { dialpadCallId: two.id, status: 'active' },
      { to: { user_id: 'crm-1' }, transfer_state: 'hold' },
    )
    expect(two.record.is_transferred).toBe(true)
    const three = dialpad.call()
    await actions.transfer('app', { dialpadCallId: three.id, status: 'held' }, { to: { phone_number: '415 555 0199' } })
    expect(dialpad.requests(/transfer$/).map(({ body }) => (body as { to: unknown }).to)).toEqual([
      { target_type: 'user', target_id: dialpad.state.users[0]!.id },
      { number: '+14155550199' },
    ])
    expect(await code(actions.hangUp('app', { dialpadCallId: one.id, status: 'ended' }))).toBe('conflict')
    expect(await code(actions.hangUp('app', { dialpadCallId: one.id, status: 'active' }))).toBe('dialpad_refused')
    expect(dialpad.state.violations).toEqual([])
  })

  test('sends an SMS to each number once', async () => {
    const { actions } = setUp()
    const sent = await actions.sendMessage('app', {
      to_numbers: ['415 555 0142', '+14155550142'],
      text: 'Hi',
      user_id: 'crm-1',
    })
    expect(sent).toMatchObject({ status: 'pending', fromNumber: '+14155551001', toNumbers: ['+14155550142'] })
    expect(dialpad.requests(/sms$/)).toHaveLength(1)
    expect(dialpad.state.violations).toEqual([])
  })
})

describe('media', () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i % 251)
  const open = new AbortController().signal
  const at = (url: string | null) => [{ url, share: null }]
  const recorded = async (type?: string) => {
    const call = dialpad.call()
    await call.recorded(bytes, type)
    return call.record.recording_details[0]!.url
  }
  const read = async (body: ReadableStream<Uint8Array>) => new Uint8Array(await new Response(body).arrayBuffer())

  test('streams a recording with its type and length, and a range of it', async () => {
    const { media } = setUp()
    const url = await recorded()
    const whole = await media.stream('app', at(url), null, open)
    expect([whole.status, whole.headers['content-type'], whole.headers['content-length']]).toEqual([
      200,
      'audio/mpeg',
      '100000',
    ])
    expect(await read(whole.body)).toEqual(bytes)
    const part = await media.stream('app', at(url), 'bytes=10-19', open)
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 10-19/100000'])
    expect(await read(part.body)).toEqual(bytes.slice(10, 20))
    expect(await code(media.stream('app', at(url), 'bytes=100000-', open))).toBe('range_not_satisfiable')
    expect((await media.stream('app', at(url), 'bytes=1-2,4-5', open)).status).toBe(200)
  })

  test('requests a new token when the old one is refused', async () => {
    const { media } = setUp('stale')
    expect((await media.stream('app', at(await recorded()), null, open)).status).toBe(200)
  })

  test('fetches only from Dialpad, whatever an event or a redirect contains', async () => {
    const stolen: (string | null)[] = []
    const thief = Bun.serve({
      port: 0,
      fetch: (request) => {
        stolen.push(request.headers.get('authorization'))
        return new Response('x')
      },
    })
    const { media } = setUp()
    const host = new URL(dialpad.url).host
    for (const address of [
      thief.url.href,
      `http://user@${host}/blob/x`,
      `http://${host}@127.0.0.1:${thief.port}/`,
      `//127.0.0.1:${thief.port}/x`,
      'http://169.254.169.254/latest/meta-data',
      'file:///etc/passwd',
      'https://dialpad.com.example.org/x',
      'not a url at all: %',
      null,
    ])
      expect(await code(media.stream('app', at(address), null, open))).toBe('recording_not_found')
    dialpad.faults.add({ on: /blob/, status: 302, headers: { location: thief.url.href } })
    expect(await code(media.stream('app', at(await recorded()), null, open))).toBe('recording_not_found')
    expect(stolen).toEqual([])
    await thief.stop(true)
  })

  test.each([
    [404, 'recording_not_found'],
    [403, 'dialpad_unauthorized'],
    [500, 'dialpad_unavailable'],
  ])('says what %d at Dialpad means', async (status, expected) => {
    const { media } = setUp()
    const url = await recorded()
    dialpad.faults.add({ on: /blob/, status })
    expect(await code(media.stream('app', at(url), null, open))).toBe(expected)
  })
})

test('lists users with their mappings, and suggests mappings when the email address matches one user', async () => {
  const { users, ada } = setUp()
  const listed = await users.list('app', [
    { crm_user_id: 'crm-1', email: 'ada@example.com' },
    { crm_user_id: 'crm-2', email: ' BEN@example.com' },
    { crm_user_id: 'crm-3', email: 'cleo@example.com' },
    { crm_user_id: 'crm-4', email: 'cleo@example.com' },
  ])
  expect(listed.map(({ name, crmUserId, suggestion }) => [name, crmUserId, suggestion])).toEqual([
    ['Ada Agent', 'crm-1', null],
    ['Ben Agent', null, 'crm-2'],
    ['Cleo Agent', null, null],
  ])
  expect(listed[0]!.id).toBe(ada.id)
})
