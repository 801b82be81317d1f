import type { ErrorCode } from '../../lib/errors'
import { newId } from '../../lib/id'

/** What is known of a request while it is served; kept beside it, so that even an early error finds it. */
export interface RequestContext {
  id: string
  /** Of the URL, as it was sent and as the router compares it. */
  path: string
  startedAt: number
  address: string
  /** The app that made it, once known: for the log. */
  appId: string | null
  /** Of an error's answer; absent where the route made the answer. */
  status?: number
  /** Why it was refused, if it was. */
  code: ErrorCode | null
  /** Called for an answer that is given before any route is looked for: Elysia calls no hook after it. */
  answeredEarly(status: number): void
  /** Those of the answer, whether it comes from a route or from an error. */
  headers: Record<string, string | number | string[]>
}

interface Addressed {
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

/** Cut out rather than parsed: each request needs it several times over, and a URL costs microseconds. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const end = url.indexOf('?', start)
  return end < 0 ? url.slice(start) : url.slice(start, end)
}

/** The peer's address, or with trusted proxies the one the outermost of them saw. */
function clientAddress(request: Request, server: Addressed | null, trustProxy: number): string {
  const peer = server?.requestIP(request)?.address ?? 'unknown'
  if (trustProxy === 0) return peer
  const chain = (request.headers.get('x-forwarded-for') ?? '').split(',').map((part) => part.trim())
  return chain.filter(Boolean).at(-trustProxy) ?? peer
}

/** Whether the client spoke HTTPS: to us, or to the proxy we trust. */
export function isHttps(request: Request, trustProxy: number): boolean {
  if (trustProxy > 0) return request.headers.get('x-forwarded-proto')?.split(',').at(-1)?.trim() === 'https'
  return request.url.startsWith('https:')
}

/** The address the client asked at, as it sees it. */
export const originOfRequest = (request: Request, trustProxy: number): string =>
  `${isHttps(request, trustProxy) ? 'https' : 'http'}://${new URL(request.url).host}`
