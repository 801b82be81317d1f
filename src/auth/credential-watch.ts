import { getLogger } from '@logtape/logtape'
import type { Clock } from '../lib/clock'

const log = getLogger(['cti', 'auth'])

/** What something long-lived was opened with. */
export interface Credentials {
  appId: string
  keyId: string | null
  /** When they end by themselves (a token), ms since the epoch. */
  expiresAt: number | null
}

interface Holder extends Credentials {
  /** When the key or the app behind them ends; null until it was looked up. */
  keyEndsAt: number | null
  end(): void
}

export type CredentialWatch = ReturnType<typeof createCredentialWatch>

/**
 * Ends whatever lives longer than a request (sockets, event streams, long polls) with the credentials it was opened with:
 * at once when a change is notified, else at the next sweep.
 */
export function createCredentialWatch(deps: {
  clock: Clock
  /** When the key, or without one the app, stops working: 0 when it has, Infinity when no end is known. */
  endOf(credentials: { appId: string; keyId: string | null }): Promise<number>
}) {
  const { clock, endOf } = deps
  const holders = new Set<Holder>()

  function endIfOver(holder: Holder): void {
    if (Math.min(holder.expiresAt ?? Infinity, holder.keyEndsAt ?? Infinity) > clock()) return
    if (holders.delete(holder)) holder.end()
  }

  /** Looks up each key once, however many hold it. What cannot be looked up now is looked up at the next sweep. */
  async function check(some: Holder[]): Promise<void> {
    const byKey = Map.groupBy(some, ({ appId, keyId }) => `${appId} ${keyId}`)
    await Promise.all(
      [...byKey.values()].map(async (sharing) => {
        for (const holder of sharing) holder.keyEndsAt = null
        try {
          const endsAt = await endOf(sharing[0]!)
          for (const holder of sharing) {
            holder.keyEndsAt = endsAt
            endIfOver(holder)
          }
        } catch (error) {
          log.warn('credentials of app {appId} cannot be checked, trying again: {error}', {
            appId: sharing[0]!.appId,
            error,
          })
        }
      }),
    )
  }

  return {
    /** @param end called once, when the credentials have ended. @returns what ends the watch. */
    add(credentials: Credentials, end: () => void): () => void {
      const { appId, keyId, expiresAt } = credentials
      const holder: Holder = { appId, keyId, expiresAt, keyEndsAt: null, end }
      holders.add(holder)
      // They may have ended since they were verified, when nobody watched them yet.
      void check([holder])
      return () => void holders.delete(holder)
    },

    /** Looks at the keys of an app anew; at everybody's without an app. */
    recheck: (appId?: string): Promise<void> =>
      check([...holders].filter((holder) => appId === undefined || holder.appId === appId)),

    /** Ends what has run out: a token, or a grace period. */
    async sweep(): Promise<void> {
      for (const holder of holders) endIfOver(holder)
      await check([...holders].filter(({ keyEndsAt }) => keyEndsAt === null))
    },

    size: () => holders.size,
  }
}
