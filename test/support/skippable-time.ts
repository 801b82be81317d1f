import type { Timers } from '../../src/lib/timers'

/** Time that passes as it does outside, but for what a test skips: a wait of minutes ends at once. */
export function createSkippableTime() {
  let skipped = 0
  const waiting = new Set<{ at: number; fire(): void }>()
  const clock = () => Date.now() + skipped
  const timers: Timers = {
    after(ms, run) {
      const timer = setTimeout(() => wait.fire(), ms)
      const cancel = () => {
        clearTimeout(timer)
        waiting.delete(wait)
      }
      const wait = {
        at: clock() + ms,
        fire() {
          cancel()
          run()
        },
      }
      waiting.add(wait)
      return cancel
    },
  }
  return {
    clock,
    timers,
    skip(ms: number): void {
      skipped += ms
      for (const wait of [...waiting].sort((a, b) => a.at - b.at)) if (wait.at <= clock()) wait.fire()
    },
  }
}
