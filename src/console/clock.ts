/** A clock this far off is taken for wrong; less is the way of the answer. */
const TOLERATED_MS = 60_000

let offsetMs = 0

/**
 * Learns from an answer how far the clock of this computer is behind the server's.
 * @param timestamp the server's time, ISO 8601. @returns ms, negative when it is ahead; 0 when it is right.
 */
export function learnClock(timestamp: string): number {
  const off = Date.parse(timestamp) - Date.now()
  offsetMs = Math.abs(off) > TOLERATED_MS ? off : 0
  return offsetMs
}

/** Now by the server's clock, which dates everything that is shown; ms since the epoch. */
export const serverNow = (): number => Date.now() + offsetMs
