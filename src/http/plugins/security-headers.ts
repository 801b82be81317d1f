import { Elysia } from 'elysia'
import { contextOf } from './request-context'

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'strict-origin-when-cross-origin',
}
/** Data of an app is kept by nobody on the way; a client may ask again by ETag. */
const DATA = /^\/(api|internal)\//

/** What every answer tells a browser. Pages say more in their own Content-Security-Policy. */
export const securityHeaders = () =>
  new Elysia({ name: 'security-headers' }).onRequest(({ request, set }) => {
    const headers = {
      ...HEADERS,
      ...(DATA.test(new URL(request.url).pathname) ? { 'cache-control': 'private, no-cache' } : {}),
    }
    Object.assign(set.headers, headers)
    Object.assign(contextOf(request).headers, headers)
  })
