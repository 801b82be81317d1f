import { answer, int64, page, Refused } from './answer'
import type { Endpoints } from './endpoints'
import type { Route } from './routing'
import type { State, Subscription, SubscriptionKind } from './state'

const COMPANY_WIDE_LIMIT = 10
const PAGE = 20

interface NewSubscription {
  endpoint_id?: number | null
  enabled?: boolean | null
  target_id?: number | null
  [setting: string]: unknown
}

/** `/subscriptions/{kind}`: which events go to an endpoint. */
export function subscriptionRoutes(state: State, endpoints: Endpoints, kind: SubscriptionKind): Route[] {
  const path = `/api/v2/subscriptions/${kind}`
  const ofKind = () => [...state.subscriptions.values()].filter((one) => one.kind === kind)

  function wire({ id, settings, enabled, endpointId }: Subscription) {
    const endpoint = state.endpoints.get(endpointId)
    const { target_id, ...others } = settings
    return {
      ...others,
      ...(target_id == null ? {} : { target_id: int64(target_id) }),
      id: int64(id),
      enabled,
      ...(endpoint ? { [endpoint.kind]: endpoints.wire(endpoint) } : {}),
    }
  }

  function find(id: number): Subscription {
    const subscription = state.subscriptions.get(id)
    if (subscription?.kind !== kind) throw new Refused(404, `subscription ${id} not found`)
    return subscription
  }

  function requireEndpoint(id: number | null | undefined): number {
    if (id == null || !state.endpoints.has(id)) throw new Refused(400, `endpoint ${id} not found`)
    return id
  }

  return [
    [`GET ${path}`, ({ query }) => page(ofKind(), query.cursor, PAGE, wire)],
    [
      `POST ${path}`,
      ({ body, scopes }) => {
        const { endpoint_id, enabled, ...settings } = body as NewSubscription
        const endpointId = requireEndpoint(endpoint_id)
        const companyWide = ofKind().filter((one) => one.settings.target_id == null)
        if (settings.target_id == null && companyWide.length >= COMPANY_WIDE_LIMIT)
          throw new Refused(409, `A company may have at most ${COMPANY_WIDE_LIMIT} company-wide ${kind} subscriptions`)
        const id = state.nextId()
        state.subscriptions.set(id, { id, kind, endpointId, enabled: enabled ?? true, settings, scopes })
        return answer(wire(find(id)))
      },
    ],
    [`GET ${path}/{id}`, ({ id }) => answer(wire(find(id)))],
    [
      `PATCH ${path}/{id}`,
      ({ id, body }) => {
        const subscription = find(id)
        const { endpoint_id, enabled, ...settings } = body as NewSubscription
        if (endpoint_id != null) subscription.endpointId = requireEndpoint(endpoint_id)
        if (enabled != null) subscription.enabled = enabled
        Object.assign(subscription.settings, settings)
        return answer(wire(subscription))
      },
    ],
    [
      `DELETE ${path}/{id}`,
      ({ id }) => {
        const subscription = find(id)
        state.subscriptions.delete(id)
        return answer(wire(subscription))
      },
    ],
  ]
}
