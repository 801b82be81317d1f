import { getLogger } from '@logtape/logtape'
import { tooManyRequests } from '../http/plugins/rate-limit'
import { equalSecrets } from '../lib/constant-time'
import { DomainError } from '../lib/errors'
import type { ClientTokens } from './client-tokens'
import type { KeyVerifier } from './key-verifier'
import type { LoginLimiter } from './login-limiter'
import { type AdminPrincipal, type AppPrincipal, SCOPES } from './principal'

const log = getLogger(['cti', 'auth'])

export type Authenticator = ReturnType<typeof createAuthenticator>

/**
 * Authenticates credentials. Limits failures per address, but always accepts valid credentials, because users behind one
 * proxy share an address with others.
 */
export function createAuthenticator(deps: {
  keys: KeyVerifier
  tokens: ClientTokens
  adminSecret: string
  /** Other ways to authenticate an administrator (JWT, console session). Null if the credential is of another kind. */
  verifyAdmin: ((bearer: string) => Promise<AdminPrincipal | null>)[]
  limiter: LoginLimiter
}) {
  const { keys, tokens, adminSecret, verifyAdmin, limiter } = deps

  async function counted<T>(address: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof DomainError) || error.status !== 401) throw error
      const lockedOutMs = await limiter.failed(address)
      log.debug('refused credentials from {address}: {code}; locked out for {lockedOutMs} ms', {
        address,
        code: error.code,
        lockedOutMs,
      })
      throw lockedOutMs > 0 ? tooManyRequests('Too many failed logins from this address.', lockedOutMs) : error
    }
  }

  async function byKey(key: string, address: string): Promise<AppPrincipal> {
    const verified = await keys.verify(key, { address, isLockedOut: () => limiter.isLockedOut(address) })
    return { ...verified, scopes: SCOPES, userId: null }
  }

  return {
    /** @param credential an API key (`raw_…`) or a client token. */
    app(credential: string | null, address: string): Promise<AppPrincipal> {
      if (!credential)
        throw new DomainError(
          'api_key_missing',
          'Send the header x-app-api-key, or Authorization: Bearer with an API key or token.',
        )
      return counted(address, () =>
        credential.startsWith('raw_') ? byKey(credential, address) : appByToken(credential),
      )
    },

    admin(bearer: string | null, address: string): Promise<AdminPrincipal> {
      if (!bearer)
        throw new DomainError(
          'admin_credentials_missing',
          'Send the header Authorization: Bearer with the INTERNAL_API_SECRET or an admin JWT.',
        )
      return counted(address, async () => {
        if (equalSecrets(bearer, adminSecret)) return { subject: 'admin' }
        for (const verify of verifyAdmin) {
          const principal = await verify(bearer)
          if (principal) return principal
        }
        throw new DomainError('admin_credentials_invalid', 'Invalid admin secret or JWT.')
      })
    },
  }

  async function appByToken(credential: string): Promise<AppPrincipal> {
    if (credential.split('.').length === 3) return tokens.verify(credential)
    throw new DomainError('api_key_invalid', 'The credential is not an API key (raw_…) or a token.')
  }
}
