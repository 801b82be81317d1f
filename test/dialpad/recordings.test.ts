import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { createDialpadApi } from '../../src/dialpad/client/api'
import { type Credentials, createDialpadClient } from '../../src/dialpad/client/client'
import { createRateLimiter } from '../../src/dialpad/client/rate-limiter'
import { notFound, SIGN_IN, worstOf } from '../../src/dialpad/media/problems'
import { createMediaService } from '../../src/dialpad/media/service'
import type { MediaSource } from '../../src/dialpad/media/sources'
import type { DomainError } from '../../src/lib/errors'
import { type CallChange, readCall } from '../../src/payload/call'
import { mp3, wav } from '../support/dialpad/audio'
import type { NewRecording } from '../support/dialpad/recordings'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { troubles } from '../support/dialpad/troubles'

/** Recordings of every kind: only audio is given to clients, and what cannot be given is explained. */

let dialpad: Dialpad
beforeEach(() => {
  dialpad = startDialpad()
})
afterEach(() => dialpad.stop())

function media(credentials: Credentials = { access: async () => tokenOf(dialpad.apiKey), renew: async () => null }) {
  const limiter = createRateLimiter()
  const baseUrl = dialpad.url
  const api = createDialpadApi(createDialpadClient({ baseUrl, credentials, limiter, retryDelayMs: () => 1 }))
  return createMediaService({ baseUrl, shareLink: api.shareLink, credentials, limiter })
}
const tokenOf = (token: string) => ({ token, company: 'c' })
const stay = new AbortController().signal
async function play(sources: MediaSource[], range: string | null = null) {
  const { status, headers, body } = await media().stream('app', sources, range, stay)
  return { status, type: headers['content-type'], bytes: new Uint8Array(await new Response(body).arrayBuffer()) }
}
const refusal = (work: Promise<unknown>): Promise<[string, string]> =>
  work.then(
    () => ['played', ''],
    (error: DomainError) => [error.code, error.detail],
  )

/** What this server knows of a call with these recordings. */
async function known(...recordings: NewRecording[]): Promise<MediaSource> {
  const call = dialpad.call()
  for (const recording of recordings) await call.recordedAs(recording)
  const { recordingUrl: url, recording: share } = readCall(eventOf(call.record.recording_details), 0)
  return { url, share }
}
const eventOf = (recording_details: unknown[], more: object = {}) => ({
  call_id: 1,
  state: 'recording',
  recording_details,
  ...more,
})
const admins = { recordingType: 'admincallrecording', access: 'redirect' } as const

describe('audio', () => {
  test.each([
    ['MP3', mp3(), 'audio/mpeg', 'audio/mpeg'],
    ['WAV', wav(), 'audio/wav', 'audio/wav'],
    ['MP3 without a type', mp3(), 'application/octet-stream', 'audio/mpeg'],
  ])('%s is streamed whole, with its type', async (_what, bytes, type, expected) => {
    expect(await play([await known({ bytes, type })])).toEqual({ status: 200, type: expected, bytes })
  })

  test('a range from the middle is streamed by its type', async () => {
    const source = await known({ bytes: mp3(), type: 'audio/mpeg' })
    expect(await play([source], 'bytes=10-13')).toEqual({
      status: 206,
      type: 'audio/mpeg',
      bytes: mp3().slice(10, 14),
    })
  })

  const text = (markup: string) => new TextEncoder().encode(markup) as Uint8Array<ArrayBuffer>
  test.each([
    ['a page', text('<!doctype html><title>Sign in</title>'), 'text/html; charset=utf-8'],
    ['a page that claims to be audio', text('\n  <html><script>alert(1)</script></html>'), 'audio/mpeg'],
    ['an error that claims to be audio', text('{"error":{"message":"no"}}'), 'audio/mpeg'],
    ['text', text('hello'), 'text/plain'],
    ['bytes of no kind', new Uint8Array([1, 2, 3]), 'application/octet-stream'],
    ['an image', new Uint8Array([0x89, 0x50, 0x4e, 0x47]), 'image/png'],
    ['nothing', new Uint8Array(), 'audio/mpeg'],
  ])('%s is not', async (_what, bytes, type) => {
    const [code, detail] = await refusal(play([{ ...(await known({ bytes, type })), share: null }]))
    expect(code).toBe('recording_not_found')
    expect(detail).toContain('Dialpad')
  })

  test('a connection that breaks within the first bytes is a failure of Dialpad, not a recording', async () => {
    const source = { ...(await known({ bytes: mp3(2000), type: 'audio/mpeg' })), share: null }
    dialpad.faults.add({ on: /blob/, ...troubles.lostAnswer })
    expect((await refusal(play([source])))[0]).toBe('dialpad_unavailable')
  })

  test('a connection that breaks after some of the first bytes is also a failure of Dialpad', async () => {
    const source = { ...(await known({ bytes: mp3().slice(0, 16), type: 'audio/mpeg' })), share: null }
    dialpad.faults.add({ on: /blob/, cut: 'half' })
    expect((await refusal(play([source])))[0]).toBe('dialpad_unavailable')
  })

  test.each(['bytes=0-3,5-6', 'xbytes=0-3', 'bytes=0-3x', 'bytes=-', 'bytes=a-b', 'items=0-3'])(
    'the range %s is ignored, and the whole is streamed',
    async (range) => {
      const source = await known({ bytes: mp3(), type: 'audio/mpeg' })
      expect(await play([source], range)).toMatchObject({ status: 200, bytes: mp3() })
    },
  )

  test('a range outside of the recording is refused with its length', async () => {
    const source = await known({ bytes: mp3(), type: 'audio/mpeg' })
    const refused = media().stream('app', [source], 'bytes=90000-', stay)
    await expect(refused).rejects.toMatchObject({
      code: 'range_not_satisfiable',
      extra: { headers: { 'content-range': `bytes */${mp3().length}` } },
    })
  })

  test('the response headers match its bytes: their length, and no length of a compressed body', async () => {
    const source = await known({ bytes: mp3(), type: 'audio/mpeg' })
    const { headers, body } = await media().stream('app', [source], null, stay)
    await body.cancel()
    expect(headers).toEqual({
      'content-type': 'audio/mpeg',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'content-length': String(mp3().length),
      'accept-ranges': 'bytes',
      etag: `"${mp3().length}"`,
    })
  })

  test('a token is renewed when it is refused, once, and never otherwise', async () => {
    const source = { ...(await known({ bytes: mp3(), type: 'audio/mpeg' })), share: null }
    const renewed: string[] = []
    const using = (first: string, second: string | null) =>
      media({
        access: async () => tokenOf(first),
        renew: async (_app, { token }) => {
          renewed.push(token)
          return second === null ? null : tokenOf(second)
        },
      }).stream('app', [source], null, stay)
    await (await using(dialpad.apiKey, 'another')).body.cancel()
    expect(renewed).toEqual([])
    expect((await refusal(using('ended', null)))[0]).toBe('dialpad_unauthorized')
    expect(renewed.splice(0)).toEqual(['ended'])
    expect((await refusal(using('ended', 'ended too')))[0]).toBe('dialpad_unauthorized')
    expect(renewed.splice(0)).toEqual(['ended'])
    await (await using('ended', dialpad.apiKey)).body.cancel()
    expect(renewed).toEqual(['ended', 'ended'])
  })

  test('a recording that takes longer than the response timeout is sent to its end', async () => {
    const source = { ...(await known({ bytes: mp3(), type: 'audio/mpeg' })), share: null }
    jest.useFakeTimers()
    try {
      const { body } = await media().stream('app', [source], null, stay)
      jest.advanceTimersByTime(60_000)
      expect(new Uint8Array(await new Response(body).arrayBuffer())).toEqual(mp3())
    } finally {
      jest.useRealTimers()
    }
  })

  test('the links of the last 500 recordings are remembered, and no more', async () => {
    const { url } = await known({ bytes: mp3(1), type: 'audio/mpeg' })
    const asked: string[] = []
    const credentials = { access: async () => tokenOf(dialpad.apiKey), renew: async () => null }
    const shareLink = async (_app: string, { id }: { id: string }) => {
      asked.push(id)
      return url!
    }
    let minutes = 0
    const limiter = createRateLimiter(() => 60_000 * ++minutes)
    const player = createMediaService({ baseUrl: dialpad.url, shareLink, credentials, limiter })
    const playLink = async (id: number) => {
      const share = { id: String(id), type: 'callrecording' }
      await (await player.stream('app', [{ url: null, share }], null, stay)).body.cancel()
    }
    for (let id = 0; id <= 500; id++) await playLink(id)
    expect(asked.splice(0)).toHaveLength(501)
    await playLink(500)
    await playLink(1)
    expect(asked).toEqual([])
    await playLink(0)
    expect(asked).toEqual(['0'])
  })

  test('redirects between media are followed three times, and no further', async () => {
    const source = { ...(await known({ bytes: mp3(), type: 'audio/mpeg' })), share: null }
    const redirect = { on: /blob/, status: 302, headers: { location: source.url! } }
    dialpad.faults.add({ ...redirect, times: 3 })
    expect(await play([source])).toMatchObject({ status: 200, bytes: mp3() })
    dialpad.faults.add({ ...redirect, times: 4 })
    expect((await refusal(play([source])))[0]).toBe('dialpad_unavailable')
  })
})

test('of several problems the one that people can act on is reported', () => {
  const known = { url: 'https://dialpad.com/blob/1', share: null }
  const unknown = { url: null, share: null }
  const detail = (sources: MediaSource[], ...details: string[]) => worstOf(details.map(notFound), sources).detail
  expect(detail([unknown])).toContain('has no recording')
  expect(detail([unknown, known], SIGN_IN)).toBe(SIGN_IN)
  expect(detail([known], SIGN_IN, 'Dialpad has deleted the recording.')).toBe('Dialpad has deleted the recording.')
})

describe('a recording for signed-in people alone', () => {
  test('is played from another leg of the conversation that has one for API clients', async () => {
    const mine = { ...(await known({ bytes: wav(), ...admins })), share: null }
    const others = await known({ bytes: mp3() })
    expect(await play([mine, others])).toMatchObject({ status: 200, bytes: mp3() })
    expect(dialpad.requests(/adminrecording|\/login/)).toEqual([])
  })

  test('is played from a share link otherwise, which is asked for once', async () => {
    const source = await known({ bytes: mp3(), ...admins })
    const player = media()
    for (const range of [null, 'bytes=0-9']) {
      const { body } = await player.stream('app', [source], range, stay)
      await body.cancel()
    }
    expect(dialpad.requests(/recordingsharelink/)).toMatchObject([
      { body: { recording_id: source.share!.id, recording_type: 'admincallrecording', privacy: 'admin' } },
    ])
  })

  test.each([
    ['leads to a page', 'page'],
    ['is refused', 'none'],
  ] as const)('is explained when the share link %s', async (_what, shared) => {
    expect(await refusal(play([await known({ bytes: mp3(), ...admins, shared })]))).toEqual([
      'recording_not_found',
      expect.stringContaining('signed in'),
    ])
  })

  test('is explained when it redirects to the login page, whose address is never fetched', async () => {
    const call = dialpad.call()
    await call.recordedAs({ bytes: mp3(), access: 'redirect' })
    const [code, detail] = await refusal(play([{ url: call.record.recording_details[0]!.url, share: null }]))
    expect([code, detail]).toEqual(['recording_not_found', expect.stringContaining('signed in')])
    expect(dialpad.requests(/login/)).toEqual([])
  })
})

test('no other address of Dialpad is fetched with the token', async () => {
  for (const path of ['/api/v2/company', '/oauth2/deauthorize', '/', '/blob', '/blobs/x', '/blob/../api/v2/company'])
    expect((await refusal(play([{ url: dialpad.url + path, share: null }])))[0]).toBe('recording_not_found')
  expect(dialpad.requests()).toEqual([])
})

test('a missing scope is named, not called missing', async () => {
  const source = await known({ bytes: mp3() })
  dialpad.administrator.withdrawScope('recordings_export')
  const [code, detail] = await refusal(play([source]))
  expect([code, detail]).toEqual(['dialpad_unauthorized', expect.stringContaining('recordings_export')])
})

describe('the recording of a call in its events', () => {
  const url = (folder: string) => `https://dialpad.com/blob/${folder}/1.mp3`
  const detail = (recording_type: string, folder: string, id = '7') => ({ id, recording_type, url: url(folder) })
  const read = (details: unknown[], more: object = {}): CallChange => readCall(eventOf(details, more), 0)

  test('is never a voicemail, whatever names it', () => {
    for (const change of [
      read([detail('voicemail', 'voicemail')]),
      read([{ url: url('voicemail') }]),
      read([], { recording_url: [url('voicemail')] }),
      read([{ url: 'https://dialpad.com/blob/x/1.mp3' }], { voicemail_link: 'https://dialpad.com/blob/x/1.mp3' }),
    ])
      expect([change.recordingUrl, change.recording]).toEqual([null, null])
    const both = read([detail('voicemail', 'voicemail', '1'), detail('callrecording', 'callrecording', '2')])
    expect(both).toMatchObject({
      recordingUrl: url('callrecording'),
      recording: { id: '2', type: 'callrecording' },
      voicemailUrl: url('voicemail'),
      voicemailRecordingId: '1',
    })
  })

  test('is the one that a token may fetch, before one for administrators', () => {
    const change = read([
      detail('admincallrecording', 'adminrecording', '1'),
      detail('callrecording', 'callrecording', '2'),
    ])
    expect(change).toMatchObject({
      recordingUrl: url('callrecording'),
      recordingIsAdmins: false,
      recording: { id: '2' },
    })
    const alone = read([], { admin_recording_urls: [url('adminrecording')] })
    expect(alone).toMatchObject({ recordingUrl: url('adminrecording'), recordingIsAdmins: true, recording: null })
  })
})
