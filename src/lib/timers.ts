/** Runs work later, without keeping the process alive for it. Passed in, so that tests decide when. */
export interface Timers {
  /** @returns a way to call it off. */
  after(ms: number, run: () => void): () => void
}

export const realTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
