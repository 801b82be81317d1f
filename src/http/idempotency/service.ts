import { createHash } from 'node:crypto'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { DomainError } from '../../lib/errors'
import type { SecretBox } from '../../lib/secret-box'
import type { IdempotencyStore } from './store'

const KEPT_MS = 24 * 60 * 60_000
/** After this time a key is released from a request that never finished, for example after a crash. */
const IN_FLIGHT_MS = 10 * 60_000
/** After these statuses the client may retry with the same key. */
const NOT_KEPT = new Set([429, 500, 503])

export interface KeptAnswer {
  status: number
  body: string
}

export type Idempotency = ReturnType<typeof createIdempotency>

/** Makes unsafe requests safe to retry: the same key and request return the first response again. */
export function createIdempotency(deps: {
  database: Database
  store: IdempotencyStore
  /** Encrypts stored responses, because they may contain tokens. */
  secretBox: SecretBox
  clock: Clock
}) {
  const { database, store, secretBox, clock } = deps
  const q = database.queries

  return {
    /**
     * Claims the key for a request. @param request method, path and body, to detect a different request.
     * @returns the stored response, or null if the request has to be processed.
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
          'This Idempotency-Key was used for a different request. Use a new key.',
        )
      if (!row || row.responseStatus === null || row.responseBody === null)
        throw new DomainError(
          'request_in_progress',
          'A request with this Idempotency-Key is still in progress. Try again later.',
        )
      return { status: row.responseStatus, body: await secretBox.open(row.responseBody) }
    },

    /** Stores the response, or releases the key if the client may retry. */
    async finish(appId: string, key: string, { status, body }: KeptAnswer): Promise<void> {
      if (NOT_KEPT.has(status)) return store.remove(q, appId, key)
      const responseBody = await secretBox.seal(body)
      await store.finish(q, appId, key, { responseStatus: status, responseBody, expiresAt: clock() + KEPT_MS })
    },

    purge: () => store.removeExpired(q, clock()),
  }
}
