import type { Timers } from '../../src/lib/timers'

/** A clock that moves only when told, with the timers set on it. */
export function createManualTimers(start = 1_800_000_000_000) {
  let now = start
  let nextId = 0
  const due = new Map<number, { at: number; run: () => void }>()
  const timers: Timers = {
    after(ms, run) {
      const id = nextId++
      due.set(id, { at: now + ms, run })
      return () => void due.delete(id)
    },
  }
  return {
    timers,
    now: () => now,
    /** Moves on, running what falls due in its order. */
    advance(ms: number): void {
      const until = now + ms
      for (;;) {
        const [next] = [...due].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)
        if (!next) break
        now = Math.max(now, next[1].at)
        due.delete(next[0])
        next[1].run()
      }
      now = until
    },
  }
}
