import { type AnyElysia, Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'

const STRICT_PATHS = /^\/(api|internal)\//

/**
 * Elysia splits a query value at commas before zod sees it, so `name=Smith, John` would be two values.
 * This plugin keeps a value as one text. Only a repeated parameter becomes a list, which a schema of one value rejects.
 * Also rejects parameters of routes without a query schema.
 */
export function queryRules() {
  const withQuery = new Set<string>()

  const plugin = new Elysia({ name: 'query-rules' })
    .onTransform({ as: 'global' }, (context) => {
      const query: Record<string, string | string[]> = Object.create(null)
      const { url } = context.request
      const start = url.indexOf('?')
      if (start >= 0) {
        const values = new URLSearchParams(url.slice(start + 1))
        for (const [name, value] of values) query[name] = name in query ? values.getAll(name) : value
      }
      context.query = query as typeof context.query
    })
    .onBeforeHandle({ as: 'global' }, ({ request, query, path, route }) => {
      const names = Object.keys(query)
      if (names.length === 0 || !STRICT_PATHS.test(path) || withQuery.has(`${request.method} ${route}`)) return
      const errors = names.map((name) => ({ path: name, message: 'unknown parameter' }))
      throw new DomainError('validation_failed', `This route has no parameters. Remove ${names.join(', ')}.`, {
        errors,
      })
    })

  return {
    plugin,
    /** Call this once all routes are registered. */
    learn({ routes }: AnyElysia): void {
      for (const { method, path, hooks } of routes) if (hooks.query) withQuery.add(`${method} ${path}`)
    },
  }
}
