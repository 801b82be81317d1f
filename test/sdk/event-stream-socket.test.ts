import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { CtiClient } from '../../src/sdk/cti-client'
import { EventStreamSocket } from '../../src/sdk/event-stream-socket'
import type { LiveEntries, LiveOptions } from '../../src/sdk/live-entries'
import { isCallEntry } from '../../src/sdk/records'
import { type BrowserServer, callEvent, startBrowserServer } from '../support/browser-server'
import { until } from '../support/until'

/** The stream as a runtime without WebSockets has it, against the whole server. */

let server: BrowserServer
let appId: string
let apiKey: string
let live: LiveEntries
beforeAll(async () => {
  server = await startBrowserServer()
  appId = (await server.createApp('Streamed')).app_id
})
beforeEach(async () => {
  const path = `/internal/apps/${appId}/api-key`
  apiKey = (await server.call<{ api_key: string }>('POST', path, {})).api_key
})
afterEach(() => live.close())
afterAll(() => server.stop())

async function follow(options: LiveOptions = {}) {
  live = new CtiClient({ baseUrl: server.url, token: apiKey, WebSocket: EventStreamSocket }).live(options)
  const entries: string[] = []
  const seqs: number[] = []
  live.on('entry', (entry) => {
    entries.push(`${entry.event} ${isCallEntry(entry) ? entry.call_id : ''}`)
    seqs.push(entry.seq)
  })
  await until('the stream', () => live.state === 'live')
  return { entries, seqs }
}
const ring = (call_id: number) => server.deliver(callEvent('ringing', { call_id, at: Date.now() }))
const hangUp = (call_id: number) => server.deliver(callEvent('hangup', { call_id, at: Date.now() + 1 }))

test('delivers what happens from now on, filtered as a socket filters', async () => {
  await ring(4_200_000_000_000_001)
  const { entries } = await follow({ events: ['call.ring'] })
  await hangUp(4_200_000_000_000_001)
  await ring(4_200_000_000_000_002)
  await until('the ring', () => entries.length > 0)
  expect(entries).toEqual(['call.ring 4200000000000002'])
})

test('resumes after the last entry when the server was unavailable, without a gap or a repetition', async () => {
  const { entries, seqs } = await follow()
  await ring(4_200_000_000_000_003)
  await until('the ring', () => entries.length === 1)
  await server.restart(() => until('the break', () => live.state !== 'live'))
  await ring(4_200_000_000_000_004)
  await until('the next ring', () => entries.length === 2)
  expect(entries).toEqual(['call.ring 4200000000000003', 'call.ring 4200000000000004'])
  expect(seqs[1]).toBe(seqs[0]! + 1)
}, 30_000)

test('an entry that arrives in two parts, cut within a character, is delivered once and whole', async () => {
  const frame = (seq: number) => `data: {"event":"message.received","seq":${seq},"text":"Grüße"}\n\n`
  const whole = Buffer.from(
    `event: subscribed\ndata: {"type":"subscribed","seq":1}\n\n${frame(2)}${frame(3)}${frame(4)}`,
  )
  const cutAt = whole.indexOf('ü', whole.indexOf('"seq":3')) + 1
  const { promise: rest, resolve: sendRest } = Promise.withResolvers<void>()
  const parts = () =>
    new ReadableStream({
      async start(controller) {
        controller.enqueue(whole.subarray(0, cutAt))
        await rest
        controller.enqueue(whole.subarray(cutAt))
        controller.close()
      },
    })
  const cut = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response(parts()) })
  const client = new CtiClient({ baseUrl: cut.url.origin, token: 't', WebSocket: EventStreamSocket })
  live = client.live()
  const entries: object[] = []
  live.on('entry', (entry) => entries.push(entry))
  await until('the first entry', () => entries.length > 0)
  sendRest()
  await until('the last entry', () => entries.some((entry) => (entry as { seq: number }).seq === 4))
  expect(entries).toEqual([2, 3, 4].map((seq) => ({ event: 'message.received', seq, text: 'Grüße' })) as object[])
  live.close()
  await cut.stop(true)
})

test('stops when the credentials end, and reports why', async () => {
  await follow()
  const codes: (string | undefined)[] = []
  live.on('error', (error) => codes.push((error as { code?: string }).code))
  await server.call('POST', `/internal/apps/${appId}/api-key/revoke`, {})
  await until('the refusal', () => live.state === 'refused')
  expect(codes).toEqual(['api_key_invalid'])
}, 30_000)
