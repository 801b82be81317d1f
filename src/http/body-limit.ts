import { Elysia } from 'elysia'
import { DomainError } from '../errors'

/** A batch of 10,000 rows fits many times. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Refuses a body that says it is too large before it is read; one that does not say is cut off by the server. */
export const bodyLimit = () =>
  new Elysia({ name: 'body-limit' }).onRequest(({ request }) => {
    if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES)
      throw new DomainError('body_too_large', `A body has at most ${MAX_BODY_BYTES / 1024 / 1024} MiB.`)
  })
