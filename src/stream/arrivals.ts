import type { Database } from '../db/database'
import { Emitter } from '../lib/emitter'

/** A lost notification delays a waiting client by at most this long. */
const RECHECK_MS = 5_000

export type Arrivals = ReturnType<typeof createArrivals>

/** Wakes requests that wait for an app's next stream entries, after commits on any instance. */
export function createArrivals({ database }: { database: Database }) {
  /** By app, the requests that wait. */
  const waiting = new Emitter<Record<string, undefined>>()
  let stopped = false

  const wake = (appId: string) => waiting.emit(appId)
  const wakeAll = () => waiting.events().forEach(wake)

  return {
    start: () => database.listen('stream', wake, wakeAll),

    /** Releases all waiting requests, now and in the future. */
    stop(): void {
      stopped = true
      wakeAll()
    },

    /**
     * Reads until it finds entries, the time is over, the client leaves or the server stops.
     * @returns the result of the last read.
     */
    async wait<T>(
      appId: string,
      waitMs: number,
      signal: AbortSignal,
      read: () => Promise<T>,
      found: (result: T) => boolean,
    ): Promise<T> {
      const end = performance.now() + waitMs
      while (true) {
        const { arrived, forget } = expect(appId, signal)
        try {
          const result = await read()
          const leftMs = end - performance.now()
          if (found(result) || leftMs <= 0 || signal.aborted || stopped) return result
          await arrived(Math.min(leftMs, RECHECK_MS))
        } finally {
          forget()
        }
      }
    },
  }

  /** Starts listening, so that no entry is missed between a read and the wait. */
  function expect(appId: string, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const remove = waiting.on(appId, resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    let timer: Timer | undefined
    return {
      arrived(withinMs: number): Promise<void> {
        timer = setTimeout(resolve, withinMs)
        return promise
      },
      forget(): void {
        clearTimeout(timer)
        remove()
      },
    }
  }
}
