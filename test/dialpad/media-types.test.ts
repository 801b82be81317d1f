import { describe, expect, test } from 'bun:test'
import { mayBeMedia, mediaTypeOf } from '../../src/dialpad/media/audio'

const bytesOf = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))))
const filled = (first: Buffer) => Buffer.concat([first, Buffer.alloc(20)])
const answer = (bytes: Uint8Array<ArrayBuffer>, type?: string) =>
  new Response(bytes, type === undefined ? {} : { headers: { 'content-type': type } })
const typeOf = (bytes: Buffer, type?: string, kind: 'audio' | 'attachment' = 'audio') =>
  mediaTypeOf(answer(new Uint8Array(bytes), type), kind)

/** The first bytes of each format. */
const FORMATS: [type: string, bytes: Buffer][] = [
  ['audio/mpeg', bytesOf('ID3')],
  ['audio/mpeg', bytesOf([0xff, 0xfb, 0x90])],
  ['audio/mpeg', bytesOf([0xff, 0xe3, 0x90])],
  ['audio/wav', bytesOf('RIFF', [1, 2, 3, 4], 'WAVE')],
  ['audio/ogg', bytesOf('OggS')],
  ['audio/flac', bytesOf('fLaC')],
  ['audio/mp4', bytesOf([0, 0, 0, 32], 'ftypM4A ')],
  ['audio/webm', bytesOf([0x1a, 0x45, 0xdf, 0xa3])],
  ['audio/aac', bytesOf([0xff, 0xf1])],
  ['audio/amr', bytesOf('#!AMR\n')],
]

describe('the type of media that Dialpad names no type of', () => {
  test.each(FORMATS)('%s is known by its first bytes', async (type, bytes) => {
    for (const named of [undefined, 'application/octet-stream', 'binary/octet-stream'])
      expect(await typeOf(filled(bytes), named)).toBe(type)
  })

  test.each(
    FORMATS.flatMap(([type, bytes]) =>
      [...bytes.keys()]
        .filter((at) => type !== 'audio/wav' || at < 4 || at > 7)
        .map((at) => [type, at, bytes] as const),
    ),
  )('%s with another byte at %d is not taken for it', async (type, at, bytes) => {
    const other = filled(bytes)
    // Of a frame's header some bits are free; all of them turned are another header in any case.
    other[at]! ^= 0xff
    const isFree = (bytes[0] === 0 && at < 4) || (type === 'audio/mpeg' && bytes[0] === 0xff && at === 2)
    const isLetterOfMany = (type === 'audio/mp4' && at > 7) || (type === 'audio/amr' && at > 4)
    expect((await typeOf(other)) === type).toBe(isFree || isLetterOfMany)
  })

  test('it is known also when its first bytes come one by one', async () => {
    const bytes = filled(bytesOf('RIFF', [1, 2, 3, 4], 'WAVE'))
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
        controller.close()
      },
    })
    expect(await mediaTypeOf(new Response(body), 'audio')).toBe('audio/wav')
  })
})

describe('a type that Dialpad names', () => {
  const SOUND = filled(bytesOf('ID3'))
  test.each(['audio/mpeg', 'audio/x-wav', 'video/mp4', 'AUDIO/MPEG', 'audio/mpeg; charset=binary'])(
    '%s is that of a recording',
    async (type) => {
      expect(await typeOf(SOUND, type)).toBe(type.replace(/;.*/, '').toLowerCase())
      expect(mayBeMedia(answer(new Uint8Array(SOUND), type), 'audio')).toBe(true)
    },
  )

  test.each([
    'text/html',
    'image/png',
    'x-audio/mpeg',
    'audio/mpeg/x',
    'audio/',
    'text/audio/mpeg',
    'application/json',
  ])('%s is not, whatever the bytes are', async (type) => {
    expect(await typeOf(SOUND, type)).toBeNull()
    expect(mayBeMedia(answer(new Uint8Array(SOUND), type), 'audio')).toBe(false)
  })

  test.each(['image/png', 'image/jpeg', 'image/heic', 'text/vcard', 'text/x-vcard', 'audio/amr'])(
    '%s may come with a message',
    async (type) => {
      expect(await typeOf(bytesOf('BEGIN something'), type, 'attachment')).toBe(type)
    },
  )

  test.each(['image/svg+xml', 'text/html', 'text/vcard+html', 'x-image/png', 'application/pdf'])(
    '%s may not',
    async (type) => {
      expect(await typeOf(bytesOf('BEGIN something'), type, 'attachment')).toBeNull()
    },
  )
})

test.each(['<html>', '  \n<!doctype html>', '{"error":1}', '[1]', '\uFEFF<html>'])(
  '%p is text, whatever type it claims',
  async (text) => {
    for (const type of ['audio/mpeg', 'application/octet-stream'])
      expect(await typeOf(Buffer.from(text), type)).toBeNull()
  },
)

test('of an answer that is no media the rest is not read', async () => {
  let isCanceled = false
  const body = new ReadableStream({
    cancel() {
      isCanceled = true
    },
  })
  expect(await mediaTypeOf(new Response(body, { headers: { 'content-type': 'text/html' } }), 'audio')).toBeNull()
  expect(isCanceled).toBe(true)
})
