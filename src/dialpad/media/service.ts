import type { CallRow } from '../../calls/store'
import { DomainError } from '../../lib/errors'
import type { VoicemailRow } from '../../voicemails/store'
import type { Access, Credentials } from '../client/client'
import { DialpadApiError } from '../client/dialpad-api-error'
import { companyBucket } from '../client/limits'
import type { RateLimiter } from '../client/rate-limiter'
import { type MediaKind, mayBeMedia, mediaTypeOf } from './audio'

const ANSWER_WITHIN_MS = 15_000
const MAX_REDIRECTS = 3
const INTERACTIVE_WAIT_MS = 5000
/** A single byte range. Others are ignored, as HTTP allows. */
const RANGE = /^bytes=(\d+-\d*|-\d+)$/
const PASSED_ON = ['content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified']

/** Paths of media at Dialpad. Requests to other paths with the token could have side effects. */
const MEDIA_PATH = /^\/(blob|recording|mms|r|v)\//
/** Recordings for administrators. Dialpad redirects API clients to the login page. */
const SIGNED_IN_ONLY = /^\/blob\/adminrecording\//
const REMEMBERED = 500

/** A recording, from events. */
export interface MediaSource {
  url: string | null
  /** Id to request a share link with. */
  share: { id: string; type: string } | null
}

export const recordingOf = (call: Pick<CallRow, 'recordingSourceUrl' | 'learned'>): MediaSource => ({
  url: call.recordingSourceUrl,
  share: call.learned?.recording ?? null,
})
export const messageOf = (voicemail: Pick<VoicemailRow, 'recordingSourceUrl' | 'learned'>): MediaSource => ({
  url: voicemail.recordingSourceUrl,
  share: voicemail.learned?.recordingId ? { id: voicemail.learned.recordingId, type: 'voicemail' } : null,
})

export interface Media {
  status: 200 | 206
  headers: Record<string, string>
  body: ReadableStream<Uint8Array>
}

export type MediaService = ReturnType<typeof createMediaService>

/**
 * Streams recordings and voicemails from Dialpad with the server's token. The URL is from an event, so the service only
 * requests hosts of Dialpad, also after redirects. Otherwise an event could send the token elsewhere.
 */
export function createMediaService(deps: {
  baseUrl: string
  /** @throws DialpadApiError. */
  shareLink(appId: string, recording: { id: string; type: string }): Promise<string>
  credentials: Credentials
  limiter: RateLimiter
  observe?: (endpoint: string, status: number, seconds: number) => void
}) {
  const { baseUrl, credentials, limiter, observe = () => {} } = deps
  const isDialpads = hostCheck(baseUrl)
  /** Cache of share links by app and recording, because a player requests many ranges. */
  const links = new Map<string, string>()
  /** Cache of media types by app and URL. */
  const types = new Map<string, string>()

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
        throw new DialpadApiError('dialpad_unavailable', 'Dialpad is unreachable. Try again later.', null)
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
        {
          'retry-after': seconds,
        },
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

  /**
   * Checks the first bytes in a separate request, so that the audio itself is streamed unchanged and with its length.
   * @returns the media type, or null if the response is not media.
   */
  async function typeAt(appId: string, address: string, kind: MediaKind, signal: AbortSignal): Promise<string | null> {
    const key = `${appId} ${kind} ${address}`
    const known = types.get(key)
    if (known) return known
    const response = await get(appId, address, 'bytes=0-63', signal)
    if (response.status === 416) return refuse(response).catch(() => null)
    if (response.status !== 200 && response.status !== 206) return refuse(response)
    const type = await inTime(mediaTypeOf(response, kind))
    if (type) remember(types, key, type)
    return type
  }

  /** @returns the media, or null if the response is not media. */
  async function fetchMedia(
    appId: string,
    address: string,
    kind: MediaKind,
    range: string | null,
    signal: AbortSignal,
  ): Promise<Media | null> {
    if (!URL.canParse(address, baseUrl)) return null
    const type = await typeAt(appId, address, kind, signal)
    if (!type) return null
    const response = await get(appId, address, range, signal)
    const { status, body } = response
    if ((status !== 200 && status !== 206) || !body) return refuse(response)
    if (!mayBeMedia(response, kind)) {
      await body.cancel()
      return null
    }
    const headers: Record<string, string> = {
      'content-type': type,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      ...(type.startsWith('text/') ? { 'content-disposition': 'attachment' } : {}),
    }
    for (const name of PASSED_ON) {
      const value = response.headers.get(name)
      // The Content-Length of a compressed body is not the length of its decoded form.
      if (value !== null && !(name === 'content-length' && response.headers.has('content-encoding')))
        headers[name] = value
    }
    return { status, headers, body }
  }

  async function linkOf(appId: string, share: { id: string; type: string }): Promise<string> {
    const key = `${appId} ${share.type} ${share.id}`
    const link = links.get(key) ?? (await deps.shareLink(appId, share))
    remember(links, key, link)
    return link
  }

  return {
    /**
     * Streams the first accessible recording: those an API token can fetch, then share links.
     * @param range the client's Range header. @param signal ends the transfer when the client leaves.
     * @throws DomainError recording_not_found or range_not_satisfiable; DialpadApiError.
     */
    async stream(
      appId: string,
      sources: MediaSource[],
      range: string | null,
      signal: AbortSignal,
      kind: MediaKind = 'audio',
    ): Promise<Media> {
      const wanted = range && RANGE.test(range) ? range : null
      const urls = new Set(sources.map(({ url }) => url).filter((url) => url !== null && !isSignedInOnly(url, baseUrl)))
      const shares = new Map(sources.flatMap(({ share }) => (share ? [[`${share.type} ${share.id}`, share]] : [])))
      const ways = [
        ...[...urls].map((url) => async () => url),
        ...[...shares.values()].map((share) => () => linkOf(appId, share)),
      ]
      const problems: DomainError[] = []
      for (const way of ways) {
        try {
          // biome-ignore lint/style/noNonNullAssertion: ways are made of addresses that are there
          const media = await fetchMedia(appId, (await way())!, kind, wanted, signal)
          if (media) return media
          problems.push(notFound(SIGN_IN))
        } catch (error) {
          if (!(error instanceof DomainError) || error.code === 'range_not_satisfiable') throw error
          problems.push(error)
        }
      }
      throw worstOf(problems, sources)
    },
  }
}

function remember(map: Map<string, string>, key: string, value: string): void {
  map.delete(key)
  map.set(key, value)
  // biome-ignore lint/style/noNonNullAssertion: the map is over its size, so it has a first key
  if (map.size > REMEMBERED) map.delete(map.keys().next().value!)
}

const SIGN_IN =
  'Only users signed in to Dialpad can open this recording. Open the call in Dialpad, or grant the scope recordings_export to the API key or connection.'

const notFound = (detail: string) => new DomainError('recording_not_found', detail)

function isSignedInOnly(address: string, baseUrl: string): boolean {
  return URL.canParse(address, baseUrl) && SIGNED_IN_ONLY.test(new URL(address, baseUrl).pathname)
}

/** Prefers temporary errors and missing permissions to "not found", because the client can fix or retry them. */
function worstOf(problems: DomainError[], sources: MediaSource[]): DomainError {
  const withCode = (code: string) => problems.find((problem) => problem.code === code)
  const found =
    withCode('dialpad_not_connected') ??
    withCode('dialpad_unavailable') ??
    withCode('dialpad_rate_limited') ??
    withCode('dialpad_unauthorized')
  if (found) return found
  const known = sources.some(({ url, share }) => url !== null || share !== null)
  if (!known) return notFound('The call has no recording, or Dialpad is still processing it.')
  return problems.find(({ code, detail }) => code === 'recording_not_found' && detail !== SIGN_IN) ?? notFound(SIGN_IN)
}

/** Fails if the body does not start in time. */
async function inTime<T>(work: Promise<T>): Promise<T> {
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
    throw new DialpadApiError('dialpad_unavailable', 'The connection to Dialpad failed. Try again.', null)
  } finally {
    clearTimeout(timer)
  }
}

async function refuse(response: Response): Promise<never> {
  const { status, headers } = response
  await response.body?.cancel()
  if (status === 416) {
    const range = headers.get('content-range')
    throw new DomainError(
      'range_not_satisfiable',
      'The requested range is outside of the recording.',
      range ? { headers: { 'content-range': range } } : {},
    )
  }
  if (status === 404 || status === 410)
    throw new DomainError('recording_not_found', 'Dialpad has deleted the recording.')
  if (status === 401 || status === 403)
    throw new DialpadApiError(
      'dialpad_unauthorized',
      'Dialpad denied access to the recording. Check the scope recordings_export.',
      status,
    )
  throw new DialpadApiError('dialpad_unavailable', `Dialpad responded with ${status}. Try again later.`, status)
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
