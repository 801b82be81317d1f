import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { contextOf } from './request-context'

/** Large enough for a batch of 10,000 rows. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Routes that require a JSON body. Dialpad sends its events with various content types. */
const JSON_ROUTES = /^\/(api|internal|console)\//
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i

/** Rejects a body by its Content-Length or Content-Type before reading it. The server limits bodies without a length. */
export const bodyRules = () =>
  new Elysia({ name: 'body-rules' }).onRequest(({ request }) => {
    if (request.method === 'GET') return
    const bytes = request.headers.get('content-length')
    if (Number(bytes ?? 0) > MAX_BODY_BYTES)
      throw new DomainError('body_too_large', `The body is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`)
    const type = request.headers.get('content-type')
    if (!type || bytes === '0' || JSON_TYPE.test(type) || !JSON_ROUTES.test(contextOf(request).path)) return
    throw new DomainError('unsupported_media_type', `Send the body as application/json, not ${type}.`)
  })
