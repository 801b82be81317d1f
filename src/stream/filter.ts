import { EVENT_NAMES, type EventName } from './event-names'

export const MAX_PATTERNS = 64
export const MAX_PATTERN_CHARS = 64

/** Patterns as a query parameter writes them: separated by commas. */
export const PATTERNS_IN_QUERY = new RegExp(
  `^[^,]{0,${MAX_PATTERN_CHARS}}(,[^,]{0,${MAX_PATTERN_CHARS}}){0,${MAX_PATTERNS - 1}}$`,
)

export const splitPatterns = (text: string): string[] => text.split(',').map((pattern) => pattern.trim())

/** What one subscriber asked to hear. */
export interface Filter {
  /** Null hears every event. */
  events: ReadonlySet<EventName> | null
  /** Null hears every user's. */
  userId: string | null
}

/** The events that patterns such as `call.*`, `message.received` or `*` name; null when that is all of them. */
export function matchEvents(patterns: string[]): ReadonlySet<EventName> | null {
  if (patterns.length === 0 || patterns.includes('*')) return null
  return new Set(EVENT_NAMES.filter((name) => patterns.some((pattern) => matches(pattern, name))))
}

/** In linear time, whatever the pattern: each part between two stars is looked for once, from where the last one ended. */
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

/** Patterns that match no event there is: most likely a misspelling. */
export const unknownPatterns = (patterns: string[]): string[] =>
  patterns.filter((pattern) => matchEvents([pattern])?.size === 0)

export const passes = (filter: Filter, entry: { event: string; userId: string | null }): boolean =>
  (filter.events === null || filter.events.has(entry.event as EventName)) &&
  (filter.userId === null || filter.userId === entry.userId)

/** Every entry goes to four topics and a socket is on such of them that each entry reaches it at most once. */
export function topicsOfEntry(appId: string, entry: { event: string; userId: string | null }): string[] {
  const base = `app:${appId}`
  const user = entry.userId === null ? [] : [`${base}:user:${entry.userId}`]
  return [base, ...user].flatMap((topic) => [topic, `${topic}:event:${entry.event}`])
}

export function topicsOfFilter(appId: string, filter: Filter): string[] {
  const base = filter.userId === null ? `app:${appId}` : `app:${appId}:user:${filter.userId}`
  return filter.events === null ? [base] : [...filter.events].map((event) => `${base}:event:${event}`)
}
