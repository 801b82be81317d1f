/** Milliseconds since the epoch. Passed in, so that tests decide what time it is. */
export type Clock = () => number

/** ISO 8601 UTC with milliseconds, as every answer gives instants. */
export const iso = (ms: number): string => new Date(ms).toISOString()

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
