import { Elysia, ElysiaCustomStatusResponse } from 'elysia'
import type { RequestContext } from './request-context'

const TAGGED = /^\/(api|internal)\//
const STREAMED = /^(text\/csv|application\/x-ndjson)/
const WORTH_COMPRESSING_CHARS = 1024
/** The next level takes four times as long and saves only 10 percent more. */
const GZIP_LEVEL = 1

type ResponseHeaders = RequestContext['headers']
type Body = string | Uint8Array<ArrayBuffer>

/**
 * The body of a JSON response, compressed if it is large, and its headers.
 * @param tagged whether the client may have the data already. @returns null if it has, for a 304.
 */
export function represent(request: Request, value: unknown, headers: ResponseHeaders, tagged: boolean): Body | null {
  const text = JSON.stringify(value)
  if (tagged) {
    headers.etag = `W/"${Bun.hash(text).toString(36)}"`
    if (request.headers.get('if-none-match') === headers.etag) return null
  }
  headers['content-type'] = 'application/json'
  if (text.length < WORTH_COMPRESSING_CHARS) return text
  headers.vary = headers.vary ? `${headers.vary}, accept-encoding` : 'accept-encoding'
  if (!takesGzip(request)) return text
  headers['content-encoding'] = 'gzip'
  return Bun.gzipSync(text, { level: GZIP_LEVEL })
}

/**
 * Adds an ETag to JSON responses of reads, responds 304 if the client has the data, and compresses large responses.
 * Returns text and not a Response, because Elysia copies a Response to add headers.
 */
export const representation = () =>
  new Elysia({ name: 'representation' }).mapResponse({ as: 'global' }, ({ request, responseValue, set, path }) => {
    if (responseValue instanceof Response) return compressedStream(request, responseValue)
    if (typeof responseValue !== 'object' || responseValue === null) return
    const custom = responseValue instanceof ElysiaCustomStatusResponse ? responseValue : null
    if (custom) set.status = Number(custom.code)
    const tagged = request.method === 'GET' && (set.status ?? 200) === 200 && TAGGED.test(path)
    const headers = set.headers as ResponseHeaders
    const body = represent(request, custom ? custom.response : responseValue, headers, tagged)
    return body === null ? new Response(null, { status: 304, headers: { etag: String(headers.etag) } }) : asBody(body)
  })

/** Elysia accepts any body here, although its type requires a Response. */
const asBody = (body: string | Uint8Array) => body as unknown as Response

const takesGzip = (request: Request) => /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')

/** Compresses an export while it streams. Leaves other responses unchanged. */
export function compressedStream(request: Request, response: Response): Response | undefined {
  if (!takesGzip(request)) return
  if (!response.body || !STREAMED.test(response.headers.get('content-type') ?? '')) return
  const headers = new Headers(response.headers)
  headers.set('content-encoding', 'gzip')
  headers.append('vary', 'accept-encoding')
  const gzip = new CompressionStream('gzip') as unknown as ReadableWritablePair<Uint8Array, Uint8Array>
  return new Response(response.body.pipeThrough(gzip), { status: response.status, headers })
}
