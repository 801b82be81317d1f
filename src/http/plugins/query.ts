import { type AnyElysia, Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'

const STRICT_PATHS = /^\/(api|internal)\//

type Query = Record<string, string | string[]>

/** The parameters of the URL. A repeated parameter becomes a list, which the schema of a single value rejects. */
export function queryOf({ url }: Request): Query {
  const query: Query = Object.create(null)
  const start = url.indexOf('?')
  if (start < 0) return query
  const values = new URLSearchParams(url.slice(start + 1))
  for (const [name, value] of values) query[name] = name in query ? values.getAll(name) : value
  return query
}

/** @throws DomainError validation_failed for any parameter of a route without a query schema. */
export function refuseParameters(query: object): void {
  const names = Object.keys(query)
  if (names.length === 0) return
  const errors = names.map((name) => ({ path: name, message: 'unknown parameter' }))
  throw new DomainError('validation_failed', `This route has no parameters. Remove ${names.join(', ')}.`, { errors })
}

/**
 * Elysia splits a query value at commas before zod sees it, so `name=Smith, John` would be two values.
 * This plugin keeps a value as one text. Also rejects parameters of routes without a query schema.
 */
export function queryRules() {
  const withQuery = new Set<string>()

  const plugin = new Elysia({ name: 'query-rules' })
    .onTransform({ as: 'global' }, (context) => {
      context.query = queryOf(context.request) as typeof context.query
    })
    .onBeforeHandle({ as: 'global' }, ({ request, query, path, route }) => {
      if (STRICT_PATHS.test(path) && !withQuery.has(`${request.method} ${route}`)) refuseParameters(query)
    })

  return {
    plugin,
    /** Call this once all routes are registered. */
    learn({ routes }: AnyElysia): void {
      for (const { method, path, hooks } of routes) if (hooks.query) withQuery.add(`${method} ${path}`)
    },
  }
}
