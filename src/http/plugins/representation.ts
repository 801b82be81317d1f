import { Elysia, ElysiaCustomStatusResponse } from 'elysia'

const TAGGED = /^\/(api|internal)\//
const STREAMED = /^(text\/csv|application\/x-ndjson)/
const WORTH_COMPRESSING_CHARS = 1024
/** The next level takes four times as long and saves only 10 percent more. */
const GZIP_LEVEL = 1

/**
 * Adds an ETag to JSON responses of reads, responds 304 if the client has the data, and compresses large responses.
 * Returns text and not a Response, because Elysia copies a Response to add headers.
 */
export const representation = () =>
  new Elysia({ name: 'representation' }).mapResponse({ as: 'global' }, ({ request, responseValue, set, path }) => {
    if (responseValue instanceof Response) return takesGzip(request) ? compressedStream(responseValue) : undefined
    if (typeof responseValue !== 'object' || responseValue === null) return
    const custom = responseValue instanceof ElysiaCustomStatusResponse ? responseValue : null
    if (custom) set.status = Number(custom.code)
    const text = JSON.stringify(custom ? custom.response : responseValue)
    if (request.method === 'GET' && (set.status ?? 200) === 200 && TAGGED.test(path)) {
      const etag = `W/"${Bun.hash(text).toString(36)}"`
      if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: { etag } })
      set.headers.etag = etag
    }
    set.headers['content-type'] = 'application/json'
    if (text.length < WORTH_COMPRESSING_CHARS) return asBody(text)
    set.headers.vary = set.headers.vary ? `${set.headers.vary}, accept-encoding` : 'accept-encoding'
    if (!takesGzip(request)) return asBody(text)
    set.headers['content-encoding'] = 'gzip'
    return asBody(Bun.gzipSync(text, { level: GZIP_LEVEL }))
  })

/** Elysia accepts any body here, although its type requires a Response. */
const asBody = (body: string | Uint8Array) => body as unknown as Response

const takesGzip = (request: Request) => /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')

/** Compresses an export while it streams. Leaves other streams unchanged. */
function compressedStream(response: Response): Response | undefined {
  if (!response.body || !STREAMED.test(response.headers.get('content-type') ?? '')) return
  const headers = new Headers(response.headers)
  headers.set('content-encoding', 'gzip')
  headers.append('vary', 'accept-encoding')
  const gzip = new CompressionStream('gzip') as unknown as ReadableWritablePair<Uint8Array, Uint8Array>
  return new Response(response.body.pipeThrough(gzip), { status: response.status, headers })
}
