import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { contextOf, isHttps, urlOf } from './request-context'

const HSTS = 'max-age=31536000; includeSubDomains'
/** Paths that orchestrators request from inside, without TLS. */
const EXEMPT = new Set(['/health', '/live', '/ready', '/metrics'])

/** @throws DomainError https_required if the request did not come over HTTPS. */
export function requireHttps(request: Request, trustProxy: number): void {
  if (!isHttps(request, trustProxy))
    throw new DomainError(
      'https_required',
      'HTTPS is required. Behind a proxy, set TRUST_PROXY and send x-forwarded-proto.',
    )
  contextOf(request).headers['strict-transport-security'] = HSTS
}

/** Production requires HTTPS: redirects GET requests and rejects others before reading their body. */
export const httpsOnly = (trustProxy: number, publicUrl: string | null) =>
  new Elysia({ name: 'https-only' }).onRequest(({ request }) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isHttps(request, trustProxy) || (!isRead && !EXEMPT.has(contextOf(request).path)))
      return requireHttps(request, trustProxy)
    if (EXEMPT.has(contextOf(request).path)) return
    const url = urlOf(request)
    url.protocol = 'https:'
    contextOf(request).answeredEarly(308)
    // The client controls the Host header, so redirect to PUBLIC_URL if it is set.
    const target = publicUrl?.startsWith('https:') ? `${publicUrl}${url.pathname}${url.search}` : url.toString()
    return Response.redirect(target, 308)
  })
