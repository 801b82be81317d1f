import type { Config } from '../config/settings'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { createAdminJwt } from './admin-jwt'
import { createAuthenticator } from './authenticator'
import { createClientTokens } from './client-tokens'
import { createConsoleSessions } from './console-sessions'
import { createCredentialWatch, type LiveCredentials } from './credential-watch'
import { createKeyVerifier } from './key-verifier'
import { createLoginLimiter } from './login-limiter'
import { createSessionStore } from './session-store'
import { createAuthStore } from './store'

export type AuthServices = ReturnType<typeof makeAuth>

export function makeAuth(deps: { config: Config; database: Database; clock: Clock }) {
  const { config, database, clock } = deps
  const { apiSecret, jwksUrl, jwtAudience } = config.internal
  const keys = createKeyVerifier({ database, store: createAuthStore(database), clock })
  const sessions = createConsoleSessions({
    database,
    store: createSessionStore(database),
    adminSecret: apiSecret,
    clock,
  })
  const endOf = async ({ sessionId, ...key }: Omit<LiveCredentials, 'expiresAt'>) =>
    sessionId !== undefined && !(await sessions.isOpen(sessionId)) ? 0 : keys.endOf(key)
  const tokens = createClientTokens({ secret: apiSecret, endOf, clock })
  const authenticator = createAuthenticator({
    keys,
    tokens,
    adminSecret: apiSecret,
    verifyAdmin: jwksUrl && jwtAudience ? [createAdminJwt({ jwksUrl, audience: jwtAudience, clock })] : [],
    limiter: createLoginLimiter(config.rateLimit.authFailuresPer15Min),
  })
  const watch = createCredentialWatch({ clock, endOf })
  return { keys, tokens, authenticator, watch, sessions }
}
