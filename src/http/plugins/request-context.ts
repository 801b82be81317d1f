import { DomainError, type ErrorCode } from '../../lib/errors'
import { newId } from '../../lib/id'

/** Facts about a request in progress. Stored outside of Elysia's context, so that early errors have them too. */
export interface RequestContext {
  id: string
  /** Path of the URL, not decoded, as the router compares it. */
  path: string
  startedAt: number
  address: string
  /** The app that made the request, once known. For the log. */
  appId: string | null
  /** Status of an error response. Absent if the route responded. */
  status?: number
  /** Error code of the response, if any. */
  code: ErrorCode | null
  /** Called for a response that is sent before routing, because Elysia calls no hooks then. */
  answeredEarly(status: number): void
  /** Headers of the response, from a route or from an error. */
  headers: Record<string, string | number | string[]>
}

export interface Addressed {
  requestIP(request: Request): { address: string } | null
}

const SANE_ID = /^[\w.:-]{1,128}$/
const contexts = new WeakMap<Request, RequestContext>()

export function openContext(
  request: Request,
  server: Addressed | null,
  trustProxy: number,
  headers: RequestContext['headers'] = {},
): RequestContext {
  const given = request.headers.get('x-request-id')
  const context: RequestContext = {
    id: given && SANE_ID.test(given) ? given : newId(),
    path: pathOf(request.url),
    startedAt: performance.now(),
    address: clientAddress(request, server, trustProxy),
    appId: null,
    code: null,
    answeredEarly: () => {},
    headers,
  }
  contexts.set(request, context)
  return context
}

export const contextOf = (request: Request): RequestContext => contexts.get(request) ?? openContext(request, null, 0)

/** Extracts the path without `new URL`, which is too slow to run several times per request. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const end = url.indexOf('?', start)
  return end < 0 ? url.slice(start) : url.slice(start, end)
}

/** The peer's address, or the address that the outermost trusted proxy saw. */
function clientAddress(request: Request, server: Addressed | null, trustProxy: number): string {
  const peer = server?.requestIP(request)?.address ?? 'unknown'
  if (trustProxy === 0) return peer
  const chain = (request.headers.get('x-forwarded-for') ?? '').split(',').map((part) => part.trim())
  return chain.filter(Boolean).at(-trustProxy) ?? peer
}

/** Whether the client used HTTPS, to this server or to a trusted proxy. */
export function isHttps(request: Request, trustProxy: number): boolean {
  if (trustProxy > 0) return request.headers.get('x-forwarded-proto')?.split(',').at(-1)?.trim() === 'https'
  return request.url.startsWith('https:')
}

/** @throws DomainError validation_failed if the Host header, which the client controls, is not a host. */
export function urlOf(request: Request): URL {
  const url = URL.parse(request.url)
  if (!url) throw new DomainError('validation_failed', 'Invalid Host header.')
  return url
}

/** The origin of the request from the client's perspective. */
export const originOfRequest = (request: Request, trustProxy: number): string =>
  `${isHttps(request, trustProxy) ? 'https' : 'http'}://${urlOf(request).host}`
