import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { contextOf, isHttps } from './request-context'

const HSTS = 'max-age=31536000; includeSubDomains'
/** Asked by orchestrators from inside, without TLS. */
const EXEMPT = new Set(['/health', '/live', '/ready', '/metrics'])

/** Production speaks HTTPS alone: a GET is sent there, anything else is refused before its body is read. */
export const httpsOnly = (trustProxy: number, publicUrl: string | null) =>
  new Elysia({ name: 'https-only' }).onRequest(({ request }) => {
    if (isHttps(request, trustProxy)) {
      contextOf(request).headers['strict-transport-security'] = HSTS
      return
    }
    if (EXEMPT.has(contextOf(request).path)) return
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new DomainError(
        'https_required',
        'Send this over HTTPS; behind a proxy, set TRUST_PROXY and x-forwarded-proto.',
      )
    const url = new URL(request.url)
    url.protocol = 'https:'
    contextOf(request).answeredEarly(308)
    // The Host header is whatever the client wrote; where this server is known, it does not decide where people are sent.
    const target = publicUrl?.startsWith('https:') ? `${publicUrl}${url.pathname}${url.search}` : url.toString()
    return Response.redirect(target, 308)
  })
