import { Refused } from './answer'
import type { Media, State } from './state'

export const LOGIN_PAGE =
  '<!doctype html><html><head><title>Dialpad</title></head><body><form action="/login">Sign in</form></body></html>'

const html = (body: string) => new Response(body, { headers: { 'content-type': 'text/html; charset=utf-8' } })

/** Where recordings, their share links and the login page are; no part of the described API. */
export const isMediaPath = (path: string): boolean => /^\/(blob|recording)\/|^\/login$/.test(path)

/** @param allowed whether the caller's token may have recordings; null without one. @throws Refused. */
export function serveMedia(state: State, path: string, range: string | null, allowed: boolean | null): Response {
  if (path === '/login') return html(LOGIN_PAGE)
  const media = state.media.get(path)
  if (media?.access === 'redirect') return new Response(null, { status: 302, headers: { location: '/login' } })
  if (media?.access === 'page') return html(LOGIN_PAGE)
  if (media?.access !== 'public') {
    if (allowed === null) throw new Refused(401, 'Invalid credentials')
    if (!allowed) throw new Refused(403, 'The token lacks the scope recordings_export')
  }
  if (!media) throw new Refused(404, 'recording not found')
  return audio(media, range)
}

/** The audio, or one byte range of it. */
function audio({ bytes, type }: Media, range: string | null): Response {
  const headers = { 'content-type': type, 'accept-ranges': 'bytes', etag: `"${bytes.length}"` }
  if (range && /^bytes=[\d-]+,/.test(range)) return severalRanges(bytes, range, headers)
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

/** Several ranges come as parts of one body, which no player reads. */
function severalRanges(bytes: Uint8Array<ArrayBuffer>, range: string, headers: Record<string, string>): Response {
  const parts = range
    .slice('bytes='.length)
    .split(',')
    .map((part) => part.split('-').map(Number) as [number, number])
    .map(([from, to]) => [
      `--part\r\ncontent-range: bytes ${from}-${to}/${bytes.length}\r\n\r\n`,
      bytes.slice(from, to + 1),
      '\r\n',
    ])
  return new Response(new Blob([...parts.flat(), '--part--']), {
    status: 206,
    headers: { ...headers, 'content-type': 'multipart/byteranges; boundary=part' },
  })
}
