import { Refused } from './answer'
import type { Scopes, State } from './state'

/** Whether a token has a scope, or its form for the whole company, that no administrator has withdrawn. */
export function has({ withdrawnScopes }: State, scopes: Scopes, scope: string): boolean {
  if (withdrawnScopes.has(scope)) return false
  return scopes === 'all' || scopes.includes(scope) || scopes.includes(`${scope}:all`)
}

/** @throws Refused 403. */
export function requireScope(state: State, scopes: Scopes, scope: string): void {
  if (!has(state, scopes, scope)) throw new Refused(403, `The token lacks the scope ${scope}`)
}
