import { readFileSync } from 'node:fs'

/**
 * Starts a stopwatch for a guarantee of time, which stands still while this test or the servers are ready to run and other work has
 * their core. What a server waits for itself (a timer, a lock, a response) counts in full, and on an idle machine everything does.
 *
 * @param pids the servers that run already. @returns the milliseconds so far, for these servers and those started since.
 */
export function startStopwatch(...pids: number[]): (...pids: number[]) => number {
  const startedAt = performance.now()
  const before = new Map([process.pid, ...pids].map((pid) => [pid, delayOf(pid)]))
  return (...servers) => {
    const delays = [process.pid, ...servers].map((pid) => delayOf(pid) - (before.get(pid) ?? 0))
    return performance.now() - startedAt - delays.reduce((sum, delay) => sum + delay, 0)
  }
}

/** Milliseconds for which the main thread of a process was ready to run and had no core; 0 where the system does not say. */
function delayOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}
