import { Emitter } from '../lib/emitter'
import { CtiError } from './cti-error'
import type { Entry } from './records'

export type LiveState = 'connecting' | 'live' | 'waiting' | 'refused' | 'closed'

export interface LiveOptions {
  /** Only entries whose event matches a pattern, such as `call.*`. */
  events?: string[]
  /** Only entries of one CRM user. */
  user_id?: string
  /** Delivers everything after this `seq` first. Without it, delivers only new entries. */
  since?: number
}

export interface LiveEvents {
  entry: Entry
  /** `refused` is final: the credentials were refused twice in a row. */
  state: LiveState
  /** Entries that the server no longer has. Reload the records you store. */
  gap: { from: number; to: number }
  error: Error
}

/** The parts of a WebSocket that the kit uses: of a browser, Node.js 22, the package `ws`, or `EventStreamSocket`. */
interface SocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(text: string): void
  close(): void
}
export type WebSocketLike = new (url: string) => SocketLike

export interface LiveConnectionDeps {
  url: string
  appId: string | undefined
  /** @param refused the token that the server refused, or null. */
  token: (refused: string | null) => Promise<string>
  WebSocket: WebSocketLike
}

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 20_000
/** If a timer is this late (ms), the machine or tab slept, and the socket may be dead without a close event. */
const WATCH_MS = 15_000
const SLEPT_MS = 40_000
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Delivers the app's entries as they happen, each once and in order. Reconnects automatically and resumes after the last
 * delivered `seq`. Connects immediately; call `close()` to stop.
 */
export class LiveEntries {
  readonly #deps: LiveConnectionDeps
  readonly #options: LiveOptions
  readonly #emitter = new Emitter<LiveEvents>()
  #seq: number | null
  #state: LiveState = 'connecting'
  #socket: SocketLike | null = null
  #retry: ReturnType<typeof setTimeout> | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #refusals = 0
  #token: string | null = null
  #refused: string | null = null
  /** Incremented to ignore results of earlier connection attempts. */
  #attempt = 0
  readonly #watch: ReturnType<typeof setInterval>
  #watchedAt = Date.now()

  constructor(deps: LiveConnectionDeps, options: LiveOptions = {}) {
    this.#deps = deps
    this.#options = options
    this.#seq = options.since ?? null
    this.#watch = setInterval(() => this.#woke(), WATCH_MS)
    if (typeof addEventListener === 'function') {
      addEventListener('online', this.#reconnectNow)
      addEventListener('pageshow', this.#woke)
      globalThis.document?.addEventListener('visibilitychange', this.#woke)
    }
    queueMicrotask(() => void this.#connect())
  }

  get state(): LiveState {
    return this.#state
  }

  /** The last delivered `seq`, or the one before the first. Null until the first connection is open. */
  get seq(): number | null {
    return this.#seq
  }

  /** @returns a function that removes the listener. */
  on<K extends keyof LiveEvents>(event: K, listener: (event: LiveEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#stop('closed')
  }

  async #connect(): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'refused') return
    const attempt = ++this.#attempt
    this.#drop()
    this.#setState('connecting')
    let token: string
    try {
      token = await this.#deps.token(this.#refused)
    } catch (error) {
      if (attempt !== this.#attempt) return
      this.#emitter.emit('error', error instanceof Error ? error : new Error(String(error)))
      this.#retryLater()
      return
    }
    if (attempt !== this.#attempt) return
    this.#token = token
    const socket = new this.#deps.WebSocket(this.#deps.url)
    this.#socket = socket
    this.#deadline = setTimeout(() => this.#failed(attempt, 0), CONNECT_TIMEOUT_MS)
    socket.onopen = () => {
      const { events, user_id } = this.#options
      const since = this.#seq ?? undefined
      socket.send(JSON.stringify({ type: 'subscribe', app_id: this.#deps.appId, token, events, user_id, since }))
    }
    socket.onmessage = ({ data }: { data: unknown }) => attempt === this.#attempt && this.#receive(data)
    socket.onclose = ({ code }: { code: number }) => this.#failed(attempt, code)
  }

  #receive(data: unknown): void {
    const message: unknown = typeof data === 'string' ? parseJson(data) : null
    if (typeof message !== 'object' || message === null) return
    const { type, seq, event, from, to, code, message: text } = message as Record<string, unknown>
    if (type === 'subscribed') {
      clearTimeout(this.#deadline)
      this.#failures = 0
      this.#refusals = 0
      if (this.#seq === null && typeof seq === 'number') this.#seq = seq
      this.#setState('live')
    } else if (type === 'gap' && typeof from === 'number' && typeof to === 'number') {
      this.#seq = Math.max(this.#seq ?? 0, to)
      this.#emitter.emit('gap', { from, to })
    } else if (type === 'error') {
      this.#emitter.emit('error', new CtiError(0, String(code), typeof text === 'string' ? text : String(code)))
    } else if (typeof event === 'string' && typeof seq === 'number' && seq > (this.#seq ?? -1)) {
      this.#seq = seq
      this.#emitter.emit('entry', message as Entry)
    }
  }

  #failed(attempt: number, code: number): void {
    if (attempt !== this.#attempt) return
    this.#drop()
    if (code === 4401) this.#refused = this.#token
    if (code !== 4401) this.#retryLater()
    else if (++this.#refusals >= 2) this.#stop('refused')
    else void this.#connect()
  }

  #retryLater(): void {
    const maxMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++)
    this.#setState('waiting')
    this.#retry = setTimeout(this.#reconnectNow, maxMs * (0.5 + Math.random() / 2))
  }

  readonly #reconnectNow = (): void => {
    if (this.#state === 'waiting') void this.#connect()
  }

  readonly #woke = (): void => {
    const sleptMs = Date.now() - this.#watchedAt
    this.#watchedAt = Date.now()
    if (sleptMs > SLEPT_MS && this.#state === 'live') void this.#connect()
    else if (globalThis.document?.visibilityState === 'visible') this.#reconnectNow()
  }

  #drop(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#deadline)
    if (!this.#socket) return
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null
    this.#socket.close()
    this.#socket = null
  }

  #stop(state: 'closed' | 'refused'): void {
    this.#attempt++
    this.#drop()
    clearInterval(this.#watch)
    if (typeof removeEventListener === 'function') {
      removeEventListener('online', this.#reconnectNow)
      removeEventListener('pageshow', this.#woke)
      globalThis.document?.removeEventListener('visibilitychange', this.#woke)
    }
    this.#setState(state)
  }

  #setState(state: LiveState): void {
    if (this.#state === state) return
    this.#state = state
    this.#emitter.emit('state', state)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
