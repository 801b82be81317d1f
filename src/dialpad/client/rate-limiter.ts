import { setTimeout as sleep } from 'node:timers/promises'

/** At most `tokens` requests in any `windowMs`: a token comes back one window after it was taken. */
export interface Bucket {
  key: string
  tokens: number
  windowMs: number
}

export interface RateLimiter {
  /**
   * Takes a token of every bucket and resolves when the request may go out.
   * @returns the milliseconds it would have to wait, without having taken anything, when that is more than `maxWaitMs`; else 0.
   */
  take(buckets: Bucket[], maxWaitMs: number): Promise<number>
  /** Holds every request of the bucket back: Dialpad said it has had enough. */
  pause(key: string, ms: number): void
}

const KEPT_BUCKETS = 1000

/** @param now monotonic milliseconds. */
export function createRateLimiter(
  now: () => number = () => performance.now(),
  wait: (ms: number) => Promise<unknown> = sleep,
): RateLimiter {
  const taken = new Map<string, { times: number[]; windowMs: number }>()
  const pausedUntil = new Map<string, number>()

  /** When the bucket's next token is there. */
  function nextAt({ key, tokens }: Bucket): number {
    const entry = taken.get(key)
    const oldest = entry?.times.at(-tokens)
    const free = entry && oldest !== undefined ? oldest + entry.windowMs : 0
    return Math.max(free, pausedUntil.get(key) ?? 0)
  }

  function record({ key, tokens, windowMs }: Bucket, at: number): void {
    const times = taken.get(key)?.times ?? []
    taken.delete(key)
    taken.set(key, { times: [...times, at].slice(-tokens), windowMs })
    if (taken.size <= KEPT_BUCKETS) return
    for (const [name, entry] of taken) if ((entry.times.at(-1) ?? 0) + entry.windowMs < now()) taken.delete(name)
  }

  return {
    async take(buckets, maxWaitMs) {
      const at = Math.max(now(), ...buckets.map(nextAt))
      const waitMs = at - now()
      if (waitMs > maxWaitMs) return Math.ceil(waitMs)
      for (const bucket of buckets) record(bucket, at)
      if (waitMs > 0) await wait(Math.ceil(waitMs))
      return 0
    },
    pause(key, ms) {
      pausedUntil.set(key, Math.max(pausedUntil.get(key) ?? 0, now() + ms))
    },
  }
}
