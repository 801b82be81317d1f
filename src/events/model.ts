import { z } from 'zod'
import { EVENT_SOURCES, EVENT_STATUSES } from '../db/tables'
import { responseSchema } from '../http/response-schema'
import { DialpadId, Id, Instant, PageQuery, Pagination } from '../http/schemas'
import { iso, isoOrNull } from '../lib/clock'
import { payloadOf } from './queue'
import type { EventRow, EventStatus } from './store'

export const QueuedEvent = responseSchema(() =>
  z.object({
    id: Id,
    app_id: Id.nullable().describe('null while the event is unrouted'),
    webhook_id: z.string().nullable().describe('webhook that received the event; null for the shared route'),
    source: z.enum(EVENT_SOURCES),
    event_type: z.string(),
    dialpad_call_id: DialpadId.nullable(),
    status: z
      .enum(EVENT_STATUSES)
      .describe(
        '`failed` is a dead letter; `unrouted` waits to be assigned to an app; `quarantined` can never be processed; `unknown` has a kind this server does not support',
      ),
    attempts: z.int(),
    next_attempt_at: Instant.nullable().describe('time of the next attempt after a failed one; null otherwise'),
    error: z.string().nullable(),
    received_at: Instant,
    processed_at: Instant.nullable(),
  }),
)
export const EventWithPayload = responseSchema(() =>
  QueuedEvent.unwrap().extend({ payload: z.unknown().describe('the received body as JSON') }),
)
export const EventQueueList = responseSchema(() =>
  z.object({
    success: z.literal(true),
    events: z.array(QueuedEvent),
    pagination: Pagination,
  }),
)
export const EventAnswer = responseSchema(() => z.object({ success: z.literal(true), event: EventWithPayload }))

const Counts = Object.fromEntries(EVENT_STATUSES.map((status) => [status, z.int()])) as Record<EventStatus, z.ZodInt>
export const EventStats = responseSchema(() =>
  z.object({
    success: z.literal(true),
    stats: z.object(Counts).describe('number of events by status'),
    total: z.int(),
    oldest_pending_at: Instant.nullable(),
  }),
)

const When = z.string().max(40).optional()
export const EventFilterQuery = z.strictObject({
  status: z.enum(EVENT_STATUSES).optional(),
  app_id: z.string().max(100).optional(),
  event_type: z.string().max(100).optional(),
  received_after: When.describe('inclusive; ISO 8601 or epoch milliseconds'),
  received_before: When.describe('exclusive; ISO 8601 or epoch milliseconds'),
})
export const EventQuery = EventFilterQuery.extend(PageQuery.shape)
export const ReplayOne = z.strictObject({
  app_id: z.string().min(1).max(100).optional().describe('app to assign an unrouted event to'),
})
export const ReplayMany = EventFilterQuery.extend({
  status: z.enum(EVENT_STATUSES).optional().describe('default `failed`'),
})
export const RouteEvents = EventFilterQuery.omit({ status: true }).extend({
  app_id: z.string().min(1).max(100).describe('app to assign the events to'),
})
export const Replayed = responseSchema(() =>
  z.object({
    success: z.literal(true),
    replayed: z.int().describe('number of events put back in the queue'),
  }),
)

export const toEvent = (row: EventRow): z.infer<typeof QueuedEvent> => ({
  id: row.id,
  app_id: row.appId,
  webhook_id: row.webhookId,
  source: row.source,
  event_type: row.eventType,
  dialpad_call_id: row.dialpadCallId,
  status: row.status,
  attempts: row.attempts,
  next_attempt_at: row.status === 'pending' && row.nextAttemptAt > 0 ? iso(row.nextAttemptAt) : null,
  error: row.error,
  received_at: iso(row.receivedAt),
  processed_at: isoOrNull(row.processedAt),
})

export const toEventWithPayload = (row: EventRow): z.infer<typeof EventWithPayload> => ({
  ...toEvent(row),
  payload: payloadOf(row),
})

export function toEventStats(
  rows: { status: EventStatus; count: number; oldestAt: number | null }[],
): z.infer<typeof EventStats> {
  const countOf = (status: EventStatus) => rows.find((row) => row.status === status)?.count ?? 0
  const pendingSince = rows.find(({ status }) => status === 'pending')?.oldestAt ?? null
  return {
    success: true,
    stats: Object.fromEntries(EVENT_STATUSES.map((status) => [status, countOf(status)])) as Record<EventStatus, number>,
    total: rows.reduce((sum, { count }) => sum + count, 0),
    oldest_pending_at: pendingSince === null ? null : iso(Number(pendingSince)),
  }
}
