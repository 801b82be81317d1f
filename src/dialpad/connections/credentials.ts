import { setTimeout as sleep } from 'node:timers/promises'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { DomainError } from '../../lib/errors'
import type { SecretBox } from '../../lib/secret-box'
import type { Access, Credentials } from '../client/client'
import { DialpadApiError } from '../client/dialpad-api-error'
import { GrantInvalid, type OAuthProtocol } from './oauth'
import { expiryOf, openTokens, sealTokens } from './service'
import type { ConnectionRow, ConnectionStore } from './store'

const log = getLogger(['cti', 'dialpad', 'connections'])

export const REFRESH_BEFORE_MS = 15 * 60_000
/** Longer than a refresh may take. The claim of a killed instance expires. */
const CLAIM_MS = 30_000
const POLL_MS = 250
const SAVE_TRIES = 8

/**
 * The server's credentials at Dialpad: the static key, or the app's OAuth token, which it refreshes.
 * A refresh token may work only once. So one caller of one instance claims the refresh in the database and stores the result
 * only if the row has not changed.
 */
export function createCredentials(deps: {
  database: Database
  store: ConnectionStore
  oauth: OAuthProtocol | null
  secretBox: SecretBox
  apiKey: string | null
  clock: Clock
  wait?: (ms: number) => Promise<unknown>
}): Credentials & { refreshDue(): Promise<void>; has(appId: string): Promise<boolean> } {
  const { database, store, secretBox, apiKey, clock, wait = sleep } = deps
  const inFlight = new Map<string, Promise<ConnectionRow>>()

  async function connectionOf(appId: string): Promise<ConnectionRow> {
    const connection = await store.ofApp(database.queries, appId)
    if (connection && connection.status !== 'disconnected') return connection
    throw new DomainError(
      'dialpad_not_connected',
      connection
        ? `The connection to Dialpad has ended (${connection.lastError ?? 'disconnected'}). Connect again with a new connect link.`
        : 'The app is not connected to Dialpad. Set DIALPAD_API_KEY, or connect with a link from POST /internal/apps/:app_id/dialpad/connect-link.',
    )
  }

  const accessOf = async (connection: ConnectionRow): Promise<Access> => ({
    token: (await openTokens(secretBox, connection)).access_token,
    company: `org ${connection.orgId}`,
  })

  /** Waits for the instance with the claim. @returns the connection afterwards. */
  async function awaitOther(connection: ConnectionRow): Promise<ConnectionRow> {
    const until = clock() + CLAIM_MS
    for (;;) {
      const now = await store.byId(database.queries, connection.id)
      if (!now) throw new DomainError('dialpad_not_connected', 'The connection was removed.')
      if (now.version !== connection.version || now.refreshClaimedUntil === null || clock() >= until) return now
      await wait(POLL_MS)
    }
  }

  /** Retries until it succeeds, because the response may contain the only valid refresh token. */
  async function save(connection: ConnectionRow, set: Partial<ConnectionRow>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (!(await store.swap(database.queries, connection, set)))
          log.info('connection {id} was replaced during its refresh', { id: connection.id })
        return
      } catch (error) {
        if (attempt === SAVE_TRIES) throw error
        log.error('could not store refreshed tokens, retrying: {error}', { error })
        await wait(250 * 2 ** attempt)
      }
    }
  }

  async function refreshTokens(connection: ConnectionRow): Promise<void> {
    const { refresh_token } = await openTokens(secretBox, connection)
    const failed = (status: 'failing' | 'disconnected', lastError: string) => {
      log.warn('connection {id} of app {appId} is {status}: {lastError}', {
        id: connection.id,
        appId: connection.appId,
        status,
        lastError,
      })
      return save(connection, { status, lastError, updatedAt: clock() })
    }
    if (!deps.oauth) return failed('failing', 'the OAuth client is no longer configured')
    if (!refresh_token) return failed('disconnected', 'no refresh token; request the scope offline_access')
    try {
      const tokens = await deps.oauth.refresh(refresh_token)
      const now = clock()
      await save(connection, {
        tokensEncrypted: await sealTokens(secretBox, tokens, refresh_token),
        expiresAt: expiryOf(tokens, now),
        version: connection.version + 1,
        status: 'connected',
        lastError: null,
        lastRefreshedAt: now,
        updatedAt: now,
      })
    } catch (error) {
      if (!(error instanceof DialpadApiError)) throw error
      await failed(error instanceof GrantInvalid ? 'disconnected' : 'failing', error.message)
    }
  }

  async function refresh(seen: ConnectionRow): Promise<ConnectionRow> {
    let connection = seen
    const now = clock()
    const isMine = await store.claimRefresh(database.queries, connection, now, now + CLAIM_MS)
    log.debug('connection {id}: {what} its tokens', {
      id: connection.id,
      what: isMine ? 'refreshing' : 'another caller is refreshing',
    })
    if (isMine) await refreshTokens(connection)
    else connection = await awaitOther(connection)
    return (await store.byId(database.queries, connection.id)) ?? connection
  }

  /** Runs one refresh per connection and process at a time. Concurrent callers share its result. */
  function refreshOnce(connection: ConnectionRow): Promise<ConnectionRow> {
    const running = inFlight.get(connection.id)
    if (running) return running
    const work = refresh(connection).finally(() => inFlight.delete(connection.id))
    inFlight.set(connection.id, work)
    return work
  }

  return {
    async access(appId) {
      if (apiKey !== null) return { token: apiKey, company: 'key' }
      let connection = await connectionOf(appId)
      if (connection.expiresAt !== null && connection.expiresAt <= clock()) connection = await refreshOnce(connection)
      if (connection.status === 'disconnected') connection = await connectionOf(appId)
      return accessOf(connection)
    },

    async renew(appId, rejected) {
      if (apiKey !== null) return null
      const connection = await connectionOf(appId)
      const current = await accessOf(connection)
      if (current.token !== rejected.token) return current
      const fresh = await refreshOnce(connection)
      return fresh.version === connection.version || fresh.status === 'disconnected' ? null : accessOf(fresh)
    },

    has: async (appId) =>
      apiKey !== null ||
      (await store.ofApp(database.queries, appId).then((row) => row !== null && row.status !== 'disconnected')),

    /** Refreshes tokens that expire within 15 minutes. Failed ones are retried at the next call. */
    async refreshDue() {
      if (apiKey !== null) return
      for (const connection of await store.dueForRefresh(database.queries, clock() + REFRESH_BEFORE_MS))
        await refreshOnce(connection).catch((error: unknown) =>
          log.error('could not refresh connection {id}: {error}', { id: connection.id, error }),
        )
    },
  }
}
