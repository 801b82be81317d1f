import { getLogger } from '@logtape/logtape'
import { Elysia, ElysiaCustomStatusResponse } from 'elysia'
import { DomainError } from '../../lib/errors'
import { problemResponse, toDomainError } from '../plugins/problem'
import { contextOf, urlOf } from '../plugins/request-context'
import type { Idempotency } from './service'

const log = getLogger(['cti', 'http'])
const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const KEY = /^[\x21-\x7e]{1,255}$/

/** Handles `Idempotency-Key` on unsafe requests under /api. Registered before `problem()`, so that it sees errors first. */
export function idempotencyKeys(idempotency: Idempotency) {
  const served = new WeakMap<Request, { appId: string; key: string }>()

  async function finish(request: Request, status: number, body: string): Promise<void> {
    const taken = served.get(request)
    if (!taken) return
    served.delete(request)
    // The request has succeeded. A failure to store its response must not turn it into an error.
    await idempotency
      .finish(taken.appId, taken.key, { status, body })
      .catch((error) => log.error('could not store the response for its Idempotency-Key: {error}', { error }))
  }

  return new Elysia({ name: 'idempotency' })
    .onBeforeHandle({ as: 'global' }, async ({ request, body }) => {
      const key = request.headers.get('idempotency-key')
      const { appId } = contextOf(request)
      if (key === null || appId === null || !UNSAFE.has(request.method)) return
      if (!KEY.test(key))
        throw new DomainError('validation_failed', 'Idempotency-Key must be 1 to 255 visible ASCII characters.', {
          errors: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }],
        })
      const { pathname, search } = urlOf(request)
      const kept = await idempotency.begin(
        appId,
        key,
        `${request.method} ${pathname}${search}\n${JSON.stringify(body)}`,
      )
      if (!kept) {
        served.set(request, { appId, key })
        return
      }
      return new Response(kept.body, {
        status: kept.status,
        headers: {
          'content-type': kept.status >= 400 ? 'application/problem+json' : 'application/json',
          'idempotency-replayed': 'true',
        },
      })
    })
    .onAfterHandle({ as: 'global' }, async ({ request, responseValue, set }) => {
      if (!served.has(request) || responseValue instanceof Response) return
      const custom = responseValue instanceof ElysiaCustomStatusResponse ? responseValue : null
      const status = Number(custom?.code ?? set.status ?? 200)
      await finish(request, status, JSON.stringify(custom ? custom.response : responseValue))
    })
    .onError({ as: 'global' }, async ({ request, code, error }) => {
      if (!served.has(request)) return
      const response = problemResponse(request, toDomainError(code, error))
      await finish(request, response.status, await response.text())
    })
}
