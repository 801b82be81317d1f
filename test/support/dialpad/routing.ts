import { Refused } from './answer'
import { answerProblems, requestProblems } from './description/check'
import { findOperation, type Operation, operations } from './description/document'
import type { RateLimits } from './rate-limits'
import { requireScope } from './scopes'
import type { Scopes, State } from './state'

interface Context {
  /** The number in the path, or NaN. */
  id: number
  query: Record<string, string | undefined>
  /** Checked against the description before the route is asked. */
  body: unknown
  /** What the caller's token may do. */
  scopes: Scopes
  authorization: string | null
}

/** An operation of the description, `METHOD /path/{id}`, and what serves it. */
export type Route = [operation: string, serve: (context: Context) => Response | Promise<Response>]

export interface ApiRequest {
  /** `METHOD /path`. */
  line: string
  query: Record<string, string>
  body: unknown
  authorization: string | null
}

/** Serves described operations only, checks what comes in and what goes out, and notes what breaks the description. */
export function createRouter(state: State, limits: RateLimits, routes: Route[]) {
  const table = new Map(routes)
  for (const name of table.keys())
    if (!operations.some((one) => one.name === name)) throw new Error(`${name} is not described`)

  function violate(status: number, line: string, problems: string[]): never {
    const message = problems.join('; ')
    state.violations.push(`${line}: ${message}`)
    throw new Refused(status, message)
  }

  return async function route({ line, query, body, authorization }: ApiRequest, scopes: Scopes): Promise<Response> {
    const found = findOperation(line)
    if (!found) return violate(404, line, ['no such operation in the description'])
    const { operation, path } = found
    const serve = table.get(operation.name)
    if (!serve) return violate(501, line, ['the stand-in does not serve this operation'])
    if (operation.perMinute !== null) limits.check(operation, (body as { user_id?: unknown } | undefined)?.user_id)
    for (const scope of operation.scopes) requireScope(state, scopes, scope)
    const problems = requestProblems(operation, { path, query, body })
    if (problems.length > 0) violate(400, line, problems)
    const response = await serve({ id: Number(Object.values(path)[0]), query, body, scopes, authorization })
    const wrong = await problemsOf(operation, response.clone())
    return wrong.length > 0 ? violate(500, line, wrong) : response
  }
}

async function problemsOf(operation: Operation, response: Response): Promise<string[]> {
  // `/oauth2/authorize` sends the browser back to the client, as OAuth has it; the description says 204.
  if (response.status === 302) return []
  const text = await response.text()
  return answerProblems(operation, response.status, text === '' ? undefined : JSON.parse(text))
}
