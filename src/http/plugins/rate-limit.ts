import { Elysia } from 'elysia'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { DomainError } from '../../lib/errors'
import { contextOf } from './request-context'

const MINUTE_SECONDS = 60

/** The refusal of somebody who asked too often. */
export const tooManyRequests = (detail: string, msBeforeNext: number) =>
  new DomainError('rate_limited', detail, {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(msBeforeNext / 1000))) },
  })

/** Limits requests per client address under each path prefix, and says so in the RateLimit headers (IETF draft). */
export function rateLimit(limits: Record<`/${string}`, number>) {
  const limiters = Object.entries(limits).map(([prefix, points]) => ({
    prefix: `${prefix}/`,
    points,
    limiter: new RateLimiterMemory({ points, duration: MINUTE_SECONDS }),
  }))
  return new Elysia({ name: 'rate-limit' }).onRequest(async ({ request, set }) => {
    const { pathname } = new URL(request.url)
    const limit = limiters.find(({ prefix }) => pathname.startsWith(prefix))
    if (!limit) return
    const context = contextOf(request)
    const tell = (remaining: number, msBeforeNext: number) => {
      const headers = {
        'ratelimit-policy': `"default";q=${limit.points};w=${MINUTE_SECONDS}`,
        ratelimit: `"default";r=${remaining};t=${Math.ceil(msBeforeNext / 1000)}`,
      }
      Object.assign(set.headers, headers)
      Object.assign(context.headers, headers)
    }
    try {
      const { remainingPoints, msBeforeNext } = await limit.limiter.consume(context.address)
      tell(remainingPoints, msBeforeNext)
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      tell(0, refused.msBeforeNext)
      throw tooManyRequests(`More than ${limit.points} requests in a minute from one address.`, refused.msBeforeNext)
    }
  })
}
