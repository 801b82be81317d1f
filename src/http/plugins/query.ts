import { type AnyElysia, Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'

const WITHOUT_EXTRAS = /^\/(api|internal)\//

/**
 * Elysia splits a query value at its commas before a zod schema sees it, so `name=Smith, John` would be two values.
 * Here a value stays one text; only a repeated parameter is a list, which a schema of one value refuses. Parameters of a
 * route that takes none are refused too.
 */
export function queryRules() {
  const takingQuery = new Set<string>()

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
      if (names.length === 0 || !WITHOUT_EXTRAS.test(path) || takingQuery.has(`${request.method} ${route}`)) return
      const errors = names.map((name) => ({ path: name, message: 'is not known here' }))
      throw new DomainError('validation_failed', `This route takes no parameters; remove ${names.join(', ')}.`, {
        errors,
      })
    })

  return {
    plugin,
    /** Call it once every route is there. */
    learn({ routes }: AnyElysia): void {
      for (const { method, path, hooks } of routes) if (hooks.query) takingQuery.add(`${method} ${path}`)
    },
  }
}
