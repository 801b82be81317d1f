import { answer, page, Refused } from './answer'
import type { Route } from './routing'
import { Shapes } from './shapes'
import type { Sockets } from './sockets'
import type { Endpoint, State, Subscription, SubscriptionKind } from './state'

const COMPANY_WIDE_LIMIT = 10
const PAGE = 20

/** `/webhooks`, `/websockets` and `/subscriptions`: where events go, and which. */
export function endpointRoutes(state: State, sockets: Sockets): Route[] {
  const signature = (secret: string | null) =>
    secret === null ? {} : { signature: { algo: 'HS256', type: 'jwt', secret } }
  const wire = (endpoint: Endpoint) =>
    endpoint.kind === 'webhook'
      ? { id: endpoint.id, hook_url: endpoint.hookUrl, ...signature(endpoint.secret) }
      : { id: endpoint.id, websocket_url: sockets.freshUrl(endpoint.id), ...signature(endpoint.secret) }
  const find = (kind: Endpoint['kind'], id: number): Endpoint => {
    const endpoint = state.endpoints.get(id)
    if (endpoint?.kind !== kind) throw new Refused(404, `${kind} ${id} not found`)
    return endpoint
  }
  const add = (endpoint: Omit<Endpoint, 'id'>) => {
    const id = state.nextId()
    state.endpoints.set(id, { ...endpoint, id })
    return state.endpoints.get(id)!
  }
  const remove = (endpoint: Endpoint) => {
    state.endpoints.delete(endpoint.id)
    for (const [id, { endpointId }] of state.subscriptions)
      if (endpointId === endpoint.id) state.subscriptions.delete(id)
    sockets.close(endpoint.id)
    return answer(wire(endpoint))
  }
  const list = (kind: Endpoint['kind'], cursor: string | undefined) =>
    page(
      [...state.endpoints.values()].filter((one) => one.kind === kind),
      cursor,
      PAGE,
      wire,
    )

  return [
    ['GET /api/v2/webhooks', ({ query }) => list('webhook', query.cursor)],
    [
      'POST /api/v2/webhooks',
      ({ parse }) => {
        const { hook_url, secret } = parse(Shapes.createWebhook)
        return answer(wire(add({ kind: 'webhook', hookUrl: hook_url, secret: secret ?? null })))
      },
    ],
    ['GET /api/v2/webhooks/:id', ({ id }) => answer(wire(find('webhook', id)))],
    ['DELETE /api/v2/webhooks/:id', ({ id }) => remove(find('webhook', id))],
    [
      'PATCH /api/v2/webhooks/:id',
      ({ id, parse }) => {
        const endpoint = find('webhook', id)
        const { hook_url, secret } = parse(Shapes.updateWebhook)
        if (hook_url) endpoint.hookUrl = hook_url
        if (secret) endpoint.secret = secret
        return answer(wire(endpoint))
      },
    ],
    ['GET /api/v2/websockets', ({ query }) => list('websocket', query.cursor)],
    [
      'POST /api/v2/websockets',
      ({ parse }) =>
        answer(wire(add({ kind: 'websocket', hookUrl: null, secret: parse(Shapes.createWebsocket).secret ?? null }))),
    ],
    ['GET /api/v2/websockets/:id', ({ id }) => answer(wire(find('websocket', id)))],
    ['DELETE /api/v2/websockets/:id', ({ id }) => remove(find('websocket', id))],
    ...(['call', 'sms', 'agent_status'] as const).flatMap((kind) => subscriptionRoutes(state, kind, wire)),
  ]
}

function subscriptionRoutes(
  state: State,
  kind: SubscriptionKind,
  endpointWire: (endpoint: Endpoint) => unknown,
): Route[] {
  const wire = ({ id, settings, enabled, endpointId }: Subscription) => {
    const endpoint = state.endpoints.get(endpointId)
    return { ...settings, id, enabled, ...(endpoint ? { [endpoint.kind]: endpointWire(endpoint) } : {}) }
  }
  const find = (id: number) => {
    const subscription = state.subscriptions.get(id)
    if (subscription?.kind !== kind) throw new Refused(404, `subscription ${id} not found`)
    return subscription
  }
  const ofKind = () => [...state.subscriptions.values()].filter((one) => one.kind === kind)
  return [
    [`GET /api/v2/subscriptions/${kind}`, ({ query }) => page(ofKind(), query.cursor, PAGE, wire)],
    [
      `POST /api/v2/subscriptions/${kind}`,
      ({ parse }) => {
        const { endpoint_id, enabled, ...settings } = parse(Shapes.subscription[kind])
        if (!state.endpoints.has(endpoint_id)) throw new Refused(400, `endpoint ${endpoint_id} not found`)
        const companyWide = ofKind().filter((one) => one.settings.target_id === undefined)
        if (companyWide.length >= COMPANY_WIDE_LIMIT)
          throw new Refused(409, `A company may have at most ${COMPANY_WIDE_LIMIT} company-wide ${kind} subscriptions`)
        const id = state.nextId()
        state.subscriptions.set(id, { id, kind, endpointId: endpoint_id, enabled: enabled ?? true, settings })
        return answer(wire(find(id)))
      },
    ],
    [`GET /api/v2/subscriptions/${kind}/:id`, ({ id }) => answer(wire(find(id)))],
    [
      `DELETE /api/v2/subscriptions/${kind}/:id`,
      ({ id }) => {
        const subscription = find(id)
        state.subscriptions.delete(id)
        return answer(wire(subscription))
      },
    ],
  ]
}
