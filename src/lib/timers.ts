/** Runs work later. Passed in, so that tests decide when. */
export interface Timers {
  /** @returns a way to call it off. */
  after(ms: number, run: () => void): () => void
}

export const realTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
