import { errorOf } from './cti-error'

interface SubscribeMessage {
  token: string
  events?: string[]
  user_id?: string
  since?: number
}

/** Close codes of the WebSocket protocol: refused credentials, and a broken connection. */
const UNAUTHORIZED = 4401
const BROKEN = 1006

/** The live stream for runtimes without WebSocket: server-sent events with the interface of a socket. */
export class EventStreamSocket {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  readonly #address: string
  readonly #abort = new AbortController()

  /** @param url URL of the socket, `ws://…/ws`. */
  constructor(url: string) {
    this.#address = url.replace(/^ws/, 'http').replace(/\/ws$/, '/api/events/stream')
    queueMicrotask(() => this.onopen?.())
  }

  /** @param text the subscription, as sent on a socket. */
  send(text: string): void {
    void this.#read(JSON.parse(text) as SubscribeMessage)
      .catch(() => BROKEN)
      .then((code) => this.onclose?.({ code }))
  }

  close(): void {
    this.#abort.abort()
  }

  /** @returns the close code. */
  async #read({ token, events, user_id, since }: SubscribeMessage): Promise<number> {
    const query = new URLSearchParams()
    if (events) query.set('events', events.join(','))
    if (user_id !== undefined) query.set('user_id', user_id)
    if (since !== undefined) query.set('since', String(since))
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${this.#address}?${query}`, { headers, signal: this.#abort.signal })
    if (!response.ok || !response.body) {
      const { code, message, status } = await errorOf(response)
      this.onmessage?.({ data: JSON.stringify({ type: 'error', code, message }) })
      return status === 401 ? UNAUTHORIZED : BROKEN
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return BROKEN
      const frames = (rest + value).split('\n\n')
      rest = frames.pop() ?? ''
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1]
        if (data === undefined) continue
        const closed = frame.startsWith('event: closed') ? (JSON.parse(data) as { code: number }) : null
        if (closed) return closed.code
        this.onmessage?.({ data })
      }
    }
  }
}
