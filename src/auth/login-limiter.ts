import { RateLimiterMemory } from 'rate-limiter-flexible'
import { tooManyRequests } from '../http/plugins/rate-limit'

const WINDOW_SECONDS = 15 * 60

/** Limits failed logins per client address. */
export interface LoginLimiter {
  /** @throws DomainError rate_limited (429) for an address that failed too often. */
  assertAllowed(address: string): Promise<void>
  failed(address: string): Promise<void>
}

/** @param failures allowed per 15 minutes and client address. */
export function createLoginLimiter(failures: number): LoginLimiter {
  const limiter = new RateLimiterMemory({ points: failures, duration: WINDOW_SECONDS })
  return {
    async assertAllowed(address) {
      const state = await limiter.get(address)
      if (state && state.consumedPoints >= failures)
        throw tooManyRequests('Too many failed logins from this address.', state.msBeforeNext)
    },
    async failed(address) {
      await limiter.penalty(address, 1)
    },
  }
}
