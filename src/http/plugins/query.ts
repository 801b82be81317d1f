import { Elysia } from 'elysia'

/**
 * Elysia splits a query value at its commas before a zod schema sees it, so `name=Smith, John` would be two values.
 * Here a value stays one text; only a repeated parameter is a list, which a schema of one value refuses.
 */
export const wholeQueryValues = () =>
  new Elysia({ name: 'whole-query-values' }).onTransform({ as: 'global' }, (context) => {
    const query: Record<string, string | string[]> = Object.create(null)
    const { searchParams } = new URL(context.request.url)
    for (const name of new Set(searchParams.keys())) {
      const values = searchParams.getAll(name)
      query[name] = values.length === 1 ? values[0]! : values
    }
    context.query = query as typeof context.query
  })
