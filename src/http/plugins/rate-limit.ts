import { Elysia } from 'elysia'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { LoginLimiter } from '../../auth/authenticator'
import { DomainError } from '../../lib/errors'
import { contextOf } from './request-context'

const MINUTE_SECONDS = 60
const LOGIN_WINDOW_SECONDS = 15 * 60

const tooMany = (detail: string, msBeforeNext: number) =>
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
      throw tooMany(`More than ${limit.points} requests in a minute from one address.`, refused.msBeforeNext)
    }
  })
}

/** @param failures allowed per 15 minutes and client address. */
export function createLoginLimiter(failures: number): LoginLimiter {
  const limiter = new RateLimiterMemory({ points: failures, duration: LOGIN_WINDOW_SECONDS })
  return {
    async assertAllowed(address) {
      const state = await limiter.get(address)
      if (state && state.consumedPoints >= failures)
        throw tooMany('Too many failed logins from this address.', state.msBeforeNext)
    },
    async failed(address) {
      await limiter.penalty(address, 1)
    },
  }
}
