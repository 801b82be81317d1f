import { Elysia } from 'elysia'
import { contextOf } from './request-context'

const PREFIX = '/api/'
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, if-none-match, range, x-app-api-key, x-request-id',
  'access-control-max-age': '600',
}
const EXPOSED = 'etag, ratelimit, ratelimit-policy, retry-after, x-request-id, content-range, idempotency-replayed'

/** Allows pages of the configured origins to call /api. `*` allows all origins. By default no origin is allowed. */
export const cors = (origins: string[]) =>
  new Elysia({ name: 'cors' }).onRequest(({ request }) => {
    if (origins.length === 0) return
    const origin = request.headers.get('origin')
    const context = contextOf(request)
    if (origin === null || !context.path.startsWith(PREFIX)) return
    const allowed = origins.includes('*') || origins.includes(origin)
    const headers = {
      vary: 'origin',
      ...(allowed
        ? {
            'access-control-allow-origin': origins.includes('*') ? '*' : origin,
            'access-control-expose-headers': EXPOSED,
          }
        : {}),
    }
    Object.assign(context.headers, headers)
    if (allowed && request.method === 'OPTIONS' && request.headers.has('access-control-request-method')) {
      context.answeredEarly(204)
      return new Response(null, { status: 204, headers: { ...headers, ...PREFLIGHT } })
    }
  })
