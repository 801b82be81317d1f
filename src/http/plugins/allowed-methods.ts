import type { AnyElysia } from 'elysia'

/** The methods of each path, collected once all routes are registered. */
export function createAllowedMethods() {
  let known: { pattern: RegExp; method: string }[] = []

  return {
    learn({ routes }: AnyElysia): void {
      known = routes
        .filter(({ path }) => !path.endsWith('*'))
        .map(({ method, path }) => ({ pattern: patternOf(path), method }))
    },
    /** The sorted methods of a path; empty for an unknown path. */
    of(path: string): string[] {
      const methods = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
      return [...new Set(methods)].sort()
    },
  }
}

export type AllowedMethods = ReturnType<typeof createAllowedMethods>

/** Ignores a trailing slash, as the router does. */
const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/\/$/, '')
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)))
      .join('/')}/?$`,
  )
