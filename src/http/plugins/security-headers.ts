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
  new Elysia({ name: 'security-headers' }).onRequest(({ request }) => {
    const { headers, path } = contextOf(request)
    Object.assign(headers, HEADERS)
    if (DATA.test(path)) headers['cache-control'] = 'private, no-cache'
  })
