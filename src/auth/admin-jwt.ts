import { getLogger } from '@logtape/logtape'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import type { Clock } from '../lib/clock'
import type { AdminPrincipal } from './principal'

const log = getLogger(['cti', 'apps'])
const CLOCK_SKEW_SECONDS = 60
/** Asymmetric algorithms only: with HS256 anyone who can read the public key set could sign a token. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/** Verifies JWTs of administrators, issued for `audience` by the OIDC issuer with the keys at `jwksUrl`. */
export function createAdminJwt({ jwksUrl, audience, clock }: { jwksUrl: string; audience: string; clock: Clock }) {
  const keys = createRemoteJWKSet(new URL(jwksUrl))

  return async (bearer: string): Promise<AdminPrincipal | null> => {
    if (bearer.split('.').length !== 3) return null
    try {
      const { payload } = await jwtVerify(bearer, keys, {
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(clock()),
      })
      // biome-ignore lint/style/noNonNullAssertion: jwtVerify requires the claim
      return { subject: payload.sub! }
    } catch (error) {
      if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout)
        log.warn('could not load the keys at INTERNAL_JWKS_URL: {error}', { error })
      return null
    }
  }
}
