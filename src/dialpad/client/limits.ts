import type { Bucket } from './rate-limiter'

const MINUTE_MS = 60_000
/** A little over Dialpad's second: requests sent evenly may arrive bunched. */
const COMPANY = { tokens: 20, windowMs: 1050 }
/** Tokens per minute where an endpoint's limit is below the company's; the others cannot be reached. */
const PER_MINUTE: Record<string, number> = {
  'GET /call/{id}': 10,
  'POST /call': 5,
  'POST /sms': 100,
  'POST /recordingsharelink': 100,
  'POST /webhooks': 100,
  'POST /websockets': 250,
}
/** `POST /call` is limited per user, the others per company. */
const PER_USER = new Set(['POST /call'])

export const companyBucket = (company: string): Bucket => ({ key: `${company} *`, ...COMPANY })

/** @param user whose limit it is, where Dialpad counts per user. */
export function bucketsOf(company: string, endpoint: string, user?: number): Bucket[] {
  const tokens = PER_MINUTE[endpoint]
  const all = companyBucket(company)
  if (tokens === undefined) return [all]
  const who = PER_USER.has(endpoint) ? `${company} ${user ?? ''}` : company
  return [all, { key: `${who} ${endpoint}`, tokens, windowMs: MINUTE_MS + 50 }]
}

/** What a 429 says is full: the user's calls alone where Dialpad counts per user, else everything of the company. */
export function bucketToPause(company: string, endpoint: string, user?: number): Bucket {
  const own = bucketsOf(company, endpoint, user)[1]
  return own !== undefined && user !== undefined && PER_USER.has(endpoint) ? own : companyBucket(company)
}
