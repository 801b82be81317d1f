import { Elysia } from 'elysia'
import { contextOf } from './request-context'

export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'strict-origin-when-cross-origin',
}
/** Proxies must not cache an app's data. Clients may revalidate it with the ETag. */
const DATA = /^\/(api|internal)\//

export const DATA_CACHE_CONTROL = 'private, no-cache'

/** Security headers of every response. Pages set their own Content-Security-Policy. */
export const securityHeaders = () =>
  new Elysia({ name: 'security-headers' }).onRequest(({ request }) => {
    const { headers, path } = contextOf(request)
    Object.assign(headers, SECURITY_HEADERS)
    if (DATA.test(path)) headers['cache-control'] = DATA_CACHE_CONTROL
  })
