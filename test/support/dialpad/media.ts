import { Refused } from './answer'
import type { State } from './state'

/** Serves a recording or a voicemail to a bearer, honouring one byte range. */
export function serveMedia(state: State, path: string, range: string | null): Response {
  const media = state.media.get(path)
  if (!media) throw new Refused(404, 'recording not found')
  const { bytes, type } = media
  const headers = { 'content-type': type, 'accept-ranges': 'bytes', etag: `"${bytes.length}"` }
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return new Response(bytes, { headers })
  const start = match[1] === '' ? Math.max(0, bytes.length - Number(match[2])) : Number(match[1])
  const end = match[1] !== '' && match[2] !== '' ? Math.min(Number(match[2]), bytes.length - 1) : bytes.length - 1
  if (start >= bytes.length || end < start)
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${bytes.length}` } })
  return new Response(bytes.subarray(start, end + 1), {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end}/${bytes.length}` },
  })
}
