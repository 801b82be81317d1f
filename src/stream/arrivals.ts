import type { Database } from '../db/database'

/** A lost notification delays a waiting client by at most this long. */
const RECHECK_MS = 5_000

export type Arrivals = ReturnType<typeof createArrivals>

/** Wakes whoever waits for an app's next stream entries; hears of commits on every instance. */
export function createArrivals({ database }: { database: Database }) {
  const waiting = new Map<string, Set<() => void>>()
  let stopped = false

  function wake(appId: string): void {
    for (const go of waiting.get(appId) ?? []) go()
  }
  const wakeAll = () => {
    for (const appId of waiting.keys()) wake(appId)
  }

  return {
    start: () => database.listen('stream', wake, wakeAll),

    /** Lets everybody go who waits, now and from now on. */
    stop(): void {
      stopped = true
      wakeAll()
    },

    /**
     * Reads until something is found, the time is over, the caller leaves or the server stops.
     * @returns what the last reading gave.
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

  /** Listens from now on, so that nothing falls between a reading and the waiting. */
  function expect(appId: string, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const ofApp = waiting.get(appId) ?? new Set()
    waiting.set(appId, ofApp.add(resolve))
    signal.addEventListener('abort', () => resolve(), { once: true })
    let timer: Timer | undefined
    return {
      arrived(withinMs: number): Promise<void> {
        timer = setTimeout(resolve, withinMs)
        return promise
      },
      forget(): void {
        clearTimeout(timer)
        ofApp.delete(resolve)
        if (ofApp.size === 0 && waiting.get(appId) === ofApp) waiting.delete(appId)
      },
    }
  }
}
