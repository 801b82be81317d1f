import { getLogger } from '@logtape/logtape'
import { backoffMs } from '../../lib/backoff'
import { DomainError } from '../../lib/errors'
import type { Timers } from '../../lib/timers'

const log = getLogger(['cti', 'dialpad', 'pull'])

/** A URL and its socket last an hour. The next one opens ten minutes earlier, and both receive for a while. */
const RENEW_AFTER_MS = 50 * 60_000
const OVERLAP_MS = 30_000
const OPEN_WITHIN_MS = 15_000
const PING_INTERVAL_MS = 30_000
const STABLE_AFTER_MS = 60_000
/** Maximum frames waiting to be stored. With more, the socket is closed and the backfill recovers lost events. */
const MAX_WAITING = 5000

export interface PullStatus {
  state: 'connecting' | 'connected' | 'waiting'
  connected_since: number | null
  /** Time of the last frame or pong. */
  last_seen_at: number | null
  last_frame_at: number | null
  frames: number
  reconnects: number
  last_error: string | null
}

export interface PullDeps {
  /** Returns a new URL with its token. */
  freshUrl(): Promise<string>
  /** Stores one frame durably. Rejects if it must be retried. */
  receive(frame: Uint8Array<ArrayBuffer>): Promise<void>
  /** Called when the socket is connected after an interruption, to recover missed events. */
  onGap(): void
  now(): number
  timers: Timers
}

/** Options of Bun's client that browsers do not have. */
type PullSocket = WebSocket & { ping(): void; terminate(): void }

/** Keeps one websocket to Dialpad open for one webhook. Reconnects after every failure. */
export function keepPulling({ freshUrl, receive, onGap, now, timers }: PullDeps) {
  const status: PullStatus = {
    state: 'connecting',
    connected_since: null,
    last_seen_at: null,
    last_frame_at: null,
    frames: 0,
    reconnects: 0,
    last_error: null,
  }
  let current: PullSocket | null = null
  const retiring = new Set<PullSocket>()
  const cancels = new Map<string, () => void>()
  /** Why this server closed a socket. */
  const dropped = new WeakMap<PullSocket, string>()
  let failures = 0
  let stopping = false
  let abandoned = false
  let waiting = 0
  let stored: Promise<void> = Promise.resolve()

  /** One timer per purpose. Setting it again cancels the old one. */
  function later(purpose: string, ms: number, run: () => void): void {
    cancels.get(purpose)?.()
    cancels.set(purpose, timers.after(ms, run))
  }
  function never(purpose: string): void {
    cancels.get(purpose)?.()
    cancels.delete(purpose)
  }

  /** Stores frames one after another. Retries each until it is stored. */
  async function keep(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let attempt = 1; !abandoned; attempt++) {
      try {
        await receive(frame)
        return
      } catch (error) {
        log.warn('could not store a frame, retrying: {error}', { error })
        await new Promise<void>((resolve) => timers.after(backoffMs(attempt, 250, 10_000), resolve))
      }
    }
  }

  function receiveFrame(socket: PullSocket, data: unknown): void {
    status.frames++
    status.last_frame_at = now()
    status.last_seen_at = now()
    if (waiting >= MAX_WAITING) {
      drop(socket, 'frames arrive faster than they can be stored')
      return
    }
    waiting++
    const frame = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer)
    stored = stored
      .then(() => keep(frame))
      .finally(() => {
        waiting--
      })
  }

  function drop(socket: PullSocket, reason: string): void {
    dropped.set(socket, reason)
    socket.terminate()
  }

  function watch(socket: PullSocket): void {
    let answered = true
    socket.addEventListener('pong', () => {
      answered = true
      status.last_seen_at = now()
    })
    const check = () => {
      if (socket.readyState !== WebSocket.OPEN) return
      if (!answered) return drop(socket, 'no response from Dialpad')
      answered = false
      socket.ping()
      timers.after(PING_INTERVAL_MS, check)
    }
    timers.after(PING_INTERVAL_MS, check)
  }

  function lost(socket: PullSocket, reason: string): void {
    retiring.delete(socket)
    if (socket !== current) return
    current = null
    never('renew')
    never('stable')
    status.connected_since = null
    status.last_error = reason
    if (!stopping) retry()
  }

  function retry(): void {
    failures++
    status.state = 'waiting'
    later('retry', backoffMs(failures, 1000, 60_000), () => void connect())
  }

  function opened(socket: PullSocket): void {
    const previous = current
    current = socket
    if (previous) {
      retiring.add(previous)
      timers.after(OVERLAP_MS, () => previous.close(1000))
    } else {
      if (failures > 0) status.reconnects++
      status.connected_since = now()
      onGap()
    }
    status.state = 'connected'
    never('retry')
    later('stable', STABLE_AFTER_MS, () => {
      failures = 0
    })
    later('renew', RENEW_AFTER_MS, () => void connect())
    watch(socket)
  }

  async function connect(): Promise<void> {
    if (stopping) return
    if (!current) status.state = 'connecting'
    let socket: PullSocket
    try {
      socket = new WebSocket(await freshUrl()) as PullSocket
    } catch (error) {
      // The text of any other error may contain the address with the token of the websocket.
      return failed(error instanceof DomainError ? error.message : 'the address is not valid')
    }
    if (stopping) return socket.terminate()
    socket.binaryType = 'arraybuffer'
    const cancel = timers.after(OPEN_WITHIN_MS, () => socket.terminate())
    let open = false
    socket.addEventListener('open', () => {
      cancel()
      open = true
      if (stopping) socket.close(1000)
      else opened(socket)
    })
    socket.addEventListener('message', ({ data }) => receiveFrame(socket, data))
    socket.addEventListener('error', () => {})
    socket.addEventListener('close', ({ code }) => {
      cancel()
      const why = dropped.get(socket) ?? `closed with ${code}`
      if (open) lost(socket, why)
      else failed(`could not connect: ${why}`)
    })
  }

  /** A failed renewal keeps the old socket, which has minutes left, and tries again. */
  function failed(reason: string): void {
    status.last_error = reason
    log.warn('could not pull from Dialpad, retrying: {reason}', { reason })
    if (stopping) return
    if (current) later('renew', backoffMs(++failures, 1000, 60_000), () => void connect())
    else retry()
  }

  void connect()

  return {
    status: (): PullStatus => ({ ...status }),
    /** Closes the sockets and resolves when every received frame is stored. */
    async stop(): Promise<void> {
      stopping = true
      for (const socket of [current, ...retiring]) socket?.close(1000)
      for (const cancel of cancels.values()) cancel()
      await Promise.race([stored, new Promise<void>((resolve) => timers.after(5000, resolve))])
      abandoned = true
    },
  }
}
