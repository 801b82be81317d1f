import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { createRateWindow } from '../../lib/rate-window'
import { contextOf, type RequestContext } from './request-context'

const MINUTE_SECONDS = 60

/** The error for too many requests. */
export const tooManyRequests = (detail: string, msBeforeNext: number) =>
  new DomainError('rate_limited', detail, {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(msBeforeNext / 1000))) },
  })

export type RateLimit = ReturnType<typeof createRateLimit>

/** Limits requests per client address and path prefix. Sets the RateLimit headers (IETF draft). */
export function createRateLimit(limits: Record<`/${string}`, number>) {
  const limiters = Object.entries(limits).map(([prefix, points]) => ({
    prefix: `${prefix}/`,
    points,
    policy: `"default";q=${points};w=${MINUTE_SECONDS}`,
    window: createRateWindow(points, MINUTE_SECONDS * 1000),
  }))
  /** Counts a request. @throws DomainError rate_limited (429). */
  function count({ path, address, headers }: RequestContext): void {
    const limit = limiters.find(({ prefix }) => path.startsWith(prefix))
    if (!limit) return
    const { allowed, remaining, msBeforeNext } = limit.window.take(address)
    headers['ratelimit-policy'] = limit.policy
    headers.ratelimit = `"default";r=${remaining};t=${Math.ceil(msBeforeNext / 1000)}`
    if (!allowed)
      throw tooManyRequests(`More than ${limit.points} requests per minute from this address.`, msBeforeNext)
  }

  return {
    count,
    plugin: () => new Elysia({ name: 'rate-limit' }).onRequest(({ request }) => count(contextOf(request))),
  }
}
