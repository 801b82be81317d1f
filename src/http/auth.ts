import { Elysia } from 'elysia'
import type { Authenticator } from '../apps/authenticator'
import type { AdminPrincipal, AppPrincipal, Scope } from '../apps/principal'
import { DomainError } from '../errors'
import { contextOf } from './request-context'

export type Auth = ReturnType<typeof createAuth>

/**
 * Guards of routes: `scope: 'calls:read'` gives the handler a typed `principal`, `admin: true` a typed `admin`.
 * Both say in OpenAPI which credentials the route takes.
 */
export const createAuth = (authenticator: Authenticator) =>
  new Elysia({ name: 'auth' }).macro({
    scope: (scope: Scope) => ({
      detail: { security: [{ appApiKey: [] }, { bearer: [] }] },
      async resolve({ request }): Promise<{ principal: AppPrincipal }> {
        const context = contextOf(request)
        const principal = await authenticator.app(credentialOf(request), context.address)
        context.appId = principal.appId
        if (!principal.scopes.includes(scope))
          throw new DomainError('scope_missing', `These credentials do not carry the scope ${scope}.`)
        return { principal }
      },
    }),
    admin: (_: true) => ({
      detail: { security: [{ adminSecret: [] }] },
      async resolve({ request }): Promise<{ admin: AdminPrincipal }> {
        return { admin: await authenticator.admin(bearerOf(request), contextOf(request).address) }
      },
    }),
  })

export const credentialOf = (request: Request): string | null =>
  request.headers.get('x-app-api-key') ?? bearerOf(request)

export function bearerOf(request: Request): string | null {
  const [scheme, value] = (request.headers.get('authorization') ?? '').split(/\s+/, 2)
  return scheme?.toLowerCase() === 'bearer' && value ? value : null
}
