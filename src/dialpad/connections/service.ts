import { createHash, randomBytes } from 'node:crypto'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { DomainError } from '../../lib/errors'
import { newId } from '../../lib/id'
import type { SecretBox } from '../../lib/secret-box'
import { DialpadError } from '../client/dialpad-error'
import type { OAuthProtocol, TokenSet } from './oauth'
import { createStateTokens, STATE_LIFE_MS } from './state-token'
import type { ConnectionRow, ConnectionStore } from './store'

const log = getLogger(['cti', 'dialpad', 'connections'])
const LINK_LIFE_MS = 24 * 3600_000

export interface Tokens {
  access_token: string
  refresh_token: string | null
}

export type ConnectionService = ReturnType<typeof createConnectionService>

/** Connect links, the OAuth round trip, and what an operator sees and ends. */
export function createConnectionService(deps: {
  database: Database
  store: ConnectionStore
  oauth: OAuthProtocol | null
  secretBox: SecretBox
  encryptionKeys: Uint8Array[]
  scopes: string
  clock: Clock
  /** The company a fresh token belongs to; the token answer does not say. */
  companyOf(accessToken: string): Promise<{ id: number; name: string | null }>
  /** Throws DomainError app_not_found. */
  requireApp(appId: string): Promise<unknown>
  /** Called once the connection is stored: routes the organisation's events to the app and begins its history. */
  onConnected(appId: string, orgId: number): Promise<void>
}) {
  const { database, store, secretBox, clock } = deps
  const stateTokens = createStateTokens(deps.encryptionKeys)

  function oauth(): OAuthProtocol {
    if (deps.oauth) return deps.oauth
    throw new DomainError(
      'dialpad_oauth_not_configured',
      'Set DIALPAD_SANDBOX_CLIENT_ID and _CLIENT_SECRET (DIALPAD_PROD_… in production), and PUBLIC_URL or the redirect address.',
    )
  }

  async function assertLink(appId: string, link: string | null): Promise<string> {
    const row = link ? await store.token(database.queries, linkId(link), 'connect_link') : null
    if (!row || row.appId !== appId || row.usedAt !== null || row.expiresAt <= clock())
      throw new DomainError('connect_link_invalid', 'The connect link is missing, used or expired; ask for a new one.')
    return row.id
  }

  /** Stores the grant: one connection per app, a new grant replaces the old. */
  async function keep(appId: string, tokens: TokenSet, company: { id: number; name: string | null }): Promise<void> {
    const now = clock()
    const set = {
      orgId: company.id,
      companyName: company.name,
      scopes: tokens.scopes ?? deps.scopes,
      tokensEncrypted: await sealTokens(secretBox, tokens, null),
      expiresAt: expiryOf(tokens, now),
      refreshClaimedUntil: null,
      status: 'connected' as const,
      lastError: null,
      lastRefreshedAt: now,
      updatedAt: now,
    }
    await database.transaction(async (tx) => {
      const existing = await store.ofApp(tx, appId)
      if (existing) await store.update(tx, existing.id, { ...set, version: existing.version + 1 })
      else await store.insert(tx, { id: newId(), appId, createdAt: now, ...set })
    })
    await deps.onConnected(appId, company.id)
    log.info('app {appId} is connected to Dialpad organisation {orgId}', { appId, orgId: company.id })
  }

  return {
    /** A link that lets its bearer connect one Dialpad account to the app, once, within 24 hours. */
    async createLink(appId: string): Promise<{ token: string; expiresAt: number }> {
      oauth()
      await deps.requireApp(appId)
      const token = randomBytes(32).toString('base64url')
      const expiresAt = clock() + LINK_LIFE_MS
      await store.removeExpiredTokens(database.queries, clock())
      await store.insertToken(database.queries, { id: linkId(token), appId, purpose: 'connect_link', expiresAt })
      return { token, expiresAt }
    },

    /** @returns Dialpad's consent page for the bearer of a live link. The link stays good until a connection is made. */
    async authorize(appId: string, link: string | null): Promise<string> {
      const linkTokenId = await assertLink(appId, link)
      const verifier = randomBytes(48).toString('base64url')
      const id = newId()
      const secretEncrypted = await secretBox.seal(JSON.stringify({ verifier, linkTokenId }))
      const expiresAt = clock() + STATE_LIFE_MS
      await store.insertToken(database.queries, { id, appId, purpose: 'oauth_state', secretEncrypted, expiresAt })
      return oauth().authorizeUrl(await stateTokens.sign(appId, id, clock()), verifier)
    },

    /** Ends the round trip: the state and its link are spent, the code becomes a connection. @returns the organisation. */
    async finish(query: { state: string; code?: string | undefined; error?: string | undefined }): Promise<number> {
      const { appId, id } = await stateTokens.verify(query.state, clock())
      const row = await store.useToken(database.queries, id, 'oauth_state', clock())
      if (!row?.secretEncrypted || row.appId !== appId || row.expiresAt <= clock())
        throw new DomainError('oauth_state_invalid', 'The state was used already; begin again with the connect link.')
      if (query.error)
        throw new DomainError('oauth_denied', `Dialpad did not grant access (${query.error.slice(0, 100)}).`)
      if (!query.code) throw new DomainError('oauth_code_invalid', 'Dialpad sent no code; begin again.')
      const { verifier, linkTokenId } = JSON.parse(await secretBox.open(row.secretEncrypted)) as {
        verifier: string
        linkTokenId: string
      }
      const link = await store.token(database.queries, linkTokenId, 'connect_link')
      if (!link || link.usedAt !== null)
        throw new DomainError('connect_link_invalid', 'The connect link was used already; ask for a new one.')
      const tokens = await oauth()
        .exchange(query.code, verifier)
        .catch((error: unknown) => {
          if (error instanceof DialpadError && error.dialpadStatus === 401)
            throw new DomainError(
              'dialpad_unauthorized',
              'Dialpad does not accept the OAuth client id or secret; check them.',
            )
          if (error instanceof DialpadError && error.refused)
            throw new DomainError('oauth_code_invalid', 'Dialpad does not accept the code; begin again.')
          throw error
        })
      const company = await deps.companyOf(tokens.accessToken)
      if (!(await store.useToken(database.queries, linkTokenId, 'connect_link', clock())))
        throw new DomainError('connect_link_invalid', 'The connect link was used already; ask for a new one.')
      await keep(appId, tokens, company)
      return company.id
    },

    list: (): Promise<ConnectionRow[]> => store.list(database.queries),

    /**
     * Revokes the tokens at Dialpad and forgets them here; forgets them too when Dialpad knows them no more.
     * @param force forgets them even when Dialpad cannot be asked.
     */
    async disconnect(id: string, force = false): Promise<void> {
      const connection = await store.byId(database.queries, id)
      if (!connection) throw new DomainError('dialpad_connection_not_found', `There is no connection ${id}.`)
      // Tokens that no configured key opens cannot be revoked, but must not keep the connection from being removed.
      const tokens = await openTokens(secretBox, connection).catch(() => null)
      try {
        if (tokens && connection.status !== 'disconnected') await oauth().deauthorize(tokens.access_token)
      } catch (error) {
        const gone = error instanceof DialpadError && error.refused
        if (!gone && !(force && error instanceof DomainError)) throw error
        log.warn('connection {id} is forgotten here, not revoked at Dialpad: {reason}', { id, reason: error.detail })
      }
      await store.remove(database.queries, id)
    },
  }
}

const linkId = (token: string) => createHash('sha256').update(token).digest('hex')

export const expiryOf = ({ expiresIn }: TokenSet, now: number): number | null =>
  expiresIn === null ? null : now + expiresIn * 1000

/** @param kept the refresh token to keep when the answer brought none. */
export const sealTokens = (box: SecretBox, tokens: TokenSet, kept: string | null): Promise<string> =>
  box.seal(
    JSON.stringify({ access_token: tokens.accessToken, refresh_token: tokens.refreshToken ?? kept } satisfies Tokens),
  )

export const openTokens = async (box: SecretBox, { tokensEncrypted }: ConnectionRow): Promise<Tokens> =>
  JSON.parse(await box.open(tokensEncrypted)) as Tokens
