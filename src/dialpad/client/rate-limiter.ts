import { setTimeout as sleep } from 'node:timers/promises'

/** At most `tokens` requests in any `windowMs`. A token returns one window after its use. */
export interface Bucket {
  key: string
  tokens: number
  windowMs: number
}

export interface RateLimiter {
  /**
   * Takes a token from every bucket and resolves when the request may be sent.
   * @returns 0, or the required wait in ms if it exceeds `maxWaitMs`; then no token is taken.
   */
  take(buckets: Bucket[], maxWaitMs: number): Promise<number>
  /** Blocks all requests of the bucket after a 429. */
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

  /** Time of the bucket's next token. */
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
