import { DomainError } from '../../lib/errors'
import type { Credentials } from '../client/client'
import type { RateLimiter } from '../client/rate-limiter'
import { type MediaKind, mayBeMedia, mediaTypeOf } from './audio'
import { notFound, refuse, SIGN_IN, worstOf } from './problems'
import { createMediaRequests, inTime } from './requests'
import { isSignedInOnly, type MediaSource } from './sources'

/** A single byte range. Others are ignored, as HTTP allows. */
const RANGE = /^bytes=(\d+-\d*|-\d+)$/
const PASSED_ON = ['content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified']
const REMEMBERED = 500

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
  const { baseUrl } = deps
  const { get } = createMediaRequests(deps)
  /** Cache of share links by app and recording, because a player requests many ranges. */
  const links = new Map<string, string>()
  /** Cache of media types by app and URL. */
  const types = new Map<string, string>()

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
      const urls = new Set(sources.flatMap(({ url }) => (url === null || isSignedInOnly(url, baseUrl) ? [] : url)))
      const shares = new Map(sources.flatMap(({ share }) => (share ? [[`${share.type} ${share.id}`, share]] : [])))
      const ways = [
        ...[...urls].map((url) => async () => url),
        ...[...shares.values()].map((share) => () => linkOf(appId, share)),
      ]
      const problems: DomainError[] = []
      for (const way of ways) {
        try {
          const media = await fetchMedia(appId, await way(), kind, wanted, signal)
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
