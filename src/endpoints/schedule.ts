const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Delays after the first, second, … failed attempt, in ms. */
export const RETRY_DELAYS_MS = [
  5 * SECOND,
  30 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const

/** Maximum random addition to a delay, as a fraction of it. */
const JITTER = 0.2
const DISABLE_AFTER_MS = 5 * 24 * HOUR
/** A clock that jumps ahead must not look like five days of failures. */
const DISABLE_AFTER_FAILURES = 10
const OUTAGE_FAILURES = 2
const MIN_PAUSE_MS = 5 * SECOND
const MAX_PAUSE_MS = MINUTE

/** @param failures failed attempts so far, at least 1. @returns the delay in ms, or null after the last attempt. */
export function retryDelayMs(failures: number, random: () => number = Math.random): number | null {
  const delay = RETRY_DELAYS_MS[failures - 1]
  return delay === undefined ? null : Math.round(delay * (1 + JITTER * random()))
}

/** One failure may be caused by the entry. Several in a row are caused by the endpoint. */
export const isOutage = (consecutiveFailures: number): boolean => consecutiveFailures >= OUTAGE_FAILURES

/** Returns the pause between attempts during an outage, in ms. */
export const pauseMs = (consecutiveFailures: number): number =>
  Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** Math.max(0, consecutiveFailures - OUTAGE_FAILURES))

/** Whether an endpoint has failed long enough to disable it. */
export const isAbandoned = (failingSince: number, consecutiveFailures: number, now: number): boolean =>
  now - failingSince >= DISABLE_AFTER_MS && consecutiveFailures >= DISABLE_AFTER_FAILURES

/** State of a delivery after an attempt. */
export interface RetrySchedule {
  status: 'pending' | 'delivered' | 'failed'
  /** Failures that count for the schedule. */
  failures: number
  nextAttemptAt: number | null
  deliveredAt: number | null
}

/**
 * @param failures before this attempt.
 * @param scheduledAt when an early attempt was due; it does not count as a scheduled one. Null for a scheduled attempt.
 */
export function afterAttempt(
  delivered: boolean,
  failures: number,
  scheduledAt: number | null,
  now: number,
): RetrySchedule {
  if (delivered) return { status: 'delivered', failures, nextAttemptAt: null, deliveredAt: now }
  if (scheduledAt !== null) return { status: 'pending', failures, nextAttemptAt: scheduledAt, deliveredAt: null }
  const delay = retryDelayMs(failures + 1)
  if (delay === null) return { status: 'failed', failures: failures + 1, nextAttemptAt: null, deliveredAt: null }
  return { status: 'pending', failures: failures + 1, nextAttemptAt: now + delay, deliveredAt: null }
}
