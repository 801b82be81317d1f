import { Refused } from './answer'
import type { Operation } from './description/document'

const MINUTE_MS = 60_000
/** Over all operations of a company; the description's limits are per operation. */
const COMPANY = { limit: 20, windowMs: 1000 }
/** Counted for each user apart, the others for the company. */
const PER_USER = 'POST /api/v2/call'

export type RateLimits = ReturnType<typeof createRateLimits>

/** Counts requests in windows that slide, by the limits that the description gives. @param now monotonic milliseconds. */
export function createRateLimits(now: () => number, settings: { enabled: boolean }) {
  const served = new Map<string, number[]>()
  const exhaustedUsers = new Set<number>()

  function count(key: string, limit: number, windowMs: number): void {
    const recent = (served.get(key) ?? []).filter((at) => at > now() - windowMs)
    if (recent.length >= limit) throw new Refused(429, 'Rate limit exceeded')
    served.set(key, [...recent, now()])
  }

  return {
    /** @param user the one a call is placed for. @throws Refused 429. */
    check({ name, perMinute }: Operation, user: unknown): void {
      if (name === PER_USER && exhaustedUsers.has(Number(user))) throw new Refused(429, 'Rate limit exceeded')
      if (!settings.enabled) return
      count('company', COMPANY.limit, COMPANY.windowMs)
      if (perMinute !== null) count(name === PER_USER ? `${name} ${user}` : name, perMinute, MINUTE_MS)
    },
    /** From now on this user's calls alone are answered 429, until `restoreUser`. */
    exhaustUser: (userId: number) => void exhaustedUsers.add(userId),
    restoreUser: (userId: number) => void exhaustedUsers.delete(userId),
  }
}
