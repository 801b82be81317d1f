import { getLogger } from '@logtape/logtape'
import { Elysia } from 'elysia'
import type { Metrics } from '../../observability/metrics'
import { type Addressed, contextOf, openContext, type RequestContext } from './request-context'

const log = getLogger(['cti', 'http'])
/** Paths that monitoring requests every few seconds. Logged only if they fail. */
const QUIET = new Set(['/health', '/live', '/ready', '/metrics'])
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export type RequestLog = ReturnType<typeof createRequestLog>

/** Gives every request an id. Counts and logs every response. */
export function createRequestLog(metrics: Metrics, trustProxy: number) {
  function write(request: Request, route: string, answered: number): void {
    const { id, path: pathname, startedAt, address, appId, code, status = answered } = contextOf(request)
    const durationMs = performance.now() - startedAt
    const method = METHODS.has(request.method) ? request.method : 'other'
    metrics.requests.add(method, route || 'unmatched', status, durationMs / 1000)
    const isRefusedDelivery = code !== null && pathname.startsWith('/webhooks/')
    if (isRefusedDelivery) metrics.eventsRefused.inc({ code })
    else if ((QUIET.has(pathname) && status < 500) || !log.isEnabledFor('info')) return
    const path = pathOf(pathname, route)
    const shownMs = Math.round(durationMs * 10) / 10
    const line = { method, path, status, durationMs: shownMs, requestId: id, address, appId, code }
    if (isRefusedDelivery) log.warn('rejected a delivery to {path} with {status} {code}', line)
    else log.info(`{method} {path} {status}${code ? ' {code}' : ''} {durationMs} ms`, line)
  }

  const open = (request: Request, server: Addressed | null, headers: RequestContext['headers']): RequestContext => {
    const context = openContext(request, server, trustProxy, headers)
    headers['x-request-id'] = context.id
    return context
  }

  return {
    open,
    /** @param route the path as its route names it. @param answered the status, unless an error set one. */
    write,
    plugin: () =>
      new Elysia({ name: 'request-log' })
        .onRequest(({ request, server, set }) => {
          const context = open(request, server, set.headers as RequestContext['headers'])
          context.answeredEarly = (status) => write(request, '', status)
        })
        .onAfterResponse({ as: 'global' }, ({ request, route, set, responseValue }) => {
          const status = responseValue instanceof Response ? responseValue.status : Number(set.status ?? 200)
          write(request, route ?? '', status)
        }),
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const WORD = /^[a-z][a-z-]{0,23}$/

/** The route pattern with our ids filled in. Other path parameters may be numbers, names or secrets. */
function pathOf(path: string, route: string): string {
  const template = route.split('/')
  return path
    .slice(0, 500)
    .split('/')
    .map((part, i) =>
      part === '' || part === template[i] || UUID.test(part) || (!route && WORD.test(part))
        ? part
        : placeholder(template[i]),
    )
    .join('/')
}

const placeholder = (named: string | undefined) => (named?.startsWith(':') ? named : '…')
