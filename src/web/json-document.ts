/** Serves a document of the API to any origin. It contains the requested address, so it is built for each request. */
export function jsonDocumentResponse(request: Request, document: object): Response {
  const text = JSON.stringify(document)
  const etag = `"${Bun.hash(text).toString(36)}"`
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'access-control-allow-origin': '*',
    'cache-control': 'no-cache',
    vary: 'accept-encoding, host',
    etag,
  }
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers })
  if (!/\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')) return new Response(text, { headers })
  return new Response(Bun.gzipSync(text, { level: 1 }), { headers: { ...headers, 'content-encoding': 'gzip' } })
}
