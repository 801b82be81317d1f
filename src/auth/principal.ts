/** What a principal may do with its app's data. */
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

/** Who a client request comes from: always exactly one app. */
export interface AppPrincipal {
  appId: string
  /** The key itself, or the key that made the token; null for a token of the operator's making. */
  keyId: string | null
  /** When the credentials end, ms since the epoch; null while the key lives. */
  expiresAt: number | null
  scopes: readonly Scope[]
  /** The one CRM user whose data may be read; null for all of the app. */
  userId: string | null
}

export interface AdminPrincipal {
  /** Who acted, for the audit log. */
  subject: string
}

/** The operator reading an app's data. */
export const operatorOf = (appId: string): AppPrincipal => ({
  appId,
  keyId: null,
  expiresAt: null,
  scopes: READ_SCOPES,
  userId: null,
})
