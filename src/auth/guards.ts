import { Elysia } from 'elysia'
import { contextOf, urlOf } from '../http/plugins/request-context'
import { DomainError } from '../lib/errors'
import type { Authenticator } from './authenticator'
import type { AdminPrincipal, AppPrincipal, Scope } from './principal'

export type Guards = ReturnType<typeof createGuards>

/**
 * Route guards: `scope: 'calls:read'` gives the handler a typed `principal`, `admin: true` a typed `admin`.
 * Both document the route's credentials in OpenAPI.
 */
export function createGuards(
  authenticator: Authenticator,
  /** The administrator logged in to the console, for requests from the console. */
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
      throw new DomainError('scope_missing', `These credentials do not have the scope ${scope}.`)
    return { principal }
  }

  return new Elysia({ name: 'auth' }).macro({
    scope: (scope: Scope) => {
      const identify = (request: Request) => principalOf(request, credentialOf(request), scope)
      const hooks = firstOfAll(identify)
      appGuards.set(hooks.resolve, identify)
      return { detail: securedBy(scope), ...hooks }
    },
    /** Like `scope`, but also accepts credentials in the URL, for clients that cannot set headers. */
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

type Identify<Who> = (request: Request) => Promise<Who>
const appGuards = new WeakMap<object, Identify<{ principal: AppPrincipal }>>()

/**
 * The `scope` guard of a route, for a router that calls no hooks. Null for routes with other guards.
 * @param hooks the hooks of the route, as Elysia lists them.
 */
export const scopeGuardOf = (hooks: {
  beforeHandle?: { fn: object }[]
}): Identify<{ principal: AppPrincipal }> | null =>
  hooks.beforeHandle?.map(({ fn }) => appGuards.get(fn)).find((guard) => guard !== undefined) ?? null

/** In OpenAPI 3.1 a security requirement may list roles, which are our scopes. */
const securedBy = (scope: Scope) => ({ security: [{ appApiKey: [scope] }, { bearer: [scope] }] })

/** Runs once per request, before the validation of the body, so that unauthenticated clients only see 401. */
function firstOfAll<Who>(identify: Identify<Who>) {
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
  const { searchParams } = urlOf(request)
  return searchParams.get('api_key') ?? searchParams.get('token')
}

function bearerOf(request: Request): string | null {
  const [scheme, value] = (request.headers.get('authorization') ?? '').split(/\s+/, 2)
  return scheme?.toLowerCase() === 'bearer' && value ? value : null
}
