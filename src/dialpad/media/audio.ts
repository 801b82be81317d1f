/** A response that is certainly audio: its type, and its body from the first byte on. */
export interface Audio {
  type: string
  body: ReadableStream<Uint8Array>
}

/** How the formats that telephone systems record in begin. */
const SIGNATURES: [type: string, isIt: (bytes: Uint8Array) => boolean][] = [
  ['audio/mpeg', (b) => ascii(b, 0, 3) === 'ID3' || (b[0] === 0xff && (b[1]! & 0xe6) === 0xe2)],
  ['audio/wav', (b) => ascii(b, 0, 4) === 'RIFF' && ascii(b, 8, 12) === 'WAVE'],
  ['audio/ogg', (b) => ascii(b, 0, 4) === 'OggS'],
  ['audio/flac', (b) => ascii(b, 0, 4) === 'fLaC'],
  ['audio/mp4', (b) => ascii(b, 4, 8) === 'ftyp'],
  ['audio/webm', (b) => b[0] === 0x1a && b[1] === 0x45 && b[2] === 0xdf && b[3] === 0xa3],
  ['audio/aac', (b) => b[0] === 0xff && (b[1]! & 0xf6) === 0xf0],
  ['audio/amr', (b) => ascii(b, 0, 5) === '#!AMR'],
]
const ENOUGH_BYTES = 12
const NEUTRAL = /^(application|binary)\/octet-stream$/

/**
 * Decides by the type and the first bytes whether a response is audio; a login page with status 200 is not.
 * @param fromStart false for a range from the middle, whose first bytes say nothing: its type has to.
 * @returns null, with the response's body canceled, for anything else.
 */
export async function readAudio(response: Response, fromStart: boolean): Promise<Audio | null> {
  const type = (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  const isTyped = /^(audio|video)\/[\w.+-]+$/.test(type)
  const isPossible = isTyped || (fromStart && (type === '' || NEUTRAL.test(type)))
  if (!isPossible || !response.body) return refuse(response.body)
  if (!fromStart) return { type, body: response.body }
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  let done = false
  while (!done && size < ENOUGH_BYTES) {
    const read = await reader.read()
    done = read.done
    if (read.value) {
      chunks.push(read.value)
      size += read.value.length
    }
  }
  const first = Buffer.concat(chunks)
  const found = SIGNATURES.find(([, isIt]) => isIt(first))?.[0]
  if (size === 0 || isText(first) || !(isTyped || found)) {
    await reader.cancel()
    return null
  }
  return { type: isTyped ? type : found!, body: rest(chunks, reader) }
}

async function refuse(body: ReadableStream | null): Promise<null> {
  await body?.cancel()
  return null
}

/** Markup or JSON, whatever type it claims to have. */
const isText = (bytes: Buffer): boolean => /^\uFEFF?\s*[<{[]/.test(bytes.toString('utf8'))

const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to))

function rest(chunks: Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
    },
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
