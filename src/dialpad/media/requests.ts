import { DomainError } from '../../lib/errors'
import type { Access, Credentials } from '../client/client'
import { DialpadApiError } from '../client/dialpad-api-error'
import { companyBucket } from '../client/limits'
import type { RateLimiter } from '../client/rate-limiter'
import { notFound, SIGN_IN } from './problems'

const ANSWER_WITHIN_MS = 15_000
const MAX_REDIRECTS = 3
const INTERACTIVE_WAIT_MS = 5000

/** Paths of media at Dialpad. Requests to other paths with the token could have side effects. */
const MEDIA_PATH = /^\/(blob|recording|mms|r|v)\//

/** Requests to Dialpad's media addresses with the app's token, within Dialpad's rate limit. */
export function createMediaRequests(deps: {
  baseUrl: string
  credentials: Credentials
  limiter: RateLimiter
  observe?: (endpoint: string, status: number, seconds: number) => void
}) {
  const { baseUrl, credentials, limiter, observe = () => {} } = deps
  const isDialpads = hostCheck(baseUrl)

  /** Follows redirects between hosts of Dialpad. Aborts with `signal`, or if the response does not start in time. */
  async function open(address: string, access: Access, range: string | null, signal: AbortSignal): Promise<Response> {
    let url = new URL(address, baseUrl)
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      if (!isDialpads(url)) throw notFound('The URL of the recording is not a Dialpad URL.')
      if (!MEDIA_PATH.test(url.pathname)) throw notFound(hop === 0 ? 'The URL is not a URL of a recording.' : SIGN_IN)
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), ANSWER_WITHIN_MS)
      try {
        const headers = {
          authorization: `Bearer ${access.token}`,
          'accept-encoding': 'identity',
          ...(range ? { range } : {}),
        }
        const response = await fetch(url, {
          headers,
          redirect: 'manual',
          signal: AbortSignal.any([signal, late.signal]),
        })
        const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
        if (location === null) return response
        await response.body?.cancel()
        url = new URL(location, url)
      } catch (error) {
        if (signal.aborted) throw error
        throw new DialpadApiError('dialpad_unavailable', 'Dialpad is unreachable. Try again later.', null, {
          cause: error,
        })
      } finally {
        clearTimeout(timer)
      }
    }
    throw new DialpadApiError('dialpad_unavailable', 'Dialpad redirected too many times.', null)
  }

  async function attempt(
    address: string,
    access: Access,
    range: string | null,
    signal: AbortSignal,
  ): Promise<Response> {
    const waitMs = await limiter.take([companyBucket(access.company)], INTERACTIVE_WAIT_MS)
    const seconds = String(Math.ceil(waitMs / 1000))
    if (waitMs > 0)
      throw new DialpadApiError(
        'dialpad_rate_limited',
        `Dialpad rate limit reached. Try again in ${seconds} s.`,
        null,
        { headers: { 'retry-after': seconds } },
      )
    const startedAt = performance.now()
    const response = await open(address, access, range, signal)
    observe('GET recording', response.status, (performance.now() - startedAt) / 1000)
    return response
  }

  async function get(appId: string, address: string, range: string | null, signal: AbortSignal): Promise<Response> {
    const access = await credentials.access(appId)
    const response = await attempt(address, access, range, signal)
    if (response.status !== 401) return response
    const fresh = await credentials.renew(appId, access)
    if (!fresh) return response
    await response.body?.cancel()
    return attempt(address, fresh, range, signal)
  }

  return { get }
}

/** Fails if the body does not start in time. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DialpadApiError('dialpad_unavailable', 'Dialpad did not send the recording in time.', null)),
      ANSWER_WITHIN_MS,
    )
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    if (error instanceof DomainError) throw error
    throw new DialpadApiError('dialpad_unavailable', 'The connection to Dialpad failed. Try again.', null, {
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** Hosts of Dialpad: the host of the base URL and, if that is dialpad.com, all its subdomains over HTTPS. */
export function hostCheck(baseUrl: string): (url: URL) => boolean {
  const base = new URL(baseUrl)
  const ofDialpad = ({ hostname }: URL) => hostname === 'dialpad.com' || hostname.endsWith('.dialpad.com')
  return (url) => {
    if (url.username !== '' || url.password !== '') return false
    if (url.origin === base.origin) return true
    return ofDialpad(base) && ofDialpad(url) && url.protocol === 'https:' && url.port === ''
  }
}
