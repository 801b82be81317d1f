import { getLogger } from '@logtape/logtape'
import { Elysia } from 'elysia'
import type { Metrics } from '../../observability/metrics'
import { contextOf, openContext } from './request-context'

const log = getLogger(['cti', 'http'])
/** Asked every few seconds by machines; logged only when they fail. */
const QUIET = new Set(['/health', '/live', '/ready', '/metrics'])

/** Gives every request its id and writes one line when it is answered. */
export const requestLog = (metrics: Metrics, trustProxy: number) =>
  new Elysia({ name: 'request-log' })
    .onRequest(({ request, server, set }) => {
      const context = openContext(request, server, trustProxy)
      context.headers['x-request-id'] = context.id
      set.headers['x-request-id'] = context.id
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set, responseValue }) => {
      const { id, startedAt, address, appId } = contextOf(request)
      const status = responseValue instanceof Response ? responseValue.status : Number(set.status ?? 200)
      const durationMs = performance.now() - startedAt
      const path = new URL(request.url).pathname
      const named = route || 'unmatched'
      metrics.httpRequests.inc({ method: request.method, route: named, status: String(status) })
      metrics.httpSeconds.observe({ route: named }, durationMs / 1000)
      if (QUIET.has(path) && status < 500) return
      log.info('{method} {path} {status} {durationMs} ms', {
        method: request.method,
        path,
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        requestId: id,
        address,
        appId,
      })
    })
