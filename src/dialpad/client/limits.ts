import type { Bucket } from './rate-limiter'

const MINUTE_MS = 60_000
/** Slightly more than Dialpad's second, because evenly sent requests may arrive in bunches. */
const COMPANY = { tokens: 20, windowMs: 1050 }
/** Requests per minute of endpoints with a lower limit than the company's. */
const PER_MINUTE: Record<string, number> = {
  'GET /call/{id}': 10,
  'POST /call': 5,
  'POST /sms': 100,
  'POST /recordingsharelink': 100,
  'POST /webhooks': 100,
  'POST /websockets': 250,
}
/** Endpoints limited per user instead of per company. */
const PER_USER = new Set(['POST /call'])

export const companyBucket = (company: string): Bucket => ({ key: `${company} *`, ...COMPANY })

/** @param user the user, for endpoints that Dialpad limits per user. */
export function bucketsOf(company: string, endpoint: string, user?: number): Bucket[] {
  const tokens = PER_MINUTE[endpoint]
  const all = companyBucket(company)
  if (tokens === undefined) return [all]
  const who = PER_USER.has(endpoint) ? `${company} ${user ?? ''}` : company
  return [all, { key: `${who} ${endpoint}`, tokens, windowMs: MINUTE_MS + 50 }]
}

/** The bucket that a 429 refers to: the user's for endpoints limited per user, else the company's. */
export function bucketToPause(company: string, endpoint: string, user?: number): Bucket {
  const own = bucketsOf(company, endpoint, user)[1]
  return own !== undefined && user !== undefined && PER_USER.has(endpoint) ? own : companyBucket(company)
}
