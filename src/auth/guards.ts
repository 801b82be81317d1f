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
export function createAuth(
  authenticator: Authenticator,
  /** Who is logged in to the console, if this request is the console's. */
  sessionOf: (request: Request) => Promise<AdminPrincipal | null>,
) {
  async function principalOf(
    request: Request,
    credential: string | null,
    scope: Scope,
  ): Promise<{ principal: AppPrincipal }> {
    const context = contextOf(request)
    const principal = await authenticator.app(credential, context.address)
    context.appId = principal.appId
    if (!principal.scopes.includes(scope))
      throw new DomainError('scope_missing', `These credentials do not carry the scope ${scope}.`)
    return { principal }
  }

  return new Elysia({ name: 'auth' }).macro({
    scope: (scope: Scope) => ({
      detail: securedBy(scope),
      ...firstOfAll((request) => principalOf(request, credentialOf(request), scope)),
    }),
    /** As `scope`, for clients that can set no header: the credentials may be in the address. */
    scopeByQuery: (scope: Scope) => ({
      detail: securedBy(scope),
      ...firstOfAll((request) => principalOf(request, credentialOf(request) ?? queryCredentialOf(request), scope)),
    }),
    admin: (_: true) => ({
      detail: { security: [{ adminSecret: [] }] },
      ...firstOfAll(
        async (request): Promise<{ admin: AdminPrincipal }> => ({
          admin:
            (await sessionOf(request)) ?? (await authenticator.admin(bearerOf(request), contextOf(request).address)),
        }),
      ),
    }),
  })
}

/** OpenAPI 3.1 lets a requirement name the roles, here scopes, that it needs. */
const securedBy = (scope: Scope) => ({ security: [{ appApiKey: [scope] }, { bearer: [scope] }] })

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

function queryCredentialOf(request: Request): string | null {
  const { searchParams } = new URL(request.url)
  return searchParams.get('api_key') ?? searchParams.get('token')
}

function bearerOf(request: Request): string | null {
  const [scheme, value] = (request.headers.get('authorization') ?? '').split(/\s+/, 2)
  return scheme?.toLowerCase() === 'bearer' && value ? value : null
}
