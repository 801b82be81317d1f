/** Arrivals are counted over windows of this length. */
const WINDOW_MS = 50
/** Maximum share of the time for applying new events. Above it, events are only received and applied later. */
const MAX_APPLY_SHARE = 0.35
/** Smaller batches are not measured, because the commit takes most of their time. */
const MIN_MEASURED_EVENTS = 32
const FIRST_COST_MS = 0.04
const SMOOTHING = 0.2

export type EventLoad = ReturnType<typeof createEventLoad>

/** Compares the rate at which events arrive with the time it takes to apply one. */
export function createEventLoad(now: () => number = () => performance.now()) {
  let costMs = FIRST_COST_MS
  let since = now()
  let arrived = 0
  /** Events per millisecond in the last complete window. */
  let rate = 0

  function roll(): void {
    const elapsed = now() - since
    if (elapsed < WINDOW_MS) return
    rate = arrived / elapsed
    since += elapsed
    arrived = 0
  }

  return {
    /** Counts events that are about to be stored. */
    countArrivals(events: number): void {
      roll()
      arrived += events
    },
    /** Records how long a batch took to apply. */
    recordBatch(events: number, ms: number): void {
      if (events >= MIN_MEASURED_EVENTS) costMs += SMOOTHING * (ms / events - costMs)
    },
    /** Whether events arrive faster than they can be received and applied at the same time. */
    isBurst(): boolean {
      roll()
      return Math.max(rate, arrived / WINDOW_MS) * costMs > MAX_APPLY_SHARE
    },
  }
}
