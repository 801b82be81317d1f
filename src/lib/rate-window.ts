import type { Clock } from './clock'

const MAX_KEYS = 100_000

export interface Taken {
  allowed: boolean
  remaining: number
  msBeforeNext: number
}

/**
 * Counts the hits of each key in a time window that starts with its first hit. Synchronous and without a timer per key,
 * because it runs on every request.
 */
export function createRateWindow(points: number, windowMs: number, clock: Clock = Date.now) {
  const windows = new Map<string, { count: number; endsAt: number }>()

  /** Windows end in the order in which they started, which is the order of the map. */
  function forgetEnded(now: number): void {
    for (const [key, { endsAt }] of windows) {
      if (endsAt > now && windows.size < MAX_KEYS) return
      windows.delete(key)
    }
  }

  return {
    take(key: string): Taken {
      const now = clock()
      let window = windows.get(key)
      if (!window || window.endsAt <= now) {
        windows.delete(key)
        forgetEnded(now)
        window = { count: 0, endsAt: now + windowMs }
        windows.set(key, window)
      }
      window.count++
      return {
        allowed: window.count <= points,
        remaining: Math.max(0, points - window.count),
        msBeforeNext: window.endsAt - now,
      }
    },
  }
}
