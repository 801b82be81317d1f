const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  ts: 'text/plain; charset=utf-8',
}

/** File names with a content hash. */
const HASHED = /^chunk-|-[0-9a-z]{8}\.(?:js|css)$/

/** The tab icon, for pages that allow `data:` images. */
export const PAGE_ICON = `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#6d56f0" stroke-width="2.6"><path stroke-linecap="round" d="M4 12a8 8 0 0 1 16 0M8 12a4 4 0 0 1 8 0"/><circle cx="12" cy="16" r="3" fill="#6d56f0" stroke="none"/></svg>',
)}">`

const prepared = new Map<string, { gzip: Uint8Array<ArrayBuffer>; etag: string }>()

/** Serves a bundled file: compressed once, revalidated by ETag, cached forever if its name has a hash. */
export function assetResponse(
  request: Request,
  name: string,
  text: string,
  headers: Record<string, string> = {},
): Response {
  let file = prepared.get(text)
  if (!file) {
    file = { gzip: Bun.gzipSync(text, { library: 'libdeflate', level: 10 }), etag: `"${Bun.hash(text).toString(36)}"` }
    prepared.set(text, file)
  }
  const kept = HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache'
  const base = {
    'content-type': TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'cache-control': kept,
    etag: file.etag,
    vary: 'accept-encoding',
    ...headers,
  }
  if (request.headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers: base })
  const takesGzip = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
  return takesGzip
    ? new Response(file.gzip, { headers: { ...base, 'content-encoding': 'gzip' } })
    : new Response(text, { headers: base })
}

/** Serves bytes without compression, revalidated by ETag. */
export function binaryResponse(
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Response {
  const etag = `"${Bun.hash(bytes).toString(36)}"`
  const base = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache', etag, ...headers }
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: base })
  return new Response(bytes, { headers: base })
}

/** Serves a page whose policy allows only scripts, styles and requests of this server. */
export function pageResponse(html: string, policy: Record<string, string> = {}): Response {
  const directives = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'connect-src': "'self'",
    'img-src': "'self' data:",
    'media-src': "'self' blob:",
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
    ...policy,
  }
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': Object.entries(directives)
        .map(([name, value]) => `${name} ${value}`)
        .join('; '),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'cache-control': 'no-cache',
    },
  })
}
