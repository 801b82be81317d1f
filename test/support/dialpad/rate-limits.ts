import { Refused } from './answer'

const MINUTE = 60_000
/** Requests per window, as the API description gives them; the first line is the company's limit over everything. */
const LIMITS: { on: RegExp; windowMs: number; limit: number }[] = [
  { on: /./, windowMs: 1000, limit: 20 },
  { on: /^GET \/api\/v2\/call\/\d+$/, windowMs: MINUTE, limit: 10 },
  { on: /^POST \/api\/v2\/call$/, windowMs: MINUTE, limit: 5 },
  { on: /^POST \/api\/v2\/sms$/, windowMs: MINUTE, limit: 100 },
  { on: /^POST \/api\/v2\/webhooks$/, windowMs: MINUTE, limit: 100 },
  { on: /^POST \/api\/v2\/websockets$/, windowMs: MINUTE, limit: 250 },
]

/** Counts in windows that slide; `who` is the user a call is placed for, whose limit is his own. */
export function createRateLimits(now: () => number) {
  const seen = new Map<string, number[]>()
  return {
    check(request: string, who: string): void {
      for (const { on, windowMs, limit } of LIMITS) {
        if (!on.test(request)) continue
        const key = `${on.source} ${on.test('POST /api/v2/call') && windowMs === MINUTE ? who : ''}`
        const recent = (seen.get(key) ?? []).filter((at) => at > now() - windowMs)
        if (recent.length >= limit) throw new Refused(429, 'Rate limit exceeded')
        seen.set(key, [...recent, now()])
      }
    },
  }
}
