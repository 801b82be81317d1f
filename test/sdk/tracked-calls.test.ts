import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { CallTracker } from '../../src/sdk/call-tracker'
import { CtiClient } from '../../src/sdk/cti-client'
import type { Call } from '../../src/sdk/records'
import { streamServer } from '../support/stream-server'
import { until } from '../support/until'

/** What the server has: the active calls, and each call's record. */
let active: Partial<Call>[]
let records: Record<string, Partial<Call>>
let asked: string[]
let answering: Promise<void>
let server: ReturnType<typeof streamServer>
let tracker: CallTracker
let changes: string[]

beforeEach(async () => {
  active = []
  records = {}
  asked = []
  answering = Promise.resolve()
  server = streamServer(async (request) => {
    const { pathname } = new URL(request.url)
    asked.push(pathname)
    const listed = active
    await answering
    if (pathname === '/api/calls/active') return Response.json({ success: true, calls: listed })
    const record = records[pathname.slice('/api/calls/'.length)]
    return record
      ? Response.json({ success: true, call: { ...record, timeline: [] } })
      : Response.json({ code: 'call_not_found', detail: 'none' }, { status: 404 })
  })
  tracker = new CtiClient({ baseUrl: server.url, token: 't' }).track()
  changes = []
  tracker.on('change', ({ call, previous }) => changes.push(`${call.dialpad_call_id}: ${previous} → ${call.status}`))
  await until('the tracker to listen', () => tracker.live.state === 'live' && asked.length === 1)
})
afterEach(async () => {
  tracker.close()
  await server.stop()
})

let seq = 0
const entry = (event: string, call_id: number, status: string, more: object = {}) => ({
  event,
  seq: ++seq,
  call_id,
  id: `call-${call_id}`,
  direction: 'inbound',
  status,
  timestamp: '2026-01-01T00:00:00.000Z',
  ...more,
})
const record = (dialpad_call_id: number, status: Call['status'], more: Partial<Call> = {}): Partial<Call> => ({
  id: `call-${dialpad_call_id}`,
  dialpad_call_id,
  direction: 'inbound',
  status,
  started_at: '2026-01-01T00:00:00.000Z',
  ...more,
})
/** Waits until everything sent so far was taken: a ring of a call nobody asks about comes last. */
async function taken(): Promise<void> {
  const last = 9_000_000 + ++seq
  server.send(entry('call.ring', last, 'ringing'))
  await until('the last entry', () => tracker.byDialpadId(last) !== null)
}
const changesOf = (id: number) => changes.filter((change) => change.startsWith(`${id}:`))

test('a late entry never makes an ended call ring, talk or be held again', async () => {
  server.send(
    entry('call.ring', 1, 'ringing'),
    entry('call.ended', 1, 'ended', { duration_seconds: 7 }),
    entry('call.updated', 1, 'ringing'),
    entry('call.started', 1, 'active'),
    entry('call.held', 1, 'held'),
  )
  await taken()
  expect(tracker.byDialpadId(1)).toMatchObject({ status: 'ended', duration_seconds: 7 })
  expect(changesOf(1)).toEqual(['1: null → ringing', '1: ringing → ended'])
})

test('an ended call is not taken back by a list of active calls that was read before it ended', async () => {
  server.send(entry('call.ring', 1, 'ringing'))
  await until('the ring', () => tracker.byDialpadId(1) !== null)
  const { promise, resolve } = Promise.withResolvers<void>()
  answering = promise
  active = [record(1, 'ringing')]
  server.send({ type: 'gap', from: seq + 1, to: seq + 10 })
  seq += 10
  await until('the second reading', () => asked.length === 2)
  server.send(entry('call.ended', 1, 'ended'))
  await until('the end', () => tracker.byDialpadId(1)?.status === 'ended')
  resolve()
  await taken()
  expect(tracker.byDialpadId(1)?.status).toBe('ended')
})

test('a call that rings while the active calls are read is known from the stream, and not asked for', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const readAgain = () => {
    server.send({ type: 'gap', from: seq + 1, to: seq + 10 })
    seq += 10
  }
  answering = promise
  active = [record(2, 'active')]
  readAgain()
  await until('the second reading', () => asked.length === 2)
  server.send(entry('call.ring', 1, 'ringing'))
  await until('the ring', () => tracker.byDialpadId(1) !== null)
  resolve()
  await until('its result', () => tracker.byDialpadId(2) !== null)
  active = [1, 2, 3].map((id) => record(id, 'active'))
  readAgain()
  await until('the third reading', () => tracker.byDialpadId(3) !== null)
  expect(asked).toEqual(Array(3).fill('/api/calls/active'))
})

test('after a gap the active calls are loaded again, and one that ended in it shows how', async () => {
  server.send(entry('call.ring', 1, 'ringing'), entry('call.ring', 2, 'ringing'))
  await until('both calls', () => tracker.calls.length === 2)
  active = [record(2, 'active')]
  records['call-1'] = record(1, 'missed', { duration_seconds: 0 })
  server.send({ type: 'gap', from: seq + 1, to: seq + 10 })
  seq += 10
  await until('the missed call', () => tracker.byDialpadId(1)?.status === 'missed')
  expect(tracker.byDialpadId(2)?.status).toBe('active')
  expect(asked.filter((path) => path === '/api/calls/active')).toHaveLength(2)
})

test('repeated rings of one call are one call, with what each of them adds', async () => {
  server.send(
    entry('call.ring', 1, 'ringing', { job_id: 'j-1', from_number: '+15557654321' }),
    entry('call.updated', 1, 'ringing', { timestamp: '2026-01-01T00:00:05.000Z' }),
    entry('call.updated', 1, 'ringing', { dialpad_user_id: 5000, timestamp: '2026-01-01T00:00:09.000Z' }),
  )
  await taken()
  expect(tracker.calls.filter(({ dialpad_call_id }) => dialpad_call_id === 1)).toHaveLength(1)
  expect(tracker.byDialpadId(1)).toMatchObject({
    job_id: 'j-1',
    from_number: '+15557654321',
    dialpad_user_id: 5000,
    started_at: '2026-01-01T00:00:00.000Z',
  })
})

test('a call was answered when it first was, although it was held and resumed since', async () => {
  server.send(
    entry('call.started', 1, 'active', { timestamp: '2026-01-01T00:00:05.000Z' }),
    entry('call.held', 1, 'held', { timestamp: '2026-01-01T00:00:08.000Z' }),
    entry('call.started', 1, 'active', { timestamp: '2026-01-01T00:00:09.000Z' }),
  )
  await taken()
  expect(tracker.byDialpadId(1)).toMatchObject({ status: 'active', connected_at: '2026-01-01T00:00:05.000Z' })
})

test('a recording or transcript of a call long over does not bring it back; its end does', async () => {
  server.send(
    entry('call.recording.completed', 1, 'ended'),
    entry('call.transcript', 2, 'ended'),
    entry('call.updated', 3, 'missed'),
    entry('call.ended', 4, 'ended'),
    entry('message.received', 5, 'pending'),
  )
  await taken()
  expect([1, 2, 3, 4, 5].map((id) => tracker.byDialpadId(id)?.status ?? null)).toEqual([
    null,
    null,
    null,
    'ended',
    null,
  ])
})
