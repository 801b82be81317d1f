import { isOpen } from '../lib/call-status'
import { Emitter } from '../lib/emitter'
import type { CtiClient } from './cti-client'
import type { LiveEntries, LiveOptions, LiveState } from './live-entries'
import { type Call, type CallStatus, type Entry, isCallEntry } from './records'

/** The known data of a call: its record, or the data from the stream so far. */
export type TrackedCall = Partial<Call> & Pick<Call, 'id' | 'dialpad_call_id' | 'direction' | 'status'>

export interface TrackedChange {
  call: TrackedCall
  /** Null for a new call. */
  previous: CallStatus | null
}

interface TrackerEvents {
  change: TrackedChange
  /** The connection to the server. */
  state: LiveState
  /** A call was removed from `calls` some time after its end. */
  forgotten: TrackedCall
  /** Every entry of the stream, including messages and agents. */
  entry: Entry
  /** Why calls are not up to date, once per reason. Null when they are again. */
  problem: Error | null
}

/** How long ended calls remain, in ms, so that the user sees how they ended. */
const KEEP_ENDED_MS = 60_000
const MAX_ENDED = 500
const RETRY_MS = 5_000
const ENDINGS = ['call.ended', 'call.missed', 'call.rejected', 'call.voicemail']

/**
 * Tracks the calls in progress, from `GET /api/calls/active` and the live stream. Reports what the Mini Dialer does not: that a
 * call was answered, held, ended, or placed. After a gap in the stream it reads the active calls again.
 */
export class CallTracker {
  readonly live: LiveEntries
  readonly #client: CtiClient
  readonly #calls = new Map<number, TrackedCall>()
  readonly #endedAt = new Map<number, number>()
  readonly #emitter = new Emitter<TrackerEvents>()
  #snapshot: readonly TrackedCall[] = []
  #unread = true
  #problem: Error | null = null
  #retry: ReturnType<typeof setTimeout> | undefined
  #forget: ReturnType<typeof setTimeout> | undefined

  constructor(client: CtiClient, options: Omit<LiveOptions, 'since'> = {}) {
    this.#client = client
    this.live = client.live(options)
    this.live.on('state', (state) => {
      if (state === 'live' && this.#unread) void this.#readActive()
      else if (state === 'live') this.#report(null)
      this.#emitter.emit('state', state)
    })
    this.live.on('error', (error) => this.#report(error))
    this.live.on('gap', () => {
      this.#unread = true
      if (this.live.state === 'live') void this.#readActive()
    })
    this.live.on('entry', (entry) => {
      this.#apply(entry)
      this.#emitter.emit('entry', entry)
    })
  }

  /** Every known call, newest first. The same array until something changes. */
  get calls(): readonly TrackedCall[] {
    return this.#snapshot
  }

  /** Why `calls` is not up to date. Null if it is. */
  get problem(): Error | null {
    return this.#problem
  }

  /** @param id Dialpad's call id. */
  byDialpadId(id: number | string): TrackedCall | null {
    return this.#calls.get(Number(id)) ?? null
  }

  /** Returns the call with `ref` in its custom data. */
  byRef(ref: string): TrackedCall | null {
    return this.#snapshot.find((call) => refOf(call) === ref) ?? null
  }

  /** Calls `changed` whenever `calls` is a new array. */
  onCalls(changed: () => void): () => void {
    const off = [this.on('change', changed), this.on('forgotten', changed)]
    return () => {
      for (const one of off) one()
    }
  }

  on<K extends keyof TrackerEvents>(event: K, listener: (event: TrackerEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  close(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#forget)
    this.live.close()
  }

  async #readActive(): Promise<void> {
    this.#unread = false
    const before = new Map(this.#calls)
    try {
      const active = await this.#client.calls.active()
      const ids = new Set(active.map((call) => call.dialpad_call_id))
      for (const call of active) this.#putRecord(call, before.get(call.dialpad_call_id))
      // A call that ended while disconnected is no longer active. Its record says how it ended. A call that is new since the
      // request is missing, too, but the stream reports its end.
      const vanished = [...this.#calls.values()].filter(
        (call) => isLive(call) && before.has(call.dialpad_call_id) && !ids.has(call.dialpad_call_id),
      )
      await Promise.all(vanished.map((call) => this.#readRecord(call)))
      this.#report(null)
    } catch (error) {
      this.#report(error instanceof Error ? error : new Error(String(error)))
      this.#unread = true
      clearTimeout(this.#retry)
      this.#retry = setTimeout(() => this.live.state === 'live' && this.#unread && this.#readActive(), RETRY_MS)
    }
  }

  #report(problem: Error | null): void {
    if (this.#problem?.message === problem?.message) return
    this.#problem = problem
    this.#emitter.emit('problem', problem)
  }

  async #readRecord(call: TrackedCall): Promise<void> {
    const { timeline: _, ...record } = await this.#client.calls.get(call.id)
    this.#putRecord(record, call)
  }

  /** @param before the call when the record was requested. Data from the stream since then is newer. */
  #putRecord(record: TrackedCall, before: TrackedCall | undefined): void {
    const now = this.#calls.get(record.dialpad_call_id)
    if (!now || now === before) {
      this.#put(record)
      return
    }
    const { status, connected_at, ended_at } = now
    this.#put({ ...record, status, ...(connected_at && { connected_at }), ...(ended_at && { ended_at }) })
  }

  #apply(entry: Entry): void {
    if (!isCallEntry(entry)) return
    const known = this.#calls.get(entry.call_id)
    // A recording or transcript may arrive long after the call, which is then not shown as just ended.
    if (!known && !isOpen(entry.status) && !ENDINGS.includes(entry.event)) return
    const { event: _, seq: __, timestamp, call_id, ...fields } = entry
    this.#put({
      ...known,
      ...fields,
      id: entry.id,
      dialpad_call_id: call_id,
      direction: entry.direction,
      status: entry.status,
      started_at: known?.started_at ?? timestamp,
      ...(entry.event === 'call.started' && { connected_at: known?.connected_at ?? timestamp }),
    })
  }

  #put(call: TrackedCall): void {
    const previous = this.#calls.get(call.dialpad_call_id) ?? null
    if (previous && !isLive(previous) && isLive(call)) return
    this.#calls.set(call.dialpad_call_id, call)
    if (isLive(call)) this.#endedAt.delete(call.dialpad_call_id)
    else if (!this.#endedAt.has(call.dialpad_call_id)) this.#endedAt.set(call.dialpad_call_id, Date.now())
    this.#forgetEnded()
    this.#list()
    this.#emitter.emit('change', { call, previous: previous?.status ?? null })
  }

  #forgetEnded(): void {
    for (const [id, at] of this.#endedAt) {
      if (at > Date.now() - KEEP_ENDED_MS && this.#endedAt.size <= MAX_ENDED) continue
      const call = this.#calls.get(id)
      this.#endedAt.delete(id)
      this.#calls.delete(id)
      this.#list()
      if (call) this.#emitter.emit('forgotten', call)
    }
    clearTimeout(this.#forget)
    const [oldest] = this.#endedAt.values()
    if (oldest !== undefined)
      this.#forget = setTimeout(() => this.#forgetEnded(), Math.max(1000, oldest + KEEP_ENDED_MS - Date.now() + 1))
  }

  #list(): void {
    this.#snapshot = [...this.#calls.values()].sort((a, b) => (b.started_at ?? '').localeCompare(a.started_at ?? ''))
  }
}

/** Returns the `ref` that `CallButton` puts into custom data to find the call of a click. */
export function refOf({ custom_data }: TrackedCall): string | null {
  const ref = typeof custom_data === 'object' && custom_data !== null ? (custom_data as { ref?: unknown }).ref : null
  return typeof ref === 'string' ? ref : null
}

const isLive = (call: TrackedCall) => isOpen(call.status)
