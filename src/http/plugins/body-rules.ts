import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { contextOf } from './request-context'

/** A batch of 10,000 rows fits many times. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** The routes whose bodies are JSON; Dialpad sends its events with whatever type it likes. */
const JSON_ROUTES = /^\/(api|internal|console)\//
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i

/** Refuses a body that says it is too large, or of another type, before it is read; what is not told is cut off by the server. */
export const bodyRules = () =>
  new Elysia({ name: 'body-rules' }).onRequest(({ request }) => {
    if (request.method === 'GET') return
    const bytes = request.headers.get('content-length')
    if (Number(bytes ?? 0) > MAX_BODY_BYTES)
      throw new DomainError('body_too_large', `A body has at most ${MAX_BODY_BYTES / 1024 / 1024} MiB.`)
    const type = request.headers.get('content-type')
    if (!type || bytes === '0' || JSON_TYPE.test(type) || !JSON_ROUTES.test(contextOf(request).path)) return
    throw new DomainError('unsupported_media_type', `Send the body as application/json, not ${type}.`)
  })
