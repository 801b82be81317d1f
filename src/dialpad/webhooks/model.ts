import { z } from 'zod'
import { responseSchema } from '../../http/response-schema'
import { DialpadId, Id, Instant, PageQuery, Pagination } from '../../http/schemas'
import { iso, isoOrNull } from '../../lib/clock'
import type { PullStatus } from '../pull/connection'
import { CALL_STATES, TARGET_TYPES } from './call-states'
import { diagnose } from './diagnosis'
import { CHECKS, REPAIRS } from './reconcile'
import type { WebhookWithSubscriptions } from './service'
import type { SubscriptionRow } from './store'

const CallStates = z.array(z.enum(CALL_STATES)).min(1).max(CALL_STATES.length)
const SmsDirection = z
  .enum(['all', 'inbound', 'outbound'])
  .describe('direction of the SMS to subscribe to; default `all`')
export const SubscriptionTarget = z
  .object({ target_type: z.enum(TARGET_TYPES), target_id: DialpadId })
  .describe('only events of this user, office, department, …; default the whole company')

export const NewWebhook = z.strictObject({
  call_states: CallStates.optional().describe('call states to subscribe to; by default all that change a call'),
  group_calls_only: z.boolean().optional(),
  sms: z.boolean().optional().describe('whether to subscribe to SMS and their delivery; default true'),
  sms_direction: SmsDirection.optional(),
  agent_status: z
    .boolean()
    .optional()
    .describe('whether to subscribe to the status of call center agents; default false'),
  target: SubscriptionTarget.optional(),
})
export const NewSubscription = z.strictObject({
  kind: z.enum(['call', 'sms', 'agent_status']),
  sms_direction: SmsDirection.optional(),
  call_states: CallStates.optional(),
  group_calls_only: z.boolean().optional(),
  target: SubscriptionTarget.optional(),
})

export const Subscription = responseSchema(() =>
  z.object({
    id: Id,
    kind: z.enum(['call', 'sms', 'agent_status']),
    dialpad_subscription_id: DialpadId,
    settings: z.record(z.string(), z.unknown()).describe('settings sent to Dialpad'),
    created_at: Instant,
  }),
)
const Pull = responseSchema(() =>
  z
    .object({
      state: z.enum(['connecting', 'connected', 'waiting']),
      connected_since: Instant.nullable(),
      last_seen_at: Instant.nullable(),
      last_frame_at: Instant.nullable(),
      frames: z.int(),
      reconnects: z.int(),
      last_error: z.string().nullable(),
    })
    .describe('state of the websocket in pull mode, on this instance; null in webhook mode'),
)

export const Webhook = responseSchema(() =>
  z.object({
    webhook_id: Id,
    app_id: Id,
    kind: z.enum(['webhook', 'websocket']).describe('`webhook`, or `websocket` in pull mode'),
    dialpad_webhook_id: DialpadId.nullable(),
    hook_url: z.string().nullable(),
    subscriptions: z.array(Subscription),
    state: z.enum(['healthy', 'waiting', 'failing']),
    summary: z.string().describe('summary of subscriptions, deliveries and failures, in one sentence'),
    last_delivery_at: Instant.nullable(),
    delivery_count: z.int(),
    failure_count: z.int().describe('number of rejected deliveries, usually because of their signature'),
    last_failure_at: Instant.nullable(),
    last_failure: z.string().nullable(),
    pull: Pull.nullable(),
    created_at: Instant,
    updated_at: Instant,
  }),
)
export const WebhookCreated = responseSchema(() =>
  z.object({
    success: z.literal(true),
    webhook_id: Id,
    hook_url: z.string().nullable().describe('URL that Dialpad sends events to; null in pull mode'),
    subscriptions: z.array(Subscription),
    webhook: Webhook,
  }),
)
export const WebhookAnswer = responseSchema(() => z.object({ success: z.literal(true), webhook: Webhook }))
export const WebhookList = responseSchema(() =>
  z.object({ success: z.literal(true), webhooks: z.array(Webhook), pagination: Pagination }),
)
export const WebhookQuery = PageQuery.extend({ app_id: z.string().min(1).max(100).optional() })
export const WebhookDeleted = responseSchema(() => z.object({ success: z.literal(true), webhook_id: z.string() }))
export const SubscriptionList = responseSchema(() =>
  z.object({
    success: z.literal(true),
    subscriptions: z.array(Subscription),
    pagination: Pagination,
  }),
)
export const SubscriptionAnswer = responseSchema(() =>
  z.object({ success: z.literal(true), subscription: Subscription }),
)
export const SubscriptionDeleted = responseSchema(() =>
  z.object({
    success: z.literal(true),
    id: z.string().describe('id of the subscription'),
  }),
)
export const WebhookTested = responseSchema(() =>
  z.object({
    success: z.literal(true),
    passed: z.boolean(),
    checks: z.array(z.object({ name: z.enum(CHECKS), ok: z.boolean(), detail: z.string() })),
  }),
)
export const Reconciled = responseSchema(() =>
  z.object({
    success: z.literal(true),
    repairs: z.array(z.object({ webhook_id: z.string().nullable(), what: z.enum(REPAIRS), detail: z.string() })),
  }),
)

export const toSubscription = (row: SubscriptionRow): z.infer<typeof Subscription> => ({
  id: row.id,
  kind: row.kind,
  dialpad_subscription_id: row.dialpadSubscriptionId,
  settings: row.settings ?? {},
  created_at: iso(row.createdAt),
})

export function toWebhook(registration: WebhookWithSubscriptions, pull: PullStatus | null): z.infer<typeof Webhook> {
  const { webhook, subscriptions } = registration
  return {
    webhook_id: webhook.id,
    app_id: webhook.appId,
    kind: webhook.kind,
    dialpad_webhook_id: webhook.dialpadWebhookId,
    hook_url: webhook.hookUrl,
    subscriptions: subscriptions.map(toSubscription),
    ...diagnose(registration),
    last_delivery_at: isoOrNull(webhook.lastDeliveryAt),
    delivery_count: webhook.deliveryCount,
    failure_count: webhook.failureCount,
    last_failure_at: isoOrNull(webhook.lastFailureAt),
    last_failure: webhook.lastFailure,
    pull: pull && {
      ...pull,
      connected_since: isoOrNull(pull.connected_since),
      last_seen_at: isoOrNull(pull.last_seen_at),
      last_frame_at: isoOrNull(pull.last_frame_at),
    },
    created_at: iso(webhook.createdAt),
    updated_at: iso(webhook.updatedAt),
  }
}
