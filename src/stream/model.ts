import { z } from 'zod'
import { integerText, Pagination } from '../http/schemas'
import { entryModels, StreamEntry } from './entries'
import { EventPatterns } from './protocol'
import type { StreamPage } from './queries'

export const StreamEvents = z.object({
  success: z.literal(true),
  events: z.array(StreamEntry),
  next_after: z.int().describe('send it as `after` the next time'),
  gap: z
    .object({ from: z.int(), to: z.int() })
    .nullable()
    .describe('entries asked for that were purged by RETENTION_DAYS'),
  pagination: Pagination,
})

/** Their types would only burden those of the whole app. */
export const streamModels: Record<string, z.ZodType> = { ...entryModels, StreamEntry, StreamEvents }

export const StreamQuery = z.strictObject({
  after: integerText(0).optional().describe('`seq` of the last entry you have; 0, the beginning, unless given'),
  limit: integerText(1, 100).optional().describe('1 to 100; 50 unless given'),
  wait_seconds: integerText(0, 60)
    .optional()
    .describe('waits so long for the first entry when there is none yet; 0 unless given'),
  events: EventPatterns.optional().describe('patterns such as `call.*`, separated by commas; all unless given'),
  user_id: z.string().max(200).optional().describe('only what concerns this CRM user'),
})

export const EventStreamQuery = z.strictObject({
  since: integerText(0)
    .optional()
    .describe('last `seq` you have: everything after it is sent first; the header `Last-Event-ID` takes precedence'),
  events: EventPatterns.optional().describe('patterns such as `call.*`, separated by commas; all unless given'),
  user_id: z.string().max(200).optional().describe('only what concerns this CRM user'),
  api_key: z.string().max(200).optional().describe('API key, for clients that can set no header'),
  token: z.string().max(4096).optional().describe('client token, for clients that can set no header (`EventSource`)'),
})

export const toStreamEvents = (page: StreamPage, limit: number): z.infer<typeof StreamEvents> => ({
  success: true,
  events: page.entries.map(({ data }) => JSON.parse(data)),
  next_after: page.nextAfter,
  gap: page.gap,
  pagination: { limit, has_more: page.hasMore, next_cursor: null },
})
