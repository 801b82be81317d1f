import type { AnyElysia } from 'elysia'

interface AddsRoutes {
  add(method: string, path: string, handler: unknown, hook?: { response?: unknown }, ...rest: unknown[]): unknown
  router: { history: { hooks: { response?: unknown } }[] }
}

/**
 * Schemas of responses are for documentation and not validated: validating a list takes as long as reading it, and one
 * invalid row would turn the whole list into an error. Elysia has no setting for this, so the schemas are moved to where
 * the OpenAPI document reads them.
 */
export function uncheckedAnswers<App extends AnyElysia>(app: App): App {
  const inner = app as unknown as AddsRoutes
  const add = inner.add.bind(inner)
  inner.add = (method, path, handler, hook, ...rest) => {
    const added = add(method, path, handler, hook && { ...hook, response: undefined }, ...rest)
    // biome-ignore lint/style/noNonNullAssertion: the route was added on the line above
    inner.router.history.at(-1)!.hooks.response = hook?.response
    return added
  }
  return app
}
