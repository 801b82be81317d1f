/**
 * Exponential backoff with full jitter on the upper half: `base · 2^(attempt-1)`, at most `maxMs`.
 * @param attempt 1 for the first failure. @returns milliseconds to wait.
 */
export function backoffMs(attempt: number, baseMs: number, maxMs: number, random: () => number = Math.random): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** (attempt - 1))
  return Math.round(ceiling / 2 + (ceiling / 2) * random())
}
