import { Elysia } from 'elysia'
import { contextOf, type RequestContext } from './request-context'

const PREFIX = '/api/'
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, if-none-match, range, x-app-api-key, x-request-id',
  'access-control-max-age': '600',
}
const EXPOSED = 'etag, ratelimit, ratelimit-policy, retry-after, x-request-id, content-range, idempotency-replayed'

export type Cors = ReturnType<typeof createCors>

/** Allows pages of the configured origins to call /api. `*` allows all origins. By default no origin is allowed. */
export function createCors(origins: string[]) {
  /** Adds the headers for the origin of the request. @returns whether it is allowed. */
  function allow(request: Request, { path, headers }: RequestContext): boolean {
    const origin = origins.length === 0 ? null : request.headers.get('origin')
    if (origin === null || !path.startsWith(PREFIX)) return false
    headers.vary = 'origin'
    if (!origins.includes('*') && !origins.includes(origin)) return false
    headers['access-control-allow-origin'] = origins.includes('*') ? '*' : origin
    headers['access-control-expose-headers'] = EXPOSED
    return true
  }

  return {
    allow,
    plugin: () =>
      new Elysia({ name: 'cors' }).onRequest(({ request }) => {
        const context = contextOf(request)
        if (!allow(request, context) || request.method !== 'OPTIONS') return
        if (!request.headers.has('access-control-request-method')) return
        context.answeredEarly(204)
        return new Response(null, { status: 204, headers: { ...(context.headers as HeadersInit), ...PREFLIGHT } })
      }),
  }
}
