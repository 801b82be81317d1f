import { EVENT_NAMES, type EventName } from './event-names'

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
  const matchers = patterns.map((pattern) => new RegExp(`^${RegExp.escape(pattern).replaceAll('\\*', '.*')}$`))
  return new Set(EVENT_NAMES.filter((name) => matchers.some((matcher) => matcher.test(name))))
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
