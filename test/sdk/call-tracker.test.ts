import { afterAll, beforeAll, expect, setSystemTime, test } from 'bun:test'
import { type CallTracker, refOf } from '../../src/sdk/call-tracker'
import { CtiClient } from '../../src/sdk/cti-client'
import { type Presence, presenceOf } from '../../src/sdk/presence'
import { type BrowserServer, callEvent, startBrowserServer } from '../support/browser-server'
import { until } from '../support/until'

let server: BrowserServer
let app: { app_id: string; api_key: string }
beforeAll(async () => {
  server = await startBrowserServer()
  app = await server.createApp('Tracked')
})
afterAll(() => server.stop())

async function track(): Promise<CallTracker> {
  const tracker = new CtiClient({ baseUrl: server.url, token: app.api_key }).track()
  await until('the tracker to listen', () => tracker.live.state === 'live')
  return tracker
}

test('knows the calls in progress before it connected, and follows new ones with their references', async () => {
  const before = { call_id: 4_300_000_000_000_001, at: Date.now() }
  await server.deliver(callEvent('ringing', before))
  await server.deliver(callEvent('connected', { ...before, at: before.at + 1 }))
  await until('the call to be recorded', async () => {
    const { calls } = await server.call<{ calls: { status: string }[] }>(
      'GET',
      '/api/calls/active',
      undefined,
      app.api_key,
    )
    return calls[0]?.status === 'active'
  })
  const tracker = await track()
  const changes: string[] = []
  tracker.on('change', ({ call, previous }) =>
    changes.push(`${call.dialpad_call_id % 10}: ${previous} → ${call.status}`),
  )
  await until('the earlier call', () => tracker.byDialpadId(before.call_id)?.status === 'active')

  const custom_data = JSON.stringify({ ref: 'click-1', job_id: '7', customer_id: 'c-7' })
  const call = { call_id: 4_300_000_000_000_002, at: Date.now(), direction: 'outbound' as const, custom_data }
  await server.deliver(callEvent('calling', call))
  await until('the click to be found', () => tracker.byRef('click-1') !== null)
  expect(tracker.byRef('click-1')).toMatchObject({
    status: 'ringing',
    job_id: '7',
    customer_id: 'c-7',
    direction: 'outbound',
  })
  expect(refOf(tracker.byRef('click-1')!)).toBe('click-1')
  await server.deliver(callEvent('connected', { ...call, at: call.at + 1 }))
  await server.deliver(callEvent('hangup', { ...call, at: call.at + 2 }))
  await until('the end', () => tracker.byRef('click-1')?.status === 'ended')
  expect(changes.filter((change) => change.startsWith('2'))).toEqual([
    '2: null → ringing',
    '2: ringing → active',
    '2: active → ended',
  ])

  // What comes after the end changes nothing of it.
  await server.deliver(callEvent('recording', { ...call, at: call.at + 3 }, { recording_details: [] }))
  await server.deliver(callEvent('hangup', { ...before, at: before.at + 9 }))
  await until('the other end', () => tracker.byDialpadId(before.call_id)?.status === 'ended')
  expect(tracker.byRef('click-1')?.status).toBe('ended')
  tracker.close()
})

test('forgets a call a minute after it ended', async () => {
  const tracker = await track()
  const call = { call_id: 4_300_000_000_000_003, at: Date.now() }
  await server.deliver(callEvent('ringing', call))
  await server.deliver(callEvent('hangup', { ...call, at: call.at + 1 }))
  await until('the end', () => tracker.byDialpadId(call.call_id)?.status === 'missed')
  const next = { call_id: 4_300_000_000_000_004, at: Date.now() }
  setSystemTime(Date.now() + 61_000)
  await server.deliver(callEvent('ringing', next))
  await until('the next call', () => tracker.byDialpadId(next.call_id) !== null)
  expect(tracker.byDialpadId(call.call_id)).toBeNull()
  setSystemTime()
  tracker.close()
})

test("reports whether an agent takes calls, from Dialpad's duty states as they arrive", async () => {
  const tracker = await track()
  const told: Presence[] = []
  tracker.on(
    'entry',
    (entry) => entry.event === 'agent.status' && entry.dialpad_user_id === 5000 && told.push(presenceOf(entry)),
  )
  const states = ['available', 'occupied', 'occupied-end', 'wrapup', 'wrapup-end', 'busy', 'unavailable', 'brand-new']
  for (const [index, on_duty_status] of states.entries()) {
    const at = Date.now() + index
    await server.deliver({ on_duty_status, target: { id: 5000, type: 'user' }, event_timestamp: at, date: at })
  }
  await until('every status', () => told.length === states.length)
  expect(told).toEqual([
    'available',
    'unavailable',
    'available',
    'unavailable',
    'available',
    'unavailable',
    'unavailable',
    'unknown',
  ])
  tracker.close()
})
