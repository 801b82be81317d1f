/** Smaller differences are caused by the duration of the response. */
const TOLERATED_MS = 60_000

let offsetMs = 0

/**
 * Measures the difference between the clock of this computer and the server's clock.
 * @param timestamp the server's time, ISO 8601.
 * @returns how far this computer is behind, in ms: negative if it is ahead, 0 if the difference is tolerable.
 */
export function learnClock(timestamp: string): number {
  const off = Date.parse(timestamp) - Date.now()
  offsetMs = Math.abs(off) > TOLERATED_MS ? off : 0
  return offsetMs
}

/** The current time of the server's clock, ms since the epoch. All times on the pages are the server's. */
export const serverNow = (): number => Date.now() + offsetMs
