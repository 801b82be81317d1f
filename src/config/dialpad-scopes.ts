export interface ScopeFeature {
  scope: string
  /** What does not work without it. */
  feature: string
}

/** The OAuth scopes that this server's features need. */
export const SCOPE_FEATURES: ScopeFeature[] = [
  { scope: 'calls:list', feature: 'the backfill of calls that the server missed' },
  { scope: 'recordings_export', feature: 'recordings and the audio of voicemails' },
  { scope: 'message_content_export:all', feature: 'the text of SMS' },
  { scope: 'offline_access', feature: 'a connection for longer than an hour' },
]

const base = (scope: string) => scope.replace(/:all$/, '')

/** @param granted scopes, separated by spaces or commas; a scope's form for the whole company counts as the scope. */
export function missingScopes(granted: string): ScopeFeature[] {
  const has = new Set(granted.split(/[\s,]+/).map(base))
  return SCOPE_FEATURES.filter(({ scope }) => !has.has(base(scope)))
}
