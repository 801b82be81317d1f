import { z } from 'zod'
import { DELIVERY_STATUSES, DISABLED_REASONS } from '../db/tables'
import { responseSchema } from '../http/response-schema'
import { Id, Instant, PageQuery, Pagination } from '../http/schemas'
import { iso, isoOrNull } from '../lib/clock'
import { EVENT_NAMES, type EventName } from '../stream/event-names'
import { PurgedEntries } from '../stream/model'
import type { Attempt } from './sender'
import type { DeliveryWithAttempts, EndpointSettings, EndpointWithSecret } from './service'
import { webhookIdOf } from './signature'
import type { AttemptRow, DeliveryRow, EndpointRow } from './store'

const Url = z
  .string()
  .trim()
  .min(1)
  .max(2000)
  .describe('URL that receives the entries: https:// in production, without user name, password or fragment')
const Events = z
  .array(z.string().min(1).max(64))
  .max(64)
  .describe('event names and patterns such as `call.*`; default all events')
const UserId = z.string().min(1).max(200).nullable().describe('only entries of this CRM user')
const Description = z.string().max(500).nullable().describe('description')
const Seq = z.int().min(0)

export const NewEndpoint = z.strictObject({
  url: Url,
  description: Description.optional(),
  events: Events.optional(),
  user_id: UserId.optional(),
  active: z.boolean().optional().describe('default true'),
  since: Seq.optional().describe('also deliver the entries after this `seq`; default only new entries'),
})
export const EndpointChange = z.strictObject({
  url: Url.optional(),
  description: Description.optional(),
  events: Events.optional(),
  user_id: UserId.optional(),
  active: z
    .boolean()
    .optional()
    .describe('false pauses deliveries; true resumes them, and enables a disabled endpoint'),
})
export const Replay = z.strictObject({ since: Seq.describe('`seq` of the last entry that is not delivered again') })

export const Endpoint = responseSchema(() =>
  z.object({
    id: Id,
    app_id: Id,
    url: z.string(),
    description: z.string().nullable(),
    events: z.array(z.string()).describe('empty for all events'),
    user_id: z.string().nullable(),
    active: z.boolean(),
    delivered_seq: z
      .int()
      .describe('everything up to this `seq` was delivered, is waiting for a retry, or was filtered out'),
    consecutive_failures: z.int().describe('failed attempts since the last success'),
    failing_since: Instant.nullable(),
    last_attempt_at: Instant.nullable(),
    last_success_at: Instant.nullable(),
    last_error: z.string().nullable(),
    disabled_at: Instant.nullable(),
    disabled_reason: z
      .enum(DISABLED_REASONS)
      .nullable()
      .describe('`gone`: the endpoint responded 410; `failing`: deliveries failed for five days'),
    previous_secret_until: Instant.nullable().describe(
      'until then deliveries are signed with the previous secret as well',
    ),
    created_at: Instant,
    updated_at: Instant,
  }),
)
export const EndpointAnswer = responseSchema(() => z.object({ success: z.literal(true), endpoint: Endpoint }))
export const EndpointSecret = responseSchema(() =>
  z.object({
    success: z.literal(true),
    endpoint: Endpoint,
    secret: z.string().describe('signs the deliveries (Standard Webhooks); shown only this time'),
  }),
)
export const EndpointList = responseSchema(() =>
  z.object({ success: z.literal(true), endpoints: z.array(Endpoint), pagination: Pagination }),
)
export const EndpointDeleted = responseSchema(() => z.object({ success: z.literal(true), endpoint_id: Id }))

export const DeliveryAttempt = responseSchema(() =>
  z.object({
    attempted_at: Instant,
    latency_ms: z.int(),
    response_status: z.int().nullable().describe('null if the endpoint did not respond'),
    response_body: z.string().nullable().describe('first 1 KiB of the response'),
    error: z.string().nullable().describe('why the attempt failed; null after a 2xx response'),
  }),
)
export const Delivery = responseSchema(() =>
  z.object({
    id: z.string().describe('the `webhook-id`: the same for every attempt'),
    endpoint_id: Id,
    seq: z.int(),
    event: z.enum(EVENT_NAMES),
    status: z.enum(DELIVERY_STATUSES).describe('`failed`: every retry failed'),
    next_attempt_at: Instant.nullable(),
    delivered_at: Instant.nullable(),
    created_at: Instant,
    attempts: z.array(DeliveryAttempt).describe('oldest first'),
  }),
)
export const DeliveryList = responseSchema(() =>
  z.object({
    success: z.literal(true),
    deliveries: z.array(Delivery),
    pagination: Pagination,
  }),
)
export const DeliveryQuery = PageQuery.extend({ status: z.enum(DELIVERY_STATUSES).optional() })
export const DeliveryQueued = responseSchema(() =>
  z.object({
    success: z.literal(true),
    delivery: Delivery.unwrap().omit({ attempts: true }),
  }),
)
export const EndpointTested = responseSchema(() =>
  z.object({ success: z.literal(true), delivered: z.boolean(), attempt: DeliveryAttempt }),
)
export const EndpointReplayed = responseSchema(() =>
  z.object({
    success: z.literal(true),
    endpoint: Endpoint,
    gap: PurgedEntries.nullable(),
  }),
)

export const toEndpoint = (row: EndpointRow): z.infer<typeof Endpoint> => ({
  id: row.id,
  app_id: row.appId,
  url: row.url,
  description: row.description,
  events: row.events,
  user_id: row.userId,
  active: row.active,
  delivered_seq: row.deliveredSeq,
  consecutive_failures: row.consecutiveFailures,
  failing_since: isoOrNull(row.failingSince),
  last_attempt_at: isoOrNull(row.lastAttemptAt),
  last_success_at: isoOrNull(row.lastSuccessAt),
  last_error: row.lastError,
  disabled_at: isoOrNull(row.disabledAt),
  disabled_reason: row.disabledReason,
  previous_secret_until: isoOrNull(row.previousSecretUntil),
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})
export const toEndpointAnswer = (row: EndpointRow) => ({ success: true as const, endpoint: toEndpoint(row) })
export const toEndpointSecret = ({ endpoint, secret }: EndpointWithSecret) => ({
  ...toEndpointAnswer(endpoint),
  secret,
})

export const toAttempt = (attempt: Attempt | AttemptRow): z.infer<typeof DeliveryAttempt> => ({
  attempted_at: iso(attempt.attemptedAt),
  latency_ms: attempt.latencyMs,
  response_status: attempt.responseStatus,
  response_body: attempt.responseBody,
  error: attempt.error,
})
export const toQueuedDelivery = (row: DeliveryRow) => ({
  id: webhookIdOf(row.endpointId, row.seq),
  endpoint_id: row.endpointId,
  seq: row.seq,
  // Deliveries are stream entries, which have only these names.
  event: row.event as EventName,
  status: row.status,
  next_attempt_at: isoOrNull(row.nextAttemptAt),
  delivered_at: isoOrNull(row.deliveredAt),
  created_at: iso(row.createdAt),
})
export const toDelivery = ({ delivery, attempts }: DeliveryWithAttempts): z.infer<typeof Delivery> => ({
  ...toQueuedDelivery(delivery),
  attempts: attempts.map(toAttempt),
})

export const toSettings = (body: z.infer<typeof NewEndpoint>): EndpointSettings => ({
  url: body.url,
  description: body.description ?? null,
  events: body.events ?? [],
  userId: body.user_id ?? null,
  active: body.active ?? true,
})
export const toChange = ({ user_id, ...rest }: z.infer<typeof EndpointChange>): Partial<EndpointSettings> => ({
  ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<EndpointSettings>),
  ...(user_id === undefined ? {} : { userId: user_id }),
})
