export interface ScopeFeature {
  scope: string
  /** The feature that requires the scope. */
  feature: string
}

/** The OAuth scopes that this server's features need. */
export const SCOPE_FEATURES: ScopeFeature[] = [
  { scope: 'calls:list', feature: 'the backfill of calls that the server missed' },
  { scope: 'recordings_export', feature: 'recordings and the audio of voicemails' },
  { scope: 'message_content_export:all', feature: 'the text of SMS' },
  { scope: 'offline_access', feature: 'a connection that lasts longer than an hour' },
]

const base = (scope: string) => scope.replace(/:all$/, '')

/** @param granted scopes, separated by spaces or commas. The company-wide form of a scope counts as the scope. */
export function missingScopes(granted: string): ScopeFeature[] {
  const has = new Set(granted.split(/[\s,]+/).map(base))
  return SCOPE_FEATURES.filter(({ scope }) => !has.has(base(scope)))
}
