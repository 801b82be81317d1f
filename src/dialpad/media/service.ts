import { DomainError } from '../../lib/errors'
import type { Access, Credentials } from '../client/client'
import { DialpadError } from '../client/dialpad-error'
import { companyBucket } from '../client/limits'
import type { RateLimiter } from '../client/rate-limiter'

const ANSWER_WITHIN_MS = 15_000
const MAX_REDIRECTS = 3
const INTERACTIVE_WAIT_MS = 5000
/** A single byte range; anything else is ignored, as HTTP allows. */
const RANGE = /^bytes=(\d+-\d*|-\d+)$/
const PASSED_ON = ['content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified']

export interface Media {
  status: 200 | 206
  headers: Record<string, string>
  body: ReadableStream<Uint8Array>
}

export type MediaService = ReturnType<typeof createMediaService>

/**
 * Streams recordings and voicemails from Dialpad with the server's token. The address comes out of an event, so it is
 * fetched from Dialpad's own hosts alone, over every redirect: nobody can make this server fetch, or tell its token, elsewhere.
 */
export function createMediaService(deps: {
  baseUrl: string
  credentials: Credentials
  limiter: RateLimiter
  observe?: (endpoint: string, status: number, seconds: number) => void
}) {
  const { baseUrl, credentials, limiter, observe = () => {} } = deps
  const isDialpads = hostCheck(baseUrl)

  /** Follows redirects among Dialpad's hosts. The connection ends with `signal`, or when the answer does not begin in time. */
  async function open(address: string, access: Access, range: string | null, signal: AbortSignal): Promise<Response> {
    let url = new URL(address, baseUrl)
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      if (!isDialpads(url))
        throw new DomainError('recording_not_found', 'The recording is not at an address of Dialpad.')
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
        throw new DialpadError(
          'dialpad_unavailable',
          'Dialpad could not be reached for the recording; try again.',
          null,
        )
      } finally {
        clearTimeout(timer)
      }
    }
    throw new DialpadError('dialpad_unavailable', 'Dialpad redirects the recording without end.', null)
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
      throw new DialpadError('dialpad_rate_limited', `Dialpad's limit is reached; try again in ${seconds} s.`, null, {
        'retry-after': seconds,
      })
    const startedAt = performance.now()
    const response = await open(address, access, range, signal)
    observe('GET recording', response.status, (performance.now() - startedAt) / 1000)
    return response
  }

  return {
    /**
     * @param range the client's Range header. @param signal ends the transfer when the client leaves.
     * @throws DomainError recording_not_found or range_not_satisfiable; DialpadError.
     */
    async stream(appId: string, address: string | null, range: string | null, signal: AbortSignal): Promise<Media> {
      if (!address || !URL.canParse(address, baseUrl))
        throw new DomainError('recording_not_found', 'There is no recording, or Dialpad has not finished it yet.')
      const wanted = range && RANGE.test(range) ? range : null
      const access = await credentials.access(appId)
      let response = await attempt(address, access, wanted, signal)
      if (response.status === 401) {
        await response.body?.cancel()
        const fresh = await credentials.renew(appId, access)
        if (fresh) response = await attempt(address, fresh, wanted, signal)
      }
      if ((response.status !== 200 && response.status !== 206) || !response.body) return refuse(response)
      const headers: Record<string, string> = {
        'content-type': audioType(response.headers.get('content-type')),
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
      }
      for (const name of PASSED_ON) {
        const value = response.headers.get(name)
        // A decoded body is longer than the length Dialpad gave for its coded form.
        if (value !== null && !(name === 'content-length' && response.headers.has('content-encoding')))
          headers[name] = value
      }
      return { status: response.status, headers, body: response.body }
    },
  }
}

async function refuse(response: Response): Promise<never> {
  const { status, headers } = response
  await response.body?.cancel()
  if (status === 416) {
    const range = headers.get('content-range')
    throw new DomainError(
      'range_not_satisfiable',
      'The recording has no such range.',
      range ? { headers: { 'content-range': range } } : {},
    )
  }
  if (status === 404 || status === 410)
    throw new DomainError('recording_not_found', 'Dialpad has the recording no more.')
  if (status === 401 || status === 403)
    throw new DialpadError(
      'dialpad_unauthorized',
      'Dialpad does not give out the recording; check the scope recordings_export.',
      status,
    )
  throw new DialpadError(
    'dialpad_unavailable',
    `Dialpad answered ${status} for the recording; try again later.`,
    status,
  )
}

/** What is no audio (an error page, say) must not run in anybody's browser. */
const audioType = (type: string | null): string =>
  type && /^(audio|video)\/[\w.+-]+/.test(type) ? type : 'application/octet-stream'

/** Dialpad's own hosts: the base address itself and, where that is Dialpad's, every host of its domain over HTTPS. */
export function hostCheck(baseUrl: string): (url: URL) => boolean {
  const base = new URL(baseUrl)
  const ofDialpad = ({ hostname }: URL) => hostname === 'dialpad.com' || hostname.endsWith('.dialpad.com')
  return (url) => {
    if (url.username !== '' || url.password !== '') return false
    if (url.origin === base.origin) return true
    return ofDialpad(base) && ofDialpad(url) && url.protocol === 'https:' && url.port === ''
  }
}
