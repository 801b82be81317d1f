import { getLogger } from '@logtape/logtape'
import ky, { HTTPError, type KyInstance, type Options, TimeoutError } from 'ky'
import { backoffMs } from '../../lib/backoff'
import { parseJson, UnsafeInteger } from '../../lib/json'
import { isFields } from '../../payload/fields'
import { readWithin } from './body'
import { DialpadApiError, dialpadRefusal } from './dialpad-api-error'
import { bucketsOf, bucketToPause } from './limits'
import type { RateLimiter } from './rate-limiter'

const log = getLogger(['cti', 'dialpad', 'client'])

const TIMEOUT_MS = 15_000
/** Maximum size of a response. A page of a list has a few hundred kilobytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
const MAX_RETRY_AFTER_MS = 60_000
const RETRIES = 3
const RETRIED = [408, 429, 500, 502, 503, 504]
/** Maximum wait for a rate limit: long enough for a burst, short enough for a waiting user. */
const INTERACTIVE_WAIT_MS = 5000

/** A bearer token, and the company whose rate limits apply. */
export interface Access {
  token: string
  company: string
}

export interface Credentials {
  /** @throws DomainError dialpad_not_connected if the app has neither a key nor a connection. */
  access(appId: string): Promise<Access>
  /** Called after a 401. @returns new credentials, or null if there are none. */
  renew(appId: string, rejected: Access): Promise<Access | null>
}

export interface DialpadRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path template with `{id}`. Identifies the endpoint in limits, metrics and errors. */
  path: string
  id?: number
  query?: Record<string, string | number | undefined>
  body?: unknown
  /** User whose rate limit applies. */
  user?: number
  /** A background job waits for the rate limit without a limit. Otherwise a long wait is an error. */
  background?: boolean
}

export interface DialpadClientDeps {
  baseUrl: string
  credentials: Credentials
  limiter: RateLimiter
  /** Called for every attempt with the endpoint, the status (`0` without a response) and the duration in seconds. */
  observe?: (endpoint: string, status: number, seconds: number) => void
  timeoutMs?: number
  retryDelayMs?: ((attempt: number) => number) | undefined
}

export type DialpadClient = ReturnType<typeof createDialpadClient>

/** The client for Dialpad's REST API: credentials, rate limits, timeouts and retries. */
export function createDialpadClient(deps: DialpadClientDeps) {
  const { credentials, limiter, observe = () => {} } = deps
  const api: KyInstance = ky.create({
    baseUrl: `${deps.baseUrl}/api/v2/`,
    timeout: deps.timeoutMs ?? TIMEOUT_MS,
    redirect: 'manual',
    fetch: fetchWhole,
  })

  async function turn(access: Access, endpoint: string, request: DialpadRequest): Promise<void> {
    const maxWaitMs = request.background ? Number.POSITIVE_INFINITY : INTERACTIVE_WAIT_MS
    const waitMs = await limiter.take(bucketsOf(access.company, endpoint, request.user), maxWaitMs)
    if (waitMs === 0) return
    const seconds = String(Math.ceil(waitMs / 1000))
    throw new DialpadApiError(
      'dialpad_rate_limited',
      `Dialpad rate limit reached for ${endpoint}. Try again in ${seconds} s.`,
      null,
      { headers: { 'retry-after': seconds } },
    )
  }

  /** Retries only reads and idempotent writes, and any request after a 429. */
  function retry(access: Access, endpoint: string, request: DialpadRequest): NonNullable<Options['retry']> {
    const { method, background, user } = request
    return {
      limit: RETRIES,
      methods: ['get', 'put', 'patch', 'delete', 'post'],
      statusCodes: method === 'POST' ? [429] : RETRIED,
      retryOnTimeout: method === 'GET',
      maxRetryAfter: MAX_RETRY_AFTER_MS,
      delay: deps.retryDelayMs ?? ((attempt) => backoffMs(attempt, 500, 20_000)),
      shouldRetry: ({ error }) => {
        if (error instanceof HTTPError) {
          const { status } = error.response
          if (status !== 429) return undefined
          const pauseMs = retryAfterMs(error.response)
          limiter.pause(bucketToPause(access.company, endpoint, user).key, pauseMs)
          log.debug('Dialpad limits {endpoint}: such requests wait for {pauseMs} ms', { endpoint, pauseMs })
          return background || pauseMs <= INTERACTIVE_WAIT_MS ? undefined : false
        }
        return method !== 'POST' && !(error instanceof TimeoutError) ? true : undefined
      },
    }
  }

  async function attempt(access: Access, endpoint: string, request: DialpadRequest): Promise<string> {
    await turn(access, endpoint, request)
    let startedAt = performance.now()
    const observed = (status: number) => observe(endpoint, status, (performance.now() - startedAt) / 1000)
    const searchParams = Object.fromEntries(
      Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined),
    )
    try {
      const response = await api(request.path.slice(1).replace('{id}', String(request.id)), {
        method: request.method,
        headers: { authorization: `Bearer ${access.token}`, accept: 'application/json' },
        searchParams,
        ...(request.body === undefined ? {} : { json: request.body }),
        retry: retry(access, endpoint, request),
        hooks: {
          beforeRetry: [
            async ({ error, retryCount }) => {
              const status = error instanceof HTTPError ? error.response.status : 0
              observed(status)
              // Not the error's text: it contains the address with ids and numbers.
              const reason = status === 0 ? error.name : status
              log.debug('retry {retry} of {retries} of {endpoint} after {reason}', {
                retry: retryCount,
                retries: RETRIES,
                endpoint,
                reason,
              })
              await turn(access, endpoint, request)
              startedAt = performance.now()
            },
          ],
        },
      })
      observed(response.status)
      return await response.text()
    } catch (error) {
      if (error instanceof DialpadApiError) throw error
      if (error instanceof HTTPError) {
        const { status, headers } = error.response
        observed(status)
        const body = typeof error.data === 'string' ? error.data : JSON.stringify(error.data ?? null)
        throw dialpadRefusal(endpoint, status, body, headers.get('retry-after'))
      }
      observed(0)
      const what =
        error instanceof TimeoutError || (error as Error).name === 'TimeoutError'
          ? 'did not respond in time'
          : 'is unreachable, or the connection failed'
      throw new DialpadApiError('dialpad_unavailable', `Dialpad ${what} (${endpoint}).`, null, { cause: error })
    }
  }

  /** @returns the body of the response, `{}` if empty. @throws DialpadApiError, or DomainError dialpad_not_connected. */
  async function send(appId: string, request: DialpadRequest): Promise<Record<string, unknown>> {
    const access = await credentials.access(appId)
    const endpoint = `${request.method} ${request.path}`
    let body: string
    try {
      body = await attempt(access, endpoint, request)
    } catch (error) {
      if (!(error instanceof DialpadApiError) || error.dialpadStatus !== 401) throw error
      const fresh = await credentials.renew(appId, access)
      if (!fresh) throw error
      body = await attempt(fresh, endpoint, request)
    }
    return readAnswer(endpoint, body)
  }

  return {
    send,
    /** Reads all items of a list, page by page. */
    async *pages(appId: string, request: DialpadRequest): AsyncGenerator<Record<string, unknown>[]> {
      let cursor: string | undefined
      const seen = new Set<string>()
      do {
        const answer = await send(appId, { ...request, query: { ...request.query, cursor } })
        yield Array.isArray(answer.items) ? answer.items.filter(isFields) : []
        cursor = typeof answer.cursor === 'string' && answer.cursor !== '' ? answer.cursor : undefined
        if (cursor && seen.has(cursor)) throw invalidAnswer(`GET ${request.path}`, 'a repeated cursor')
        if (cursor) seen.add(cursor)
      } while (cursor)
    },
  }
}

/** Reads the body as part of the attempt, so that a broken connection counts as a failed attempt. */
async function fetchWhole(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init)
  const body = await readWithin(response, MAX_ANSWER_BYTES)
  return new Response(body.byteLength === 0 ? null : body, response)
}

function readAnswer(endpoint: string, body: string): Record<string, unknown> {
  if (body.trim() === '' || body.trim() === 'null') return {}
  let answer: unknown
  try {
    answer = parseJson(body)
  } catch (error) {
    throw invalidAnswer(endpoint, error instanceof UnsafeInteger ? error.message : 'not JSON', error)
  }
  if (!isFields(answer)) throw invalidAnswer(endpoint, 'not a JSON object')
  return answer
}

const invalidAnswer = (endpoint: string, reason: string, cause?: unknown) =>
  new DialpadApiError('dialpad_unavailable', `Invalid response of Dialpad to ${endpoint}: ${reason}.`, null, { cause })

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 1)
  return Number.isFinite(seconds) ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, seconds * 1000)) : 1000
}
