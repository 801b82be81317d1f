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

export type HttpsRule = ReturnType<typeof createHttpsRule>

/** Production requires HTTPS: redirects GET requests and rejects others before reading their body. */
export function createHttpsRule(trustProxy: number, publicUrl: string | null) {
  /** @returns the redirect of a request that did not come over HTTPS. */
  function redirect(request: Request): Response {
    const url = urlOf(request)
    url.protocol = 'https:'
    // The client controls the Host header, so redirect to PUBLIC_URL if it is set.
    const target = publicUrl?.startsWith('https:') ? `${publicUrl}${url.pathname}${url.search}` : url.toString()
    return Response.redirect(target, 308)
  }
  /** @returns the redirect of a read that did not come over HTTPS, or null if it did. */
  function redirectRead(request: Request): Response | null {
    if (!isHttps(request, trustProxy)) return redirect(request)
    requireHttps(request, trustProxy)
    return null
  }

  return {
    redirectRead,
    plugin: () =>
      new Elysia({ name: 'https-only' }).onRequest(({ request }) => {
        const context = contextOf(request)
        const isRead = request.method === 'GET' || request.method === 'HEAD'
        if (isHttps(request, trustProxy) || (!isRead && !EXEMPT.has(context.path)))
          return requireHttps(request, trustProxy)
        if (EXEMPT.has(context.path)) return
        context.answeredEarly(308)
        return redirect(request)
      }),
  }
}
