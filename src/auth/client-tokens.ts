import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Clock } from '../lib/clock'
import { DomainError } from '../lib/errors'
import type { LiveCredentials } from './credential-watch'
import { type AppPrincipal, READ_SCOPES } from './principal'

/**
 * Short-lived JWTs for browsers with read access to an app, or to one CRM user's data. Valid as long as their key, or as the
 * console session that created them.
 */

const ISSUER = 'cti-server'
const Claims = z.object({
  app: z.string(),
  key: z.string().nullable(),
  user: z.string().nullable(),
  session: z.string().optional(),
  exp: z.number(),
})

export type ClientTokens = ReturnType<typeof createClientTokens>

export function createClientTokens(deps: {
  secret: string
  /** End of the key, app or console session, ms since the epoch; 0 if it has ended. */
  endOf(credentials: Omit<LiveCredentials, 'expiresAt'>): Promise<number>
  clock: Clock
}) {
  const { endOf, clock } = deps
  const signingKey = createHash('sha256').update(`client-token:${deps.secret}`).digest()

  return {
    /** @returns the token and its expiry, ms since the epoch. */
    async issue(appId: string, keyId: string | null, userId: string | null, ttlSeconds: number, sessionId?: string) {
      const expiresAt = (Math.floor(clock() / 1000) + ttlSeconds) * 1000
      const token = await new SignJWT({ app: appId, key: keyId, user: userId, session: sessionId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(ISSUER)
        .setExpirationTime(expiresAt / 1000)
        .sign(signingKey)
      return { token, expiresAt }
    },

    /** @throws DomainError token_invalid (401). */
    async verify(token: string): Promise<AppPrincipal> {
      const claims = await readClaims(token)
      const holder = { appId: claims.app, keyId: claims.key, sessionId: claims.session }
      if ((await endOf(holder)) === 0)
        throw invalid(
          'The API key or the console session of this token is no longer valid, or the app is inactive. Create a new one.',
        )
      return {
        ...holder,
        expiresAt: claims.exp * 1000,
        scopes: READ_SCOPES,
        userId: claims.user,
      }
    },
  }

  async function readClaims(token: string) {
    try {
      const options = { algorithms: ['HS256'], issuer: ISSUER, currentDate: new Date(clock()) }
      return Claims.parse((await jwtVerify(token, signingKey, options)).payload)
    } catch (error) {
      throw invalid('The token is invalid or expired. Create a new one.', error)
    }
  }
}

const invalid = (detail: string, cause?: unknown) => new DomainError('token_invalid', detail, { cause })
