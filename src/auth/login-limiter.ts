import { RateLimiterMemory } from 'rate-limiter-flexible'

const WINDOW_SECONDS = 15 * 60

/** Counts failed logins per client address. */
export interface LoginLimiter {
  isLockedOut(address: string): Promise<boolean>
  /** Counts a failure. @returns the lockout of the address in ms; 0 if it is not locked out. */
  failed(address: string): Promise<number>
}

/** @param failures allowed failures per 15 minutes and client address. */
export function createLoginLimiter(failures: number): LoginLimiter {
  const limiter = new RateLimiterMemory({ points: failures, duration: WINDOW_SECONDS })
  return {
    isLockedOut: async (address) => ((await limiter.get(address))?.consumedPoints ?? 0) >= failures,
    async failed(address) {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(address, 1)
      return consumedPoints > failures ? msBeforeNext : 0
    },
  }
}
