/** Runs work later without blocking the exit of the process. Passed in, so that tests control the time. */
export interface Timers {
  /** @returns a function that cancels the timer. */
  after(ms: number, run: () => void): () => void
}

export const realTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
