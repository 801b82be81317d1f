import { Elysia } from 'elysia'
import { contextOf } from '../http/plugins/request-context'
import { DomainError } from '../lib/errors'
import type { Authenticator } from './authenticator'
import type { AdminPrincipal, AppPrincipal, Scope } from './principal'

export type Auth = ReturnType<typeof createAuth>

/**
 * Guards of routes: `scope: 'calls:read'` gives the handler a typed `principal`, `admin: true` a typed `admin`.
 * Both say in OpenAPI which credentials the route takes.
 */
export const createAuth = (
  authenticator: Authenticator,
  /** Who is logged in to the console, if this request is the console's. */
  sessionOf: (request: Request) => AdminPrincipal | null,
) =>
  new Elysia({ name: 'auth' }).macro({
    scope: (scope: Scope) => ({
      detail: { security: [{ appApiKey: [] }, { bearer: [] }] },
      ...firstOfAll(async (request): Promise<{ principal: AppPrincipal }> => {
        const context = contextOf(request)
        const principal = await authenticator.app(credentialOf(request), context.address)
        context.appId = principal.appId
        if (!principal.scopes.includes(scope))
          throw new DomainError('scope_missing', `These credentials do not carry the scope ${scope}.`)
        return { principal }
      }),
    }),
    admin: (_: true) => ({
      detail: { security: [{ adminSecret: [] }] },
      ...firstOfAll(
        async (request): Promise<{ admin: AdminPrincipal }> => ({
          admin: sessionOf(request) ?? (await authenticator.admin(bearerOf(request), contextOf(request).address)),
        }),
      ),
    }),
  })

/** Once per request, before its body is checked: a stranger is told of the credentials alone. */
function firstOfAll<Who>(identify: (request: Request) => Promise<Who>) {
  const known = new WeakMap<Request, Promise<Who>>()
  const once = (request: Request) => {
    const who = known.get(request) ?? identify(request)
    known.set(request, who)
    return who
  }
  const before = async ({ request }: { request: Request }) => void (await once(request))
  return { transform: before, resolve: ({ request }: { request: Request }) => once(request) }
}

export const credentialOf = (request: Request): string | null =>
  request.headers.get('x-app-api-key') ?? bearerOf(request)

export function bearerOf(request: Request): string | null {
  const [scheme, value] = (request.headers.get('authorization') ?? '').split(/\s+/, 2)
  return scheme?.toLowerCase() === 'bearer' && value ? value : null
}
