import type { z } from 'zod'
import { Refused } from './answer'
import { Queries } from './shapes'
import type { State } from './state'

export interface Context {
  /** The number in the path, or NaN. */
  id: number
  query: Record<string, string | undefined>
  /** @throws Refused and notes a violation when the body does not have the published shape. */
  parse<T>(shape: z.ZodType<T>): T
  needScope(scope: string): void
}

/** `METHOD /path/:id` and what serves it. */
export type Route = [pattern: string, serve: (context: Context) => Response | Promise<Response>]

const INT64 = /^\d{1,19}$/

export function createRouter(state: State, routes: Route[]) {
  const table = routes.map(([pattern, serve]) => ({
    pattern,
    match: new RegExp(`^${pattern.replaceAll('/', '\\/').replace(':id', '([^/]+)')}$`),
    serve,
  }))

  return async function route(
    request: string,
    query: Record<string, string>,
    body: unknown,
    scopes: string[] | 'all',
  ): Promise<Response> {
    const found = table.find(({ match }) => match.test(request))
    if (!found) throw new Refused(404, `no such resource: ${request}`)
    const idText = found.match.exec(request)?.[1]
    if (idText !== undefined && !INT64.test(idText)) violate(state, request, `id ${idText} is no integer`)
    const allowed = Queries[found.pattern]
    const checked = allowed?.safeParse(query)
    if (checked && !checked.success) violate(state, request, checked.error.message)
    return found.serve({
      id: Number(idText),
      query,
      parse(shape) {
        const parsed = shape.safeParse(body)
        if (!parsed.success)
          violate(
            state,
            request,
            parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
          )
        return parsed.data!
      },
      needScope(scope) {
        if (scopes !== 'all' && !scopes.includes(scope)) throw new Refused(403, `The token lacks the scope ${scope}`)
      },
    })
  }
}

function violate(state: State, request: string, message: string): never {
  state.violations.push(`${request}: ${message}`)
  throw new Refused(400, message)
}
