import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { troubles } from '../support/dialpad/troubles'
import { startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('a transcript that is announced without its text, on %s', (_name, url) => {
  let dialpad: Dialpad
  let server: TestServer
  let apiKey: string
  beforeEach(async () => {
    dialpad = startDialpad({ rateLimits: false })
    server = await startTestServer(await url(), { DIALPAD_BASE_URL: dialpad.url, DIALPAD_API_KEY: dialpad.apiKey })
    apiKey = (await server.createApp('Acme')).apiKey
  })
  afterEach(async () => {
    await server.stop()
    await dialpad.stop()
  })

  const time = '2026-01-01T09:00:00.000000'
  const lines = [
    { type: 'transcript', name: 'Ada Agent', content: 'hello', time },
    { type: 'moment', name: 'Ada Agent', content: 'greeting', time },
    { type: 'transcript', name: 'Casey', content: 'my sink leaks', time },
  ] as const
  const transcript = async (id: number) =>
    (await server.get(`/api/calls/dialpad:${id}`, apiKey)).body.call.transcript as string | null
  /** Announces the transcript of an ended call. @returns the call's id. */
  async function announced(): Promise<number> {
    const call = dialpad.call()
    const at = Date.now()
    const event = { call_id: call.id, direction: 'inbound', date_connected: at, date_ended: at + 1 }
    await server.deliver({ ...event, state: 'hangup', event_timestamp: at + 1 })
    await server.deliver({ ...event, state: 'call_transcription', transcription_text: null, event_timestamp: at + 2 })
    await server.settle()
    return call.id
  }
  const sweep = async () => {
    await server.runJob('transcripts')
    await server.settle()
  }

  test('is fetched line by line, once, and clients are notified', async () => {
    const id = await announced()
    dialpad.state.transcripts.set(id, [...lines])
    await sweep()
    expect(await transcript(id)).toBe('Ada Agent: hello\nCasey: my sink leaks')
    await sweep()
    expect(dialpad.requests(/transcripts/)).toHaveLength(1)
    const { body } = await server.get('/api/events?after=0', apiKey)
    expect(body.events.at(-1)).toMatchObject({ event: 'call.transcript', transcript: expect.stringContaining('sink') })
  })

  test.each([
    ['is not there yet', { status: 404 }],
    ['is a login page', troubles.loginPage],
    ['is no list', troubles.withMembers({ lines: 'none' })],
    ['has lines of no shape', troubles.withMembers({ lines: [null, 7, { content: {} }, []] })],
    ['breaks off', troubles.half],
  ] as const)('that %s leaves the call without one and is not asked for at once again', async (_what, fault) => {
    const id = await announced()
    dialpad.state.transcripts.set(id, [...lines])
    dialpad.faults.add({ on: /transcripts/, ...fault })
    await sweep()
    expect(await transcript(id)).toBeNull()
    const asked = dialpad.requests(/transcripts/).length
    await sweep()
    expect(dialpad.requests(/transcripts/)).toHaveLength(asked)
  })
})
