import type { AnyElysia } from 'elysia'

/** Which methods each path takes, learned from the routes once they are all there. */
export function createAllowedMethods() {
  let known: { pattern: RegExp; method: string }[] = []

  return {
    learn({ routes }: AnyElysia): void {
      known = routes
        .filter(({ path }) => !path.endsWith('*'))
        .map(({ method, path }) => ({ pattern: patternOf(path), method }))
    },
    /** The methods of a path, sorted; none where there is no such path. */
    of(path: string): string[] {
      const methods = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
      return [...new Set(methods)].sort()
    },
  }
}

export type AllowedMethods = ReturnType<typeof createAllowedMethods>

/** A trailing slash makes no difference, as in the router. */
const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/\/$/, '')
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)))
      .join('/')}/?$`,
  )
