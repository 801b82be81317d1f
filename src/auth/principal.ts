/** Permissions of a principal on its app's data. */
export const SCOPES = [
  'calls:read',
  'calls:write',
  'messages:read',
  'messages:write',
  'voicemails:read',
  'customers:read',
  'customers:write',
  'events:read',
  'endpoints:manage',
  'tokens:write',
  'dialpad:connect',
] as const
export type Scope = (typeof SCOPES)[number]

export const READ_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope.endsWith(':read'))

/** The authenticated client of a request. Always belongs to exactly one app. */
export interface AppPrincipal {
  appId: string
  /** Id of the key, or of the key that created the token. Null for a token created by the operator. */
  keyId: string | null
  /** Id of the console session that created the token. Its end ends the token. */
  sessionId?: string | undefined
  /** Expiry of the credentials, ms since the epoch. Null for a key without an end. */
  expiresAt: number | null
  scopes: readonly Scope[]
  /** The CRM user whose data the principal may read. Null for the whole app. */
  userId: string | null
}

export interface AdminPrincipal {
  /** Name for the audit log. */
  subject: string
  /** The console session of the request. */
  session?: { id: string; expiresAt: number }
}

/** The operator with read access to an app's data. */
export const operatorOf = (appId: string): AppPrincipal => ({
  appId,
  keyId: null,
  expiresAt: null,
  scopes: READ_SCOPES,
  userId: null,
})
