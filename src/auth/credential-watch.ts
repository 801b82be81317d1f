import { getLogger } from '@logtape/logtape'
import type { Clock } from '../lib/clock'

const log = getLogger(['cti', 'auth'])

/** The credentials of a long-lived connection. */
export interface LiveCredentials {
  appId: string
  keyId: string | null
  /** The console session that created the token. */
  sessionId?: string | undefined
  /** Expiry of a token, ms since the epoch. */
  expiresAt: number | null
}

interface Holder extends LiveCredentials {
  /** End of the key or app. Null until the first lookup. */
  keyEndsAt: number | null
  end(): void
}

export type CredentialWatch = ReturnType<typeof createCredentialWatch>

/**
 * Closes long-lived connections (sockets, event streams, long polls) when their credentials end,
 * immediately after a notification or at the next sweep.
 */
export function createCredentialWatch(deps: {
  clock: Clock
  /** End of the key, or of the app for credentials without a key: 0 if it or the session has ended, Infinity if it has no end. */
  endOf(credentials: Omit<LiveCredentials, 'expiresAt'>): Promise<number>
}) {
  const { clock, endOf } = deps
  const holders = new Set<Holder>()

  function endIfOver(holder: Holder): void {
    if (Math.min(holder.expiresAt ?? Infinity, holder.keyEndsAt ?? Infinity) > clock()) return
    if (holders.delete(holder)) holder.end()
  }

  /** Looks up each key once. Retries failed lookups at the next sweep. */
  async function check(some: Holder[]): Promise<void> {
    const byKey = Map.groupBy(some, ({ appId, keyId, sessionId }) => `${appId} ${keyId} ${sessionId}`)
    await Promise.all(
      [...byKey.values()].map(async (sharing) => {
        const [first] = sharing
        if (!first) return
        for (const holder of sharing) holder.keyEndsAt = null
        try {
          const endsAt = await endOf(first)
          for (const holder of sharing) {
            holder.keyEndsAt = endsAt
            endIfOver(holder)
          }
        } catch (error) {
          log.warn('could not check credentials of app {appId}, retrying: {error}', {
            appId: first.appId,
            error,
          })
        }
      }),
    )
  }

  return {
    /** @param end called once when the credentials end. @returns a function that stops the watch. */
    add(credentials: LiveCredentials, end: () => void): () => void {
      const { appId, keyId, sessionId, expiresAt } = credentials
      const holder: Holder = { appId, keyId, sessionId, expiresAt, keyEndsAt: null, end }
      holders.add(holder)
      // The credentials may have ended between their verification and now.
      void check([holder])
      return () => void holders.delete(holder)
    },

    /** Checks the keys of an app again, or of all apps without an app id. */
    recheck: (appId?: string): Promise<void> =>
      check([...holders].filter((holder) => appId === undefined || holder.appId === appId)),

    /** Closes connections with an expired token or grace period. */
    async sweep(): Promise<void> {
      for (const holder of holders) endIfOver(holder)
      await check([...holders].filter(({ keyEndsAt }) => keyEndsAt === null))
    },

    size: () => holders.size,
  }
}
