import { answer, int64, page, Refused } from './answer'
import type { Route } from './routing'
import type { Sockets } from './sockets'
import type { Endpoint, State } from './state'

const PAGE = 20

export type Endpoints = ReturnType<typeof createEndpoints>
type NewEndpoint = { hook_url?: string | null; secret?: string | null }

/** Webhooks and websockets as Dialpad holds them: where events go. */
export function createEndpoints(state: State, sockets: Sockets) {
  const signature = (secret: string | null) =>
    secret === null ? {} : { signature: { algo: 'HS256', type: 'jwt', secret } }

  return {
    wire: ({ id, kind, hookUrl, secret }: Endpoint) => ({
      id: int64(id),
      ...(kind === 'webhook' ? { hook_url: hookUrl } : { websocket_url: sockets.freshUrl(id) }),
      ...signature(secret),
    }),
    find(kind: Endpoint['kind'], id: number): Endpoint {
      const endpoint = state.endpoints.get(id)
      if (endpoint?.kind !== kind) throw new Refused(404, `${kind} ${id} not found`)
      return endpoint
    },
    ofKind: (kind: Endpoint['kind']) => [...state.endpoints.values()].filter((one) => one.kind === kind),
    add(kind: Endpoint['kind'], { hook_url, secret }: NewEndpoint): Endpoint {
      const endpoint = { id: state.nextId(), kind, hookUrl: hook_url ?? null, secret: secret ?? null }
      state.endpoints.set(endpoint.id, endpoint)
      return endpoint
    },
    update(endpoint: Endpoint, { hook_url, secret }: NewEndpoint): Endpoint {
      if (hook_url) endpoint.hookUrl = hook_url
      if (secret) endpoint.secret = secret
      return endpoint
    },
    /** With its subscriptions and open connections. */
    remove({ id }: Endpoint): void {
      state.endpoints.delete(id)
      for (const one of state.subscriptions.values()) if (one.endpointId === id) state.subscriptions.delete(one.id)
      sockets.close(id)
    },
  }
}

/** `/webhooks` and `/websockets`. */
export const endpointRoutes = (endpoints: Endpoints): Route[] =>
  (['webhook', 'websocket'] as const).flatMap((kind): Route[] => {
    const { find, wire } = endpoints
    const path = `/api/v2/${kind}s`
    return [
      [`GET ${path}`, ({ query }) => page(endpoints.ofKind(kind), query.cursor, PAGE, wire)],
      [`POST ${path}`, ({ body }) => answer(wire(endpoints.add(kind, body as NewEndpoint)))],
      [`GET ${path}/{id}`, ({ id }) => answer(wire(find(kind, id)))],
      [`PATCH ${path}/{id}`, ({ id, body }) => answer(wire(endpoints.update(find(kind, id), body as NewEndpoint)))],
      [
        `DELETE ${path}/{id}`,
        ({ id }) => {
          const endpoint = find(kind, id)
          endpoints.remove(endpoint)
          return answer(wire(endpoint))
        },
      ],
    ]
  })
