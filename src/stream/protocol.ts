import { z } from 'zod'
import { integerText } from '../http/schemas'
import type { FieldError } from '../lib/errors'
import {
  type Filter,
  MAX_PATTERN_CHARS,
  MAX_PATTERNS,
  matchEvents,
  PATTERNS_IN_QUERY,
  splitPatterns,
  unknownPatterns,
} from './filter'

/** Patterns in a query parameter. */
export const EventPatterns = z
  .string()
  .max(1000)
  .regex(PATTERNS_IN_QUERY, `must be at most ${MAX_PATTERNS} patterns of at most ${MAX_PATTERN_CHARS} characters`)

/** Messages of a client on the socket, and the equivalent query parameters. */
export const Subscribe = z.object({
  type: z.literal('subscribe'),
  app_id: z.string().max(100).optional(),
  api_key: z.string().max(200).optional(),
  token: z.string().max(4096).optional(),
  events: z
    .array(z.string().max(MAX_PATTERN_CHARS))
    .max(MAX_PATTERNS)
    .optional()
    .describe('event patterns such as `call.*`; default all'),
  user_id: z.string().max(200).optional().describe('only entries of this CRM user'),
  since: z.int().min(0).optional().describe('last `seq` received; later entries are sent first'),
})
export type Subscribe = z.infer<typeof Subscribe>

export const SocketQuery = z.object({
  api_key: z.string().max(200).optional().describe('API key, instead of the header x-app-api-key or the first message'),
  token: z.string().max(4096).optional().describe('client token'),
  events: EventPatterns.optional().describe('event patterns, separated by commas'),
  user_id: z.string().max(200).optional(),
  since: integerText(0).optional(),
})

export const fromQuery = (query: z.infer<typeof SocketQuery>): Subscribe => ({
  type: 'subscribe',
  events: query.events === undefined ? undefined : splitPatterns(query.events),
  user_id: query.user_id,
  since: query.since,
})

/** @returns the message, or the problem. */
export function readMessage(text: string): { message: Subscribe } | { detail: string; errors?: FieldError[] } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { detail: 'The message is not JSON.' }
  }
  const parsed = Subscribe.safeParse(json)
  if (parsed.success) return { message: parsed.data }
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  return { detail: 'The message is not a subscribe message.', errors }
}

/** @returns the filter, or the patterns that match no event. */
export function filterOf(message: Subscribe, userId: string | null): { filter: Filter } | { unknown: string[] } {
  const unknown = unknownPatterns(message.events ?? [])
  if (unknown.length > 0) return { unknown }
  return { filter: { events: matchEvents(message.events ?? []), userId } }
}
