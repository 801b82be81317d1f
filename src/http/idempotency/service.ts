import { createHash } from 'node:crypto'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { DomainError } from '../../lib/errors'
import type { SecretBox } from '../../lib/secret-box'
import type { IdempotencyStore } from './store'

const KEPT_MS = 24 * 60 * 60_000
/** A request that never came to an end, as when the server was killed, holds its key no longer. */
const IN_FLIGHT_MS = 10 * 60_000
/** Nothing was done, or it is not known what: the client may try again with the same key. */
const NOT_KEPT = new Set([429, 500, 503])

export interface KeptAnswer {
  status: number
  body: string
}

export type Idempotency = ReturnType<typeof createIdempotency>

/** Lets a client repeat an unsafe request without its effect: the same key and request get the first answer again. */
export function createIdempotency(deps: {
  database: Database
  store: IdempotencyStore
  /** Answers may hold tokens. */
  secretBox: SecretBox
  clock: Clock
}) {
  const { database, store, secretBox, clock } = deps
  const q = database.queries

  return {
    /**
     * Takes the key for this request. @param request what makes it the same request.
     * @returns the answer it was given before, or null when it is to be served now.
     * @throws DomainError idempotency_key_reused (422), or request_in_progress (409).
     */
    async begin(appId: string, key: string, request: string): Promise<KeptAnswer | null> {
      const requestHash = createHash('sha256').update(request).digest('base64')
      const now = clock()
      await store.removeExpired(q, now, { appId, key })
      if (await store.insert(q, { appId, key, requestHash, createdAt: now, expiresAt: now + IN_FLIGHT_MS })) return null
      const row = await store.find(q, appId, key)
      if (row && row.requestHash !== requestHash)
        throw new DomainError(
          'idempotency_key_reused',
          'This Idempotency-Key came with another request; take a new one.',
        )
      if (!row || row.responseStatus === null || row.responseBody === null)
        throw new DomainError('request_in_progress', 'The first request with this Idempotency-Key is under way.')
      return { status: row.responseStatus, body: await secretBox.open(row.responseBody) }
    },

    /** Keeps the answer for repetitions, or frees the key when it is to be tried again. */
    async finish(appId: string, key: string, { status, body }: KeptAnswer): Promise<void> {
      if (NOT_KEPT.has(status)) return store.remove(q, appId, key)
      const responseBody = await secretBox.seal(body)
      await store.finish(q, appId, key, { responseStatus: status, responseBody, expiresAt: clock() + KEPT_MS })
    },

    purge: () => store.removeExpired(q, clock()),
  }
}
