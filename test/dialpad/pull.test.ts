import { afterEach, describe, expect, test } from 'bun:test'
import { jwtVerify } from 'jose'
import { keepPulling } from '../../src/dialpad/pull/connection'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { createManualTimers } from '../support/manual-timers'
import { until } from '../support/until'

let dialpad: Dialpad
let pulling: ReturnType<typeof keepPulling>
afterEach(async () => {
  const stopped = pulling.stop()
  clock.advance(5000)
  await stopped
  await dialpad.stop()
})
let clock: ReturnType<typeof createManualTimers>

const headers = () => ({ authorization: `Bearer ${dialpad.apiKey}` })
async function setUp(receive?: (call: number) => Promise<void>) {
  clock = createManualTimers()
  dialpad = startDialpad({ clock: clock.now, wait: async () => {} })
  const post = async (path: string, body: unknown) =>
    (
      await fetch(`${dialpad.url}/api/v2${path}`, { method: 'POST', headers: headers(), body: JSON.stringify(body) })
    ).json()
  const { id } = (await post('/websockets', { secret: 'k' })) as { id: string }
  await post('/subscriptions/call', { endpoint_id: Number(id) })
  const heard: number[] = []
  let gaps = 0
  pulling = keepPulling({
    freshUrl: async () => {
      const answer = await fetch(`${dialpad.url}/api/v2/websockets/${id}`, { headers: headers() })
      return ((await answer.json()) as { websocket_url: string }).websocket_url
    },
    receive: async (frame) => {
      const { payload } = await jwtVerify(frame, new TextEncoder().encode('k'))
      await receive?.(payload.call_id as number)
      heard.push(payload.call_id as number)
    },
    onGap: () => {
      gaps++
    },
    now: clock.now,
    timers: clock.timers,
  })
  await until('the first connection', () => dialpad.sockets.open.size === 1 && pulling.status().state === 'connected')
  return { heard, gaps: () => gaps }
}
/** Lets time pass with Dialpad answering each ping. */
async function pass(ms: number) {
  for (let passed = 0; passed < ms; passed += 30_000) {
    clock.advance(30_000)
    await until('the ping is answered', () => pulling.status().last_seen_at === clock.now())
  }
}
const ring = async () => {
  const call = dialpad.call()
  await call.ring()
  return call.id
}

describe('pull mode', () => {
  test('renews before its hour ends and receives everything meanwhile', async () => {
    const { heard, gaps } = await setUp()
    const calls: number[] = []
    for (let i = 0; i < 3; i++) {
      // The overlap of the round before is part of the fifty minutes.
      await pass(50 * 60_000 - (i > 0 ? 30_000 : 0))
      await until('the next connection', () => dialpad.sockets.open.size === 2)
      calls.push(await ring())
      await until('both connections heard it', () => heard.filter((call) => call === calls.at(-1)).length === 2)
      clock.advance(30_000)
      await until('the old connection is closed', () => dialpad.sockets.open.size === 1)
      dialpad.sockets.closeExpired()
      calls.push(await ring())
      await until('the new one hears', () => heard.at(-1) === calls.at(-1))
    }
    expect(new Set(heard)).toEqual(new Set(calls))
    expect(gaps()).toBe(1)
  })

  test('reconnects after a cut, with a new address, and reports the gap', async () => {
    const { heard, gaps } = await setUp()
    dialpad.sockets.cutAll()
    await until('the loss is noticed', () => pulling.status().state === 'waiting')
    expect(pulling.status().last_error).toBeString()
    clock.advance(1000)
    await until('connected again', () => pulling.status().state === 'connected')
    const call = await ring()
    await until('heard', () => heard.includes(call))
    expect([gaps(), pulling.status().reconnects]).toEqual([2, 1])
  })

  test('keeps retrying while Dialpad is unavailable, with longer and longer pauses', async () => {
    const { gaps } = await setUp()
    await dialpad.goAway()
    await until('the loss is noticed', () => pulling.status().state === 'waiting')
    for (let i = 0; i < 4; i++) {
      clock.advance(60_000)
      await until('another failure', () => pulling.status().state === 'waiting')
    }
    dialpad.comeBack()
    clock.advance(60_000)
    await until('connected again', () => pulling.status().state === 'connected')
    expect(gaps()).toBe(2)
  })

  test('keeps a connection that answers pings and drops one that does not', async () => {
    await setUp()
    await pass(5 * 60_000)
    expect(pulling.status()).toMatchObject({ state: 'connected', reconnects: 0 })
    clock.advance(60_000)
    await until('the silence is noticed', () => pulling.status().state === 'waiting')
    expect(pulling.status().last_error).toBe('no response from Dialpad')
  })

  test('retries to store a frame until it succeeds, in order', async () => {
    let failures = 3
    const { heard } = await setUp(async () => {
      if (failures-- > 0) throw new Error('the database is away')
    })
    const calls = [await ring(), await ring()]
    await until('everything is stored', () => {
      clock.advance(10_000)
      return heard.length === 2
    })
    expect(heard).toEqual(calls)
  })
})
