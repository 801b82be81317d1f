import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mp3, wav } from '../support/dialpad/audio'
import { type Dialpad, startDialpad } from '../support/dialpad/start'

/** Recordings, share links and transcripts as Dialpad has them, each kind switched on by the test. */

let dialpad: Dialpad
beforeEach(() => {
  dialpad = startDialpad()
})
afterEach(() => dialpad.stop())

const bearer = () => ({ authorization: `Bearer ${dialpad.apiKey}` })
const fetchAsServer = (url: string) => fetch(url, { headers: bearer(), redirect: 'manual' })
const api = (path: string, body?: unknown) =>
  fetch(`${dialpad.url}/api/v2${path}`, {
    headers: bearer(),
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
const kindOf = async (answer: Response) => [answer.status, answer.headers.get('content-type')]

describe('a recording', () => {
  test.each([
    ['MP3', mp3(), 'audio/mpeg', 'ID3'],
    ['WAV', wav(), 'audio/wav', 'RIFF'],
  ])('in %s comes with its type and its first bytes, to a bearer alone', async (_name, bytes, type, first) => {
    const call = dialpad.call()
    await call.recorded(bytes, type)
    const { url } = call.record.recording_details[0]!
    const answer = await fetchAsServer(url)
    expect(await kindOf(answer)).toEqual([200, type])
    expect((await answer.text()).slice(0, first.length)).toBe(first)
    expect((await fetch(url)).status).toBe(401)
  })

  test('of an administrator redirects a token to the login page, or is that page', async () => {
    const call = dialpad.call()
    await call.recordedAs({ bytes: mp3(), recordingType: 'admincallrecording' })
    await call.recordedAs({ bytes: mp3(), recordingType: 'admincallrecording', access: 'page' })
    const [redirected, page] = call.record.recording_details.map(({ url }) => url)
    expect(redirected).toContain('/blob/adminrecording/')
    const answer = await fetchAsServer(redirected!)
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/login'])
    expect(await kindOf(await fetch(redirected!, { headers: bearer() }))).toEqual([200, 'text/html; charset=utf-8'])
    expect(await kindOf(await fetchAsServer(page!))).toEqual([200, 'text/html; charset=utf-8'])
  })

  test('is in its events by its type: for tokens, for administrators, as voicemail', async () => {
    const receiver = await subscribed('call')
    const call = dialpad.call()
    await call.recordedAs({ bytes: mp3() })
    await call.recordedAs({ bytes: mp3(), recordingType: 'admincallrecording' })
    await call.voicemail(mp3())
    const [own, admins, voicemail] = call.record.recording_details
    expect(receiver.events.map(({ state }) => state)).toEqual([
      'recording',
      'admin_recording',
      'voicemail',
      'hangup',
      'voicemail_uploaded',
    ])
    expect(receiver.events.at(-1)).toMatchObject({
      recording_url: [own!.url],
      admin_recording_urls: [admins!.url],
      call_recording_ids: [own!.id, admins!.id, voicemail!.id],
      voicemail_link: voicemail!.url,
      recording_details: [
        { recording_type: 'callrecording' },
        { recording_type: 'admincallrecording' },
        { recording_type: 'voicemail' },
      ],
    })
    await receiver.stop()
  })
})

describe('a share link', () => {
  const link = async (shared: 'audio' | 'page' | 'none', privacy: 'public' | 'owner') => {
    const call = dialpad.call()
    await call.recordedAs({ bytes: mp3(), recordingType: 'admincallrecording', shared })
    const { id, recording_type } = call.record.recording_details[0]!
    return api('/recordingsharelink', { recording_id: id, recording_type, privacy })
  }
  const address = async (answer: Response) => ((await answer.json()) as { access_link: string }).access_link

  test('returns the audio: a public one to everybody, another with a bearer token', async () => {
    expect(await kindOf(await fetch(await address(await link('audio', 'public'))))).toEqual([200, 'audio/mpeg'])
    const owners = await address(await link('audio', 'owner'))
    expect((await fetch(owners)).status).toBe(401)
    expect(await kindOf(await fetchAsServer(owners))).toEqual([200, 'audio/mpeg'])
  })
  test('may lead to a page', async () => {
    const page = await address(await link('page', 'public'))
    expect(await kindOf(await fetchAsServer(page))).toEqual([200, 'text/html; charset=utf-8'])
  })
  test('is refused for what cannot be shared, and for another type', async () => {
    expect((await link('none', 'public')).status).toBe(404)
    const call = dialpad.call()
    await call.recorded(mp3())
    const wrong = { recording_id: call.record.recording_details[0]!.id, recording_type: 'voicemail' }
    expect((await api('/recordingsharelink', wrong)).status).toBe(404)
  })
})

test('a transcript is fetched by its lines where its event has no text', async () => {
  const receiver = await subscribed('call')
  const call = dialpad.call()
  expect((await api(`/transcripts/${call.id}`)).status).toBe(404)
  const time = '2026-01-01T09:00:00.000000'
  const user_id = dialpad.state.users[0]!.id
  await call.transcribed([{ type: 'transcript', name: 'Ada Agent', content: 'hello', time, user_id }])
  expect(receiver.events).toMatchObject([{ state: 'call_transcription', transcription_text: null }])
  expect(await (await api(`/transcripts/${call.id}`)).json()).toEqual({
    call_id: String(call.id),
    lines: [{ type: 'transcript', name: 'Ada Agent', content: 'hello', time, user_id: String(user_id) }],
  })
  await receiver.stop()
})

/** Takes the events of one kind as a webhook without a secret does. */
async function subscribed(kind: 'call' | 'sms') {
  const events: Record<string, unknown>[] = []
  const server = Bun.serve({
    port: 0,
    fetch: async (request) => {
      events.push((await request.json()) as Record<string, unknown>)
      return new Response()
    },
  })
  const { id } = (await (await api('/webhooks', { hook_url: server.url.href })).json()) as { id: string }
  await api(`/subscriptions/${kind}`, { endpoint_id: Number(id), ...(kind === 'sms' ? { direction: 'all' } : {}) })
  return { events, stop: () => server.stop(true) }
}
