import type { CredentialWatch } from '../auth/credential-watch'
import type { AppPrincipal } from '../auth/principal'
import type { Database } from '../db/database'
import { DomainError } from '../lib/errors'
import type { Arrivals } from './arrivals'
import { matchEvents, unknownPatterns } from './filter'
import type { StreamRow, StreamStore } from './store'

export interface StreamPage {
  entries: StreamRow[]
  hasMore: boolean
  /** The `after` of the next request. All entries up to this `seq` were considered. */
  nextAfter: number
  /** Requested entries that were purged. */
  gap: { from: number; to: number } | null
}

export type StreamQueries = ReturnType<typeof createStreamQueries>

/** The app's event stream for clients without a socket. */
export function createStreamQueries(deps: {
  database: Database
  store: StreamStore
  arrivals: Arrivals
  watch: CredentialWatch
}) {
  const { database, store, arrivals, watch } = deps
  const q = database.queries

  return {
    /**
     * Returns the entries after a seq. Waits for the first one if there is none yet.
     * @param query.waitMs maximum wait; 0 returns immediately.
     * @throws DomainError validation_failed for a pattern that matches no event.
     */
    async after(
      principal: AppPrincipal,
      query: { after: number; limit: number; events: string[]; userId: string | null; waitMs: number },
      signal: AbortSignal,
    ): Promise<StreamPage> {
      const { appId } = principal
      const unknown = unknownPatterns(query.events)
      if (unknown.length > 0)
        throw new DomainError('validation_failed', `events: no event matches ${unknown.join(', ')}`, {
          errors: [{ path: 'events', message: `no event matches ${unknown.join(', ')}` }],
        })
      const events = matchEvents(query.events)
      const users = [query.userId, principal.userId].filter((user) => user !== null)
      const filter = { events: events && [...events], users }

      async function read(): Promise<StreamPage> {
        const head = await store.head(q, appId)
        const { seq = 0, purgedSeq = 0 } = head ?? {}
        const rows = await store.page(q, appId, query.after, query.limit + 1, filter)
        const entries = rows.slice(0, query.limit)
        const hasMore = rows.length > query.limit
        const last = entries.at(-1)?.seq ?? query.after
        return {
          entries,
          hasMore,
          nextAfter: hasMore ? last : Math.max(last, seq),
          gap: query.after < purgedSeq ? { from: query.after + 1, to: purgedSeq } : null,
        }
      }
      if (query.waitMs === 0) return read()
      const over = new AbortController()
      const unwatch = watch.add(principal, () => over.abort())
      try {
        const either = AbortSignal.any([signal, over.signal])
        const page = await arrivals.wait(appId, query.waitMs, either, read, ({ entries }) => entries.length > 0)
        if (over.signal.aborted)
          throw new DomainError('api_key_invalid', 'The credentials ended while the request was waiting.')
        return page
      } finally {
        unwatch()
      }
    },
  }
}
