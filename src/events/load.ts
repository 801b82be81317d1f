/** Arrivals are counted over windows of this length. */
const WINDOW_MS = 50
/** When applying what arrives needs more of the time than this, receiving goes first and applying catches up later. */
const MAX_APPLY_SHARE = 0.35
/** Smaller batches tell more about their commit than about their events. */
const MIN_MEASURED_EVENTS = 32
const FIRST_COST_MS = 0.04
const SMOOTHING = 0.2

export type EventLoad = ReturnType<typeof createLoad>

/** Compares the rate at which events arrive with the time it takes to apply one. */
export function createLoad(now: () => number = () => performance.now()) {
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
    arrive(events: number): void {
      roll()
      arrived += events
    },
    /** Learns how long a batch took to apply. */
    apply(events: number, ms: number): void {
      if (events >= MIN_MEASURED_EVENTS) costMs += SMOOTHING * (ms / events - costMs)
    },
    /** Whether events arrive faster than they can be received and applied at the same time. */
    isBurst(): boolean {
      roll()
      return Math.max(rate, arrived / WINDOW_MS) * costMs > MAX_APPLY_SHARE
    },
  }
}
