import { EVENT_NAMES, type EventName } from './event-names'

export const MAX_PATTERNS = 64
export const MAX_PATTERN_CHARS = 64

/** Patterns in a query parameter, separated by commas. */
export const PATTERNS_IN_QUERY = new RegExp(
  `^[^,]{0,${MAX_PATTERN_CHARS}}(,[^,]{0,${MAX_PATTERN_CHARS}}){0,${MAX_PATTERNS - 1}}$`,
)

export const splitPatterns = (text: string): string[] => text.split(',').map((pattern) => pattern.trim())

/** The filter of a subscriber. */
export interface Filter {
  /** Null for all events. */
  events: ReadonlySet<EventName> | null
  /** Null for all users. */
  userId: string | null
}

/** The events that match patterns such as `call.*`, `message.received` or `*`. Null if all match. */
export function matchEvents(patterns: string[]): ReadonlySet<EventName> | null {
  if (patterns.length === 0 || patterns.includes('*')) return null
  return new Set(EVENT_NAMES.filter((name) => patterns.some((pattern) => matches(pattern, name))))
}

/** Linear time for any pattern: searches each part between two stars once, from the end of the previous match. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === name
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}

/** Patterns that match no event, probably misspelled. */
export const unknownPatterns = (patterns: string[]): string[] =>
  patterns.filter((pattern) => matchEvents([pattern])?.size === 0)

export const passes = (filter: Filter, entry: { event: string; userId: string | null }): boolean =>
  (filter.events === null || filter.events.has(entry.event as EventName)) &&
  (filter.userId === null || filter.userId === entry.userId)

/** Every entry goes to four topics. A socket joins topics such that each entry reaches it at most once. */
export function topicsOfEntry(appId: string, entry: { event: string; userId: string | null }): string[] {
  const base = `app:${appId}`
  const user = entry.userId === null ? [] : [userTopic(base, entry.userId)]
  return [base, ...user].flatMap((topic) => [topic, `${topic}:event:${entry.event}`])
}

export function topicsOfFilter(appId: string, filter: Filter): string[] {
  const base = filter.userId === null ? `app:${appId}` : userTopic(`app:${appId}`, filter.userId)
  return filter.events === null ? [base] : [...filter.events].map((event) => `${base}:event:${event}`)
}

/** Escapes the user id, so that a user named `ann:event:call.ring` does not receive entries for `ann`. */
const userTopic = (base: string, userId: string) => `${base}:user:${encodeURIComponent(userId.toWellFormed())}`
