import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Clock } from '../lib/clock'
import { DomainError } from '../lib/errors'
import type { KeyVerifier } from './key-verifier'
import { type AppPrincipal, READ_SCOPES } from './principal'

/** Short-lived JWTs for browsers with read access to an app, or to one CRM user's data. Valid as long as their key. */

const ISSUER = 'cti-server'
const Claims = z.object({ app: z.string(), key: z.string().nullable(), user: z.string().nullable(), exp: z.number() })

export type ClientTokens = ReturnType<typeof createClientTokens>

export function createClientTokens(deps: { secret: string; keys: KeyVerifier; clock: Clock }) {
  const { keys, clock } = deps
  const signingKey = createHash('sha256').update(`client-token:${deps.secret}`).digest()

  return {
    /** @returns the token and its expiry, ms since the epoch. */
    async issue(appId: string, keyId: string | null, userId: string | null, ttlSeconds: number) {
      const expiresAt = (Math.floor(clock() / 1000) + ttlSeconds) * 1000
      const token = await new SignJWT({ app: appId, key: keyId, user: userId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(ISSUER)
        .setExpirationTime(expiresAt / 1000)
        .sign(signingKey)
      return { token, expiresAt }
    },

    /** @throws DomainError token_invalid (401). */
    async verify(token: string): Promise<AppPrincipal> {
      const claims = await readClaims(token)
      if ((await keys.endOf({ appId: claims.app, keyId: claims.key })) === 0)
        throw invalid('The API key of this token is no longer valid, or the app is inactive.')
      return {
        appId: claims.app,
        keyId: claims.key,
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
    } catch {
      throw invalid('The token is invalid or expired. Create a new one.')
    }
  }
}

const invalid = (detail: string) => new DomainError('token_invalid', detail)
