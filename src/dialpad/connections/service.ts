import { createHash, randomBytes } from 'node:crypto'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import { DomainError } from '../../lib/errors'
import { newId } from '../../lib/id'
import type { SecretBox } from '../../lib/secret-box'
import { DialpadApiError } from '../client/dialpad-api-error'
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

/** Connect links, the OAuth flow, and the list and removal of connections. */
export function createConnectionService(deps: {
  database: Database
  store: ConnectionStore
  oauth: OAuthProtocol | null
  secretBox: SecretBox
  encryptionKeys: Uint8Array[]
  scopes: string
  clock: Clock
  /** The company of a new token, which the token response does not contain. */
  companyOf(accessToken: string): Promise<{ id: number; name: string | null }>
  /** Throws DomainError app_not_found. */
  apps: { requireApp(appId: string): Promise<unknown> }
  /** Called once the connection is stored: routes the organization's events to the app and starts its history. */
  onConnected(appId: string, orgId: number): Promise<void>
}) {
  const { database, store, secretBox, clock } = deps
  const stateTokens = createStateTokens(deps.encryptionKeys)

  function oauth(): OAuthProtocol {
    if (deps.oauth) return deps.oauth
    throw new DomainError(
      'dialpad_oauth_not_configured',
      'Set DIALPAD_SANDBOX_CLIENT_ID and _CLIENT_SECRET (DIALPAD_PROD_… in production), and PUBLIC_URL or the redirect URL.',
    )
  }

  async function assertLink(appId: string, link: string | null): Promise<string> {
    const row = link ? await store.token(database.queries, linkId(link), 'connect_link') : null
    if (!row || row.appId !== appId || row.usedAt !== null || row.expiresAt <= clock())
      throw new DomainError('connect_link_invalid', 'The connect link is missing, used or expired. Request a new one.')
    return row.id
  }

  /** Stores the grant. An app has one connection, so a new grant replaces the old one. */
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
    log.info('app {appId} is connected to Dialpad organization {orgId}', { appId, orgId: company.id })
  }

  return {
    /** Creates a link to connect one Dialpad account to the app, valid once and for 24 hours. */
    async createLink(appId: string): Promise<{ token: string; expiresAt: number }> {
      oauth()
      await deps.apps.requireApp(appId)
      const token = randomBytes(32).toString('base64url')
      const expiresAt = clock() + LINK_LIFE_MS
      await store.removeExpiredTokens(database.queries, clock())
      await store.insertToken(database.queries, { id: linkId(token), appId, purpose: 'connect_link', expiresAt })
      return { token, expiresAt }
    },

    /** @returns the URL of Dialpad's consent page for a valid link. The link stays valid until the app is connected. */
    async authorize(appId: string, link: string | null): Promise<string> {
      const linkTokenId = await assertLink(appId, link)
      const verifier = randomBytes(48).toString('base64url')
      const id = newId()
      const secretEncrypted = await secretBox.seal(JSON.stringify({ verifier, linkTokenId }))
      const expiresAt = clock() + STATE_LIFE_MS
      await store.insertToken(database.queries, { id, appId, purpose: 'oauth_state', secretEncrypted, expiresAt })
      return oauth().authorizeUrl(await stateTokens.sign(appId, id, clock()), verifier)
    },

    /** Finishes the OAuth flow: uses up the state and its link, and creates the connection. @returns the organization. */
    async finish(query: { state: string; code?: string | undefined; error?: string | undefined }): Promise<number> {
      const { appId, id } = await stateTokens.verify(query.state, clock())
      const row = await store.useToken(database.queries, id, 'oauth_state', clock())
      if (!row?.secretEncrypted || row.appId !== appId || row.expiresAt <= clock())
        throw new DomainError('oauth_state_invalid', 'The state was already used. Start again with the connect link.')
      if (query.error)
        throw new DomainError('oauth_denied', `Dialpad did not grant access (${query.error.slice(0, 100)}).`)
      if (!query.code)
        throw new DomainError('oauth_code_invalid', 'The request has no code. Start again with the connect link.')
      const { verifier, linkTokenId } = JSON.parse(await secretBox.open(row.secretEncrypted)) as {
        verifier: string
        linkTokenId: string
      }
      const link = await store.token(database.queries, linkTokenId, 'connect_link')
      if (!link || link.usedAt !== null)
        throw new DomainError('connect_link_invalid', 'The connect link was already used. Request a new one.')
      const tokens = await oauth()
        .exchange(query.code, verifier)
        .catch((error: unknown) => {
          if (error instanceof DialpadApiError && error.dialpadStatus === 401)
            throw new DomainError(
              'dialpad_unauthorized',
              'Dialpad rejected the OAuth client id or secret. Check both.',
              {
                cause: error,
              },
            )
          if (error instanceof DialpadApiError && error.refused)
            throw new DomainError(
              'oauth_code_invalid',
              'Dialpad rejected the code. Start again with the connect link.',
              {
                cause: error,
              },
            )
          throw error
        })
      const company = await deps.companyOf(tokens.accessToken)
      if (!(await store.useToken(database.queries, linkTokenId, 'connect_link', clock())))
        throw new DomainError('connect_link_invalid', 'The connect link was already used. Request a new one.')
      await keep(appId, tokens, company)
      return company.id
    },

    list: (): Promise<ConnectionRow[]> => store.list(database.queries),

    /**
     * Revokes the tokens at Dialpad and deletes them here, also if Dialpad no longer knows them.
     * @param force deletes them even if Dialpad is unreachable.
     */
    async disconnect(id: string, force = false): Promise<void> {
      const connection = await store.byId(database.queries, id)
      if (!connection) throw new DomainError('dialpad_connection_not_found', `No such connection: ${id}`)
      // Tokens that no configured key can decrypt cannot be revoked, but the connection must be removable.
      const tokens = await openTokens(secretBox, connection).catch(() => null)
      try {
        if (tokens && connection.status !== 'disconnected') await oauth().deauthorize(tokens.access_token)
      } catch (error) {
        const gone = error instanceof DialpadApiError && error.refused
        if (!gone && !(force && error instanceof DomainError)) throw error
        log.warn('deleted connection {id} without revoking it at Dialpad: {reason}', { id, reason: error.message })
      }
      await store.remove(database.queries, id)
    },
  }
}

const linkId = (token: string) => createHash('sha256').update(token).digest('hex')

export const expiryOf = ({ expiresIn }: TokenSet, now: number): number | null =>
  expiresIn === null ? null : now + expiresIn * 1000

/** @param kept the refresh token to keep if the response has none. */
export const sealTokens = (box: SecretBox, tokens: TokenSet, kept: string | null): Promise<string> =>
  box.seal(
    JSON.stringify({ access_token: tokens.accessToken, refresh_token: tokens.refreshToken ?? kept } satisfies Tokens),
  )

export const openTokens = async (box: SecretBox, { tokensEncrypted }: ConnectionRow): Promise<Tokens> =>
  JSON.parse(await box.open(tokensEncrypted)) as Tokens
