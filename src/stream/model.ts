import { z } from 'zod'
import { responseSchema } from '../http/response-schema'
import { integerText, Pagination } from '../http/schemas'
import { entryModels, StreamEntry } from './entries'
import { EventPatterns } from './protocol'
import type { StreamPage } from './queries'

export const PurgedEntries = responseSchema(() =>
  z
    .object({ from: z.int().describe('first `seq`'), to: z.int().describe('last `seq`') })
    .describe('requested entries that were purged by RETENTION_DAYS'),
)

export const StreamEvents = responseSchema(() =>
  z.object({
    success: z.literal(true),
    events: z.array(StreamEntry),
    next_after: z.int().describe('send as `after` in the next request'),
    gap: PurgedEntries.nullable(),
    pagination: Pagination,
  }),
)

/** Without types, which would slow down those of the whole app. */
export const streamModels: Record<string, z.ZodType> = { ...entryModels, StreamEntry, PurgedEntries, StreamEvents }

export const StreamQuery = z.strictObject({
  after: integerText(0).optional().describe('`seq` of the last entry you have; default 0, the beginning'),
  limit: integerText(1, 100).optional().describe('1 to 100; default 50'),
  wait_seconds: integerText(0, 60)
    .optional()
    .describe('how long to wait for the first entry if there is none yet; default 0'),
  events: EventPatterns.optional().describe('event patterns such as `call.*`, separated by commas; default all'),
  user_id: z.string().max(200).optional().describe('only entries of this CRM user'),
})

export const EventStreamQuery = z.strictObject({
  since: integerText(0)
    .optional()
    .describe('last `seq` you have; later entries are sent first; the header `Last-Event-ID` takes precedence'),
  events: EventPatterns.optional().describe('event patterns such as `call.*`, separated by commas; default all'),
  user_id: z.string().max(200).optional().describe('only entries of this CRM user'),
  api_key: z.string().max(200).optional().describe('API key, for clients that cannot set headers'),
  token: z.string().max(4096).optional().describe('client token, for clients that cannot set headers (`EventSource`)'),
})

export const toStreamEvents = (page: StreamPage, limit: number): z.infer<typeof StreamEvents> => ({
  success: true,
  events: page.entries.map(({ data }) => JSON.parse(data)),
  next_after: page.nextAfter,
  gap: page.gap,
  pagination: { limit, has_more: page.hasMore, next_cursor: null },
})
