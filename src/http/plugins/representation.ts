import { Elysia, ElysiaCustomStatusResponse } from 'elysia'

const TAGGED = /^\/(api|internal)\//
const STREAMED = /^(text\/csv|application\/x-ndjson)/
const WORTH_COMPRESSING_CHARS = 1024

/** The form JSON takes on the wire: an ETag on reads of data, 304 where the client has it, gzip where it is large. */
export const representation = () =>
  new Elysia({ name: 'representation' }).mapResponse({ as: 'global' }, ({ request, responseValue, set, path }) => {
    const takesGzip = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
    if (responseValue instanceof Response) return takesGzip ? compressedStream(responseValue) : undefined
    if (typeof responseValue !== 'object' || responseValue === null) return
    const custom = responseValue instanceof ElysiaCustomStatusResponse ? responseValue : null
    const status = Number(custom?.code ?? set.status ?? 200)
    const text = JSON.stringify(custom ? custom.response : responseValue)
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (request.method === 'GET' && status === 200 && TAGGED.test(path)) {
      headers.etag = `W/"${Bun.hash(text).toString(36)}"`
      if (request.headers.get('if-none-match') === headers.etag)
        return new Response(null, { status: 304, headers: { etag: headers.etag } })
    }
    if (text.length < WORTH_COMPRESSING_CHARS) return new Response(text, { status, headers })
    set.headers.vary = set.headers.vary ? `${set.headers.vary}, accept-encoding` : 'accept-encoding'
    if (!takesGzip) return new Response(text, { status, headers })
    return new Response(Bun.gzipSync(text), { status, headers: { ...headers, 'content-encoding': 'gzip' } })
  })

/** An export, compressed as it streams; anything else comes in its own form. */
function compressedStream(response: Response): Response | undefined {
  if (!response.body || !STREAMED.test(response.headers.get('content-type') ?? '')) return
  const headers = new Headers(response.headers)
  headers.set('content-encoding', 'gzip')
  headers.append('vary', 'accept-encoding')
  const gzip = new CompressionStream('gzip') as unknown as ReadableWritablePair<Uint8Array, Uint8Array>
  return new Response(response.body.pipeThrough(gzip), { status: response.status, headers })
}
