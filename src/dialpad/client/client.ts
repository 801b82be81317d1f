import ky, { HTTPError, type KyInstance, type Options, TimeoutError } from 'ky'
import { backoffMs } from '../../lib/backoff'
import { parseJson, UnsafeInteger } from '../../lib/json'
import { isFields } from '../../payload/fields'
import { readWithin } from './body'
import { DialpadError, dialpadRefusal } from './dialpad-error'
import { bucketsOf, bucketToPause } from './limits'
import type { RateLimiter } from './rate-limiter'

const TIMEOUT_MS = 15_000
/** A page of a list has some hundred kilobytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
const MAX_RETRY_AFTER_MS = 60_000
const RETRIES = 3
const RETRIED = [408, 429, 500, 502, 503, 504]
/** Long enough for a burst, short enough for the person who clicked. */
const INTERACTIVE_WAIT_MS = 5000

/** Whom a request is made for: a bearer token, and the company whose limits it counts against. */
export interface Access {
  token: string
  company: string
}

export interface Credentials {
  /** @throws DomainError dialpad_not_connected when the app has neither key nor connection. */
  access(appId: string): Promise<Access>
  /** Dialpad answered 401. @returns fresh access, or null when nothing better can be had. */
  renew(appId: string, rejected: Access): Promise<Access | null>
}

export interface DialpadRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `{id}` stands for `id`: the template names the endpoint in limits, metrics and errors. */
  path: string
  id?: number
  query?: Record<string, string | number | undefined>
  body?: unknown
  /** Whose per-user limit it counts against. */
  user?: number
  /** A background job waits for its turn as long as it takes; a person is told to come back. */
  background?: boolean
}

export interface DialpadClientDeps {
  baseUrl: string
  credentials: Credentials
  limiter: RateLimiter
  /** Hears of every attempt: the endpoint, the status (`0` when there was none) and seconds. */
  observe?: (endpoint: string, status: number, seconds: number) => void
  timeoutMs?: number
  retryDelayMs?: (attempt: number) => number
}

export type DialpadClient = ReturnType<typeof createDialpadClient>

/** The one way to Dialpad's REST API: credentials, limits, timeouts and retries in one place. */
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
    throw new DialpadError(
      'dialpad_rate_limited',
      `Dialpad's limit for ${endpoint} is reached; try again in ${seconds} s.`,
      null,
      { 'retry-after': seconds },
    )
  }

  /** Only what cannot happen twice is repeated: reads and idempotent writes, and anything answered 429. */
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
            async ({ error }) => {
              observed(error instanceof HTTPError ? error.response.status : 0)
              await turn(access, endpoint, request)
              startedAt = performance.now()
            },
          ],
        },
      })
      observed(response.status)
      return await response.text()
    } catch (error) {
      if (error instanceof DialpadError) throw error
      if (error instanceof HTTPError) {
        const { status, headers } = error.response
        observed(status)
        const body = typeof error.data === 'string' ? error.data : JSON.stringify(error.data ?? null)
        throw dialpadRefusal(endpoint, status, body, headers.get('retry-after'))
      }
      observed(0)
      const what =
        error instanceof TimeoutError || (error as Error).name === 'TimeoutError'
          ? 'did not answer in time'
          : 'could not be reached, or the connection broke'
      throw new DialpadError('dialpad_unavailable', `Dialpad ${what} (${endpoint}).`, null)
    }
  }

  /** @returns Dialpad's answer, `{}` for an empty one. @throws DialpadError, or DomainError dialpad_not_connected. */
  async function send(appId: string, request: DialpadRequest): Promise<Record<string, unknown>> {
    const access = await credentials.access(appId)
    const endpoint = `${request.method} ${request.path}`
    let body: string
    try {
      body = await attempt(access, endpoint, request)
    } catch (error) {
      if (!(error instanceof DialpadError) || error.dialpadStatus !== 401) throw error
      const fresh = await credentials.renew(appId, access)
      if (!fresh) throw error
      body = await attempt(fresh, endpoint, request)
    }
    return readAnswer(endpoint, body)
  }

  return {
    send,
    /** Every item of a list, page by page, until Dialpad gives no cursor. */
    async *pages(appId: string, request: DialpadRequest): AsyncGenerator<Record<string, unknown>[]> {
      let cursor: string | undefined
      const seen = new Set<string>()
      do {
        const answer = await send(appId, { ...request, query: { ...request.query, cursor } })
        yield Array.isArray(answer.items) ? answer.items.filter(isFields) : []
        cursor = typeof answer.cursor === 'string' && answer.cursor !== '' ? answer.cursor : undefined
        if (cursor && seen.has(cursor)) throw junk(`GET ${request.path}`, 'a cursor that leads nowhere')
        if (cursor) seen.add(cursor)
      } while (cursor)
    },
  }
}

/** Reads the body within the attempt, so that a connection cut halfway is a failed attempt like any other. */
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
    throw junk(endpoint, error instanceof UnsafeInteger ? error.message : 'no JSON')
  }
  if (!isFields(answer)) throw junk(endpoint, 'no JSON object')
  return answer
}

const junk = (endpoint: string, what: string) =>
  new DialpadError('dialpad_unavailable', `Dialpad answered ${endpoint} with ${what}.`, null)

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 1)
  return Number.isFinite(seconds) ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, seconds * 1000)) : 1000
}
