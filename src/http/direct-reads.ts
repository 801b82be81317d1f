import type { BunRequest, Server } from 'bun'
import type { AnyElysia } from 'elysia'
import type { z } from 'zod'
import { modelsOf } from './models'
import type { Cors } from './plugins/cors'
import type { HttpsRule } from './plugins/https-only'
import { errorResponse, invalidInput } from './plugins/problem'
import { queryOf, refuseParameters } from './plugins/query'
import type { RateLimit } from './plugins/rate-limit'
import { compressedStream, represent } from './plugins/representation'
import type { RequestLog } from './plugins/request-log'
import { DATA_CACHE_CONTROL, SECURITY_HEADERS } from './plugins/security-headers'
import { requireStorable } from './plugins/storable-text'

interface Read {
  path: string
  hooks: { query?: z.ZodType; params?: z.ZodType; response?: { 200?: string } }
  guard: (request: Request) => Promise<object>
  handle: (context: object) => object | Promise<object>
  schema: z.ZodType | undefined
}
type DirectRoutes = Record<string, { GET: (request: BunRequest<string>, server: Server<unknown>) => Promise<Response> }>

/**
 * The reads of `/api`, which Bun's router calls without hooks: clients poll them, and the hooks take longer than most reads.
 * Each runs the rules of the hooks in their order, on the route as it is declared.
 */
export function createDirectReads(deps: {
  requests: RequestLog
  cors: Cors
  rateLimit: RateLimit
  /** Null outside of production. */
  httpsRule: HttpsRule | null
  /** The credentials check of a route, or null for a route with other hooks. */
  guardOf: (hooks: object) => ((request: Request) => Promise<object>) | null
  /** Whether answers are validated, as in tests. */
  isChecked: boolean
}) {
  const { requests, cors, rateLimit, httpsRule, guardOf, isChecked } = deps

  function read({ path, hooks, guard, handle, schema }: Read) {
    async function answer(request: BunRequest<string>, server: Server<unknown>, headers: Record<string, string>) {
      const context = requests.open(request, server, headers)
      cors.allow(request, context)
      const redirect = httpsRule?.redirectRead(request)
      if (redirect) return redirect
      rateLimit.count(context)
      const identity = await guard(request)
      const params = valid('params', hooks.params, request.params)
      const query = valid('query', hooks.query, queryOf(request))
      if (!hooks.query) refuseParameters(query)
      requireStorable(params, query)
      const answered = await handle({ request, server, params, query, ...identity })
      if (answered instanceof Response) return withHeaders(compressedStream(request, answered) ?? answered, headers)
      if (schema) schema.parse(answered)
      const body = represent(request, answered, headers, true)
      return new Response(body, { status: body === null ? 304 : 200, headers })
    }

    return async (request: BunRequest<string>, server: Server<unknown>): Promise<Response> => {
      const headers = { ...SECURITY_HEADERS, 'cache-control': DATA_CACHE_CONTROL }
      let response: Response
      try {
        response = await answer(request, server, headers)
      } catch (error) {
        response = errorResponse(request, error)
      }
      requests.write(request, path, response.status)
      return response
    }
  }

  /** @param app with all its routes. */
  return (app: AnyElysia): DirectRoutes => {
    const models = modelsOf(app)
    const routes: DirectRoutes = {}
    for (const { method, path, handler, hooks } of app.routes) {
      const guard = method === 'GET' && path.startsWith('/api/') ? guardOf(hooks) : null
      if (!guard) continue
      const schema = isChecked ? models[(hooks as Read['hooks']).response?.[200] ?? ''] : undefined
      routes[path] = { GET: read({ path, hooks, guard, handle: handler as Read['handle'], schema }) }
    }
    return routes
  }
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}

/** @throws DomainError validation_failed. */
function valid(type: 'params' | 'query', schema: z.ZodType | undefined, value: object): object {
  if (!schema) return value
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw invalidInput(type, parsed.error.issues)
  return parsed.data as object
}
