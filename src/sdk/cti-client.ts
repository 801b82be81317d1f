import { CallTracker } from './call-tracker'
import { CtiError, errorOf } from './cti-error'
import { EventStreamSocket } from './event-stream-socket'
import { LiveEntries, type LiveOptions, type WebSocketLike } from './live-entries'
import { randomId } from './random-id'
import type {
  Call,
  Customer,
  Entry,
  Message,
  Pagination,
  PlaceCall,
  TimelineState,
  TransferCall,
  Voicemail,
} from './records'

export interface CtiClientOptions {
  /** URL of the CTI server; default the origin of the page. */
  baseUrl?: string | undefined
  /**
   * A short-lived client token (`POST /api/tokens`), or a function that fetches one from your backend; it is called again
   * when a token is refused. A server may give its API key. Never give a browser the API key.
   */
  token: string | (() => string | Promise<string>)
  appId?: string | undefined
  /** CRM user of the token. Calls placed by this client belong to the user. */
  userId?: string | undefined
  fetch?: typeof fetch | undefined
  /** Default: the WebSocket of the runtime. Without one (Node.js 20), the client uses server-sent events. */
  WebSocket?: WebSocketLike | undefined
}

export interface CallFilters {
  status?: string
  direction?: 'inbound' | 'outbound'
  /** The external number, in either direction. */
  number?: string
  from?: string
  to?: string
  user_id?: string
  dialpad_user_id?: number
  customer_id?: string
  job_id?: string
  conversation_id?: string
  started_after?: string
  started_before?: string
  /** Only calls that changed after this time, such as to keep a copy of the history. */
  updated_after?: string
  /** Searches for part of a name or number. */
  q?: string
  sort?: 'started_at' | '-started_at' | 'duration_seconds' | '-duration_seconds'
  limit?: number
  cursor?: string
  include_total?: boolean
}

interface RequestOptions {
  query?: object
  body?: unknown
  signal?: AbortSignal
  idempotencyKey?: string
}

/** Client of the CTI server for browsers and servers: REST, the live stream, and the calls in progress. */
export class CtiClient {
  readonly baseUrl: string
  readonly userId: string | null
  readonly #options: CtiClientOptions
  #token: Promise<string> | null = null
  /** Whether the server has responded to this page. If so, a request without a response is not a CORS problem. */
  #answered = false

  constructor(options: CtiClientOptions) {
    this.#options = options
    this.baseUrl = (options.baseUrl ?? globalThis.location?.origin ?? '').replace(/\/+$/, '')
    if (!/^https?:\/\//.test(this.baseUrl))
      throw new Error('baseUrl must be the http:// or https:// URL of the CTI server')
    this.userId = options.userId ?? null
  }

  /**
   * Sends one request. Replaces a refused token once.
   * @throws CtiError with the server's code, or `network` without a response.
   */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.#send(method, path, options)
    if (response.status === 204) return undefined as T
    return (await response.json()) as T
  }

  /** Fetches a recording or voicemail with the token, which an `<audio>` element cannot send. */
  async audio(path: string, signal?: AbortSignal): Promise<Blob> {
    return (await this.#send('GET', path, signal ? { signal } : {})).blob()
  }

  readonly calls = {
    list: (filters: CallFilters = {}, signal?: AbortSignal) =>
      this.request<{ calls: Call[]; pagination: Pagination }>('GET', '/api/calls', {
        query: filters,
        ...(signal && { signal }),
      }),
    active: async () => (await this.request<{ calls: Call[] }>('GET', '/api/calls/active')).calls,
    /** @param id our id, or Dialpad's as `dialpad:<call id>`. */
    get: async (id: string) =>
      (
        await this.request<{ call: Call & { timeline: TimelineState[] } }>(
          'GET',
          `/api/calls/${encodeURIComponent(id)}`,
        )
      ).call,
    /** Click to call through the server: the user's Dialpad app rings first. */
    place: (call: PlaceCall) =>
      this.request<{ dialpad_call_id: number; phone_number: string }>('POST', '/api/calls', {
        body: call,
        idempotencyKey: randomId(),
      }),
    hangup: (id: string) => this.request<unknown>('POST', `/api/calls/${encodeURIComponent(id)}/hangup`, { body: {} }),
    transfer: (id: string, body: TransferCall) =>
      this.request<unknown>('POST', `/api/calls/${encodeURIComponent(id)}/transfer`, { body }),
    recording: (id: string) => this.audio(`/api/calls/${encodeURIComponent(id)}/recording`),
  }

  readonly conversations = {
    get: (id: string) =>
      this.request<{ conversation: { id: string; calls: Call[] } }>(
        'GET',
        `/api/conversations/${encodeURIComponent(id)}`,
      ),
  }

  readonly messages = {
    list: (query: object = {}) =>
      this.request<{ messages: Message[]; pagination: Pagination }>('GET', '/api/messages', { query }),
    get: async (id: string) =>
      (await this.request<{ message: Message }>('GET', `/api/messages/${encodeURIComponent(id)}`)).message,
  }

  readonly voicemails = {
    list: (query: object = {}) =>
      this.request<{ voicemails: Voicemail[]; pagination: Pagination }>('GET', '/api/voicemails', { query }),
    get: async (id: string) =>
      (await this.request<{ voicemail: Voicemail }>('GET', `/api/voicemails/${encodeURIComponent(id)}`)).voicemail,
    audio: (id: string) => this.audio(`/api/voicemails/${encodeURIComponent(id)}/audio`),
  }

  readonly customers = {
    list: (query: object = {}) =>
      this.request<{ customers: Customer[]; pagination: Pagination }>('GET', '/api/customers', { query }),
    /** Returns the customer with a number, or null. */
    lookup: async (phone: string): Promise<Customer | null> => {
      try {
        return (await this.request<{ customer: Customer }>('GET', '/api/customers/lookup', { query: { phone } }))
          .customer
      } catch (error) {
        if (error instanceof CtiError && (error.code === 'customer_not_found' || error.code === 'validation_failed'))
          return null
        throw error
      }
    },
  }

  /** Returns entries after a `seq`, oldest first. Waits up to `wait_seconds` for the next one. */
  events(query: { after: number; limit?: number; wait_seconds?: number }) {
    return this.request<{ events: Entry[] }>('GET', '/api/events', { query })
  }

  live(options: LiveOptions = {}): LiveEntries {
    return new LiveEntries(
      {
        url: `${this.baseUrl.replace(/^http/, 'ws')}/ws`,
        appId: this.#options.appId,
        token: (refused) => this.#currentToken(refused),
        WebSocket: this.#options.WebSocket ?? globalThis.WebSocket ?? EventStreamSocket,
      },
      options,
    )
  }

  /** Returns a tracker of the calls in progress, which is up to date until `close()`. */
  track(options: Omit<LiveOptions, 'since' | 'events'> = {}): CallTracker {
    return new CallTracker(this, options)
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<Response> {
    const token = await this.#currentToken(null)
    const first = await this.#attempt(method, path, options, token)
    if (first.ok) return first
    const error = await errorOf(first)
    const refreshable = typeof this.#options.token === 'function' && error.status === 401
    if (!refreshable) throw error
    const second = await this.#attempt(method, path, options, await this.#currentToken(token))
    if (!second.ok) throw await errorOf(second)
    return second
  }

  async #attempt(method: string, path: string, { query, body, signal, idempotencyKey }: RequestOptions, token: string) {
    const params = new URLSearchParams()
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
    const search = params.size > 0 ? `?${params}` : ''
    try {
      const answer = await (this.#options.fetch ?? fetch)(`${this.baseUrl}${path}${search}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      })
      this.#answered = true
      return answer
    } catch (error) {
      if (signal?.aborted) throw error
      if (await this.#isOriginRefused())
        throw new CtiError(
          0,
          'cors_origin_missing',
          `The CTI server does not allow pages of ${location.origin}. Add ${location.origin} to CORS_ORIGINS on the server and restart it.`,
        )
      throw new CtiError(0, 'network', 'The CTI server cannot be reached.', null, [], { cause: error })
    }
  }

  /** Finds out why a request failed, which a browser hides. If the server responds to a request whose response the page may not read, the reason is CORS. */
  async #isOriginRefused(): Promise<boolean> {
    const page = globalThis.location?.origin
    if (!page || this.#answered || page === new URL(this.baseUrl).origin) return false
    try {
      await (this.#options.fetch ?? fetch)(`${this.baseUrl}/live`, { mode: 'no-cors', cache: 'no-store' })
      return true
    } catch {
      return false
    }
  }

  /** Replaces a refused token. Concurrent requests share one fetch. */
  async #currentToken(refused: string | null): Promise<string> {
    const { token } = this.#options
    if (typeof token === 'string') return token
    const held = this.#token
    const known = held && (await held)
    if (known !== null && known !== refused && !endsSoon(known)) return known
    if (this.#token !== held && this.#token !== null) return this.#token
    const fetched = Promise.resolve().then(token)
    this.#token = fetched
    fetched.catch(() => {
      if (this.#token === fetched) this.#token = null
    })
    return fetched
  }
}

const SOON_MS = 30_000

/** Whether a JWT expires within 30 seconds. Replacing it in time avoids a refused request. */
function endsSoon(token: string): boolean {
  const [, claimsPart, , ...rest] = token.split('.')
  if (!claimsPart || rest.length > 0) return false
  try {
    const claims = JSON.parse(atob(claimsPart.replaceAll('-', '+').replaceAll('_', '/'))) as { exp?: unknown }
    return typeof claims.exp === 'number' && claims.exp * 1000 < Date.now() + SOON_MS
  } catch {
    return false
  }
}
