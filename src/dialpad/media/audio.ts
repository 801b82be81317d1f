/** First bytes of audio formats of phone systems. */
const SIGNATURES: [type: string, matches: (bytes: Uint8Array) => boolean][] = [
  ['audio/mpeg', (b) => ascii(b, 0, 3) === 'ID3' || (b[0] === 0xff && ((b[1] ?? 0) & 0xe6) === 0xe2)],
  ['audio/wav', (b) => ascii(b, 0, 4) === 'RIFF' && ascii(b, 8, 12) === 'WAVE'],
  ['audio/ogg', (b) => ascii(b, 0, 4) === 'OggS'],
  ['audio/flac', (b) => ascii(b, 0, 4) === 'fLaC'],
  ['audio/mp4', (b) => ascii(b, 4, 8) === 'ftyp'],
  ['audio/webm', (b) => b[0] === 0x1a && b[1] === 0x45 && b[2] === 0xdf && b[3] === 0xa3],
  ['audio/aac', (b) => b[0] === 0xff && ((b[1] ?? 0) & 0xf6) === 0xf0],
  ['audio/amr', (b) => ascii(b, 0, 5) === '#!AMR'],
]
const ENOUGH_BYTES = 12
/** Allowed types by kind of media. An MMS may also contain pictures and contacts, but nothing a browser would run. */
const TYPES = {
  audio: /^(audio|video)\/[\w.+-]+$/,
  attachment: /^((audio|video)\/[\w.+-]+|image\/(png|jpe?g|gif|webp|bmp|tiff|hei[cf])|text\/(x-)?vcard)$/,
}
export type MediaKind = keyof typeof TYPES
const NEUTRAL = /^(application|binary)\/octet-stream$/

/**
 * Detects media by type and first bytes, because Dialpad may send a login page with status 200. Cancels the rest of the body
 * of other responses.
 * @returns the media type, or null if the response is not media.
 */
export async function mediaTypeOf(response: Response, kind: MediaKind): Promise<string | null> {
  const type = typeOf(response)
  const isTyped = TYPES[kind].test(type)
  if (!(isTyped || type === '' || NEUTRAL.test(type)) || !response.body) {
    await response.body?.cancel()
    return null
  }
  const first = await firstBytes(response.body)
  const found = SIGNATURES.find(([, matches]) => matches(first))?.[0]
  if (first.length === 0 || isText(first)) return null
  return isTyped ? type : (found ?? null)
}

/** Whether a later response from the same URL may be streamed as that media. */
export const mayBeMedia = (response: Response, kind: MediaKind): boolean =>
  TYPES[kind].test(typeOf(response)) || typeOf(response) === '' || NEUTRAL.test(typeOf(response))

const typeOf = ({ headers }: Response) => (headers.get('content-type') ?? '').replace(/;.*/s, '').trim().toLowerCase()

async function firstBytes(body: ReadableStream<Uint8Array>): Promise<Buffer> {
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  while (size < ENOUGH_BYTES) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    size += value.length
  }
  await reader.cancel()
  return Buffer.concat(chunks)
}

/** Whether the content is markup or JSON, regardless of its type. */
const isText = (bytes: Buffer): boolean => /^\uFEFF?\s*[<{[]/.test(bytes.toString('utf8'))

const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to))
