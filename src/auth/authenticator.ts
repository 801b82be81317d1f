import { tooManyRequests } from '../http/plugins/rate-limit'
import { equalSecrets } from '../lib/constant-time'
import { DomainError } from '../lib/errors'
import type { ClientTokens } from './client-tokens'
import type { KeyVerifier } from './key-verifier'
import type { LoginLimiter } from './login-limiter'
import { type AdminPrincipal, type AppPrincipal, SCOPES } from './principal'

export type Authenticator = ReturnType<typeof createAuthenticator>

/**
 * Credentials → principal. Failures are limited per address; right credentials are accepted from every address, since people
 * behind one proxy share theirs with whoever fails there.
 */
export function createAuthenticator(deps: {
  keys: KeyVerifier
  tokens: ClientTokens
  adminSecret: string
  /** Further proofs of an administrator (JWT, console session); null when the credential is none of its kind. */
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
      throw lockedOutMs > 0 ? tooManyRequests('Too many failed logins from this address.', lockedOutMs) : error
    }
  }

  async function byKey(key: string, address: string): Promise<AppPrincipal> {
    const verified = await keys.verify(key, { address, lockedOut: await limiter.isLockedOut(address) })
    return { ...verified, scopes: SCOPES, userId: null }
  }

  return {
    /** @param credential an API key (`raw_…`) or a client token. */
    app(credential: string | null, address: string): Promise<AppPrincipal> {
      if (!credential)
        throw new DomainError(
          'api_key_missing',
          'Send x-app-api-key, or Authorization: Bearer with an API key or token.',
        )
      return counted(address, () =>
        credential.startsWith('raw_') ? byKey(credential, address) : appByToken(credential),
      )
    },

    admin(bearer: string | null, address: string): Promise<AdminPrincipal> {
      if (!bearer)
        throw new DomainError(
          'admin_credentials_missing',
          'Send Authorization: Bearer with the INTERNAL_API_SECRET or an admin JWT.',
        )
      return counted(address, async () => {
        if (equalSecrets(bearer, adminSecret)) return { subject: 'admin' }
        for (const verify of verifyAdmin) {
          const principal = await verify(bearer)
          if (principal) return principal
        }
        throw new DomainError('admin_credentials_invalid', 'The admin secret or JWT is not accepted.')
      })
    },
  }

  async function appByToken(credential: string): Promise<AppPrincipal> {
    if (credential.split('.').length === 3) return tokens.verify(credential)
    throw new DomainError('api_key_invalid', 'The credential is neither an API key (raw_…) nor a token.')
  }
}
