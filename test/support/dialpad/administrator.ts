import type { Endpoints } from './endpoints'
import type { createOAuth } from './oauth'
import type { Endpoint, State, SubscriptionKind } from './state'

/** What a company's administrator, or another API client, changes at Dialpad. Nothing notifies the server under test. */
export function createAdministrator(state: State, endpoints: Endpoints, oauth: ReturnType<typeof createOAuth>) {
  const subscriptions = (kind?: SubscriptionKind) =>
    [...state.subscriptions.values()].filter((one) => kind === undefined || one.kind === kind)

  return {
    /** All of them, or those of one kind. */
    disableSubscriptions(kind?: SubscriptionKind): void {
      for (const one of subscriptions(kind)) one.enabled = false
    },
    deleteSubscriptions(kind?: SubscriptionKind): void {
      for (const { id } of subscriptions(kind)) state.subscriptions.delete(id)
    },
    /** Deletes webhooks or websockets with their subscriptions; open connections of a websocket end. */
    deleteEndpoints(kind: Endpoint['kind']): void {
      for (const endpoint of endpoints.ofKind(kind)) endpoints.remove(endpoint)
    },
    changeHookUrls(hook_url: string): void {
      for (const endpoint of endpoints.ofKind('webhook')) endpoints.update(endpoint, { hook_url })
    },
    changeSecrets(secret: string): void {
      for (const endpoint of state.endpoints.values()) endpoints.update(endpoint, { secret })
    },
    /** The API key and every token lose the scope: what needs it answers 403, and events come without what it covers. */
    withdrawScope: (scope: string) => void state.withdrawnScopes.add(scope),
    restoreScope: (scope: string) => void state.withdrawnScopes.delete(scope),
    /** Every token of the OAuth application is worth nothing. */
    removeApplication: () => oauth.revokeAll(),
  }
}
