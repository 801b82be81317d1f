import { sql } from 'drizzle-orm'
import { CALL_STATUSES } from '../lib/call-status'
import type { FieldRanks } from '../lib/snapshot'
import type { Party } from '../payload/party'
import { durationOrNone, hasUnknownEnd, isOpenStatus, isOverStatus } from './call-sql'
import type { Columns } from './columns.sqlite'

export const DIRECTIONS = ['inbound', 'outbound'] as const
const ROUTE_HINT_KINDS = ['office', 'target', 'user'] as const
/** Groups of the precomputed figures. */
export const ROLLUP_GROUPS = ['direction', 'user', 'target', 'customer'] as const
export const ROLLUP_SIZES = ['sixteen_days', 'four_days', 'day', 'four_hours', 'hour', 'quarter'] as const
/** Outcomes of a conversation. */
export const OUTCOMES = ['open', 'answered', 'missed', 'voicemail', 'abandoned', 'unanswered', 'rejected'] as const
export const EVENT_STATUSES = ['pending', 'processed', 'unknown', 'unrouted', 'quarantined', 'failed'] as const
export const EVENT_SOURCES = ['webhook', 'websocket', 'backfill'] as const
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const
/** `gone`: the endpoint responded 410. `failing`: deliveries failed for five days. */
export const DISABLED_REASONS = ['gone', 'failing'] as const

/** Facts about a call that have no column. */
export interface CallLearned extends FieldRanks {
  /** The latest end (ms since the epoch) and the longest duration (seconds) of all events. */
  endedAt?: number
  durationSeconds?: number
  /** Whether an event after the call's end contained the end. */
  saidEnded?: true
  /** The earliest upload of a voicemail message. */
  leftVoicemailAt?: number
  supervised?: true
  /** Id to request a share link of the recording with. */
  recording?: { id: string; type: string } | null
  /**
   * Outcome of an unanswered leg: `undecided` while other legs of its conversation ring, `unseen` while events of legs that
   * Dialpad named are missing, `missed` once `call.missed` is published.
   */
  outcome?: 'undecided' | 'unseen' | 'answered_elsewhere' | 'missed'
}

/** Facts about a message that have no column. For an internal message: the directions it was delivered in. */
export interface MessageLearned extends FieldRanks {
  inbound?: true
  outbound?: true
  /** All media of a message with more than one. */
  mediaUrls?: string[]
}

/** Facts about a voicemail that have no column. */
export interface VoicemailLearned extends FieldRanks {
  /** Id to request a share link of the message with. */
  recordingId?: string | null
}

/** All tables. schema.pg.ts and schema.sqlite.ts build them per dialect. */
export function defineTables(c: Columns) {
  const timestamps = () => ({ createdAt: c.timestampMs().notNull(), updatedAt: c.timestampMs().notNull() })

  const apps = c.table(
    'apps',
    {
      id: c.text().primaryKey(),
      name: c.text().notNull(),
      active: c.boolean().notNull().default(true),
      /** Dialpad organization whose events on the shared route belong to this app. */
      orgId: c.int64(),
      /** Sequence number of this app's newest stream entry. */
      streamSeq: c.int64().notNull().default(0),
      /** Entries up to and including this one are purged. */
      streamPurgedSeq: c.int64().notNull().default(0),
      /** Whether the app gets events on the shared route that match no app. True for at most one app. */
      sharedRoute: c.boolean().notNull().default(false),
      ...timestamps(),
    },
    (t) => [c.index('apps_org_id').on(t.orgId)],
  )
  const appId = () =>
    c
      .text()
      .notNull()
      .references(() => apps.id, { onDelete: 'cascade' })

  /** Known ids of an app's Dialpad account. An event on the shared route with one of them belongs to the app. */
  const routeHints = c.table(
    'route_hints',
    {
      appId: appId(),
      kind: c.oneOf(ROUTE_HINT_KINDS).notNull(),
      dialpadId: c.int64().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.kind, t.dialpadId] })],
  )

  const apiKeys = c.table(
    'api_keys',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      /** The key's first 12 characters, indexed, so that only one bcrypt hash has to be checked. */
      prefix: c.text().notNull(),
      hash: c.text().notNull(),
      /** Rejects a wrong key without bcrypt. Null in keys of version 0.1 until their first use. */
      checksum: c.text(),
      hint: c.text().notNull(),
      createdAt: c.timestampMs().notNull(),
      expiresAt: c.timestampMs(),
      revokedAt: c.timestampMs(),
      lastUsedAt: c.timestampMs(),
    },
    (t) => [c.uniqueIndex('api_keys_prefix').on(t.prefix), c.index('api_keys_app_id').on(t.appId)],
  )

  const apiKeyAuditLog = c.table(
    'api_key_audit_log',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      action: c.oneOf(['created', 'rotated', 'revoked']).notNull(),
      oldKeyHint: c.text(),
      newKeyHint: c.text(),
      performedBy: c.text().notNull(),
      performedAt: c.timestampMs().notNull(),
    },
    (t) => [c.index('api_key_audit_log_app_id').on(t.appId, t.id)],
  )

  const webhookEvents = c.table(
    'webhook_events',
    {
      id: c.text().primaryKey(),
      /** Null while the event is unrouted. */
      appId: c.text().references(() => apps.id, { onDelete: 'cascade' }),
      webhookId: c.text(),
      source: c.oneOf(EVENT_SOURCES).notNull(),
      dedupeKey: c.text().notNull(),
      eventType: c.text().notNull(),
      dialpadCallId: c.int64(),
      /** The signed body, never re-encoded: a compact JWT or JSON. */
      body: c.text().notNull(),
      status: c.oneOf(EVENT_STATUSES).notNull(),
      attempts: c.integer().notNull().default(0),
      nextAttemptAt: c.timestampMs().notNull(),
      claimedUntil: c.timestampMs(),
      /** The instance that claimed the event. */
      claimedBy: c.text(),
      error: c.text(),
      receivedAt: c.timestampMs().notNull(),
      processedAt: c.timestampMs(),
    },
    (t) => [
      c.uniqueIndex('webhook_events_dedupe_key').on(t.dedupeKey),
      c.index('webhook_events_status').on(t.status, t.receivedAt, t.id),
      c.index('webhook_events_app_id').on(t.appId, t.id),
    ],
  )

  /** Instances that share this database, each with its last heartbeat by the database's clock. */
  const instances = c.table('instances', {
    id: c.text().primaryKey(),
    beatAt: c.timestampMs().notNull(),
  })

  /** Last start of each job that one instance runs for all, by the database's clock. */
  const jobRuns = c.table('job_runs', {
    name: c.text().primaryKey(),
    startedAt: c.timestampMs().notNull(),
  })

  const calls = c.table(
    'calls',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      dialpadCallId: c.int64().notNull(),
      conversationId: c.text().notNull(),
      direction: c.oneOf(DIRECTIONS).notNull(),
      status: c.oneOf(CALL_STATUSES).notNull(),
      fromNumber: c.text(),
      toNumber: c.text(),
      /** The number outside the company, for both directions. Used to look up the customer. */
      externalNumber: c.text(),
      startedAt: c.timestampMs().notNull(),
      rangAt: c.timestampMs(),
      connectedAt: c.timestampMs(),
      endedAt: c.timestampMs(),
      durationSeconds: c.integer(),
      talkSeconds: c.integer(),
      holdSeconds: c.integer(),
      /** One of END_REASONS. */
      endReason: c.text(),
      dialpadUserId: c.int64(),
      contact: c.json<Party>(),
      target: c.json<Party>(),
      customerId: c.text(),
      jobId: c.text(),
      customData: c.json<unknown>(),
      /** Names and numbers, normalized for `q`. Null in rows older than this column. */
      searchText: c.text(),
      isInternal: c.boolean().notNull().default(false),
      isTransferred: c.boolean().notNull().default(false),
      recordingSourceUrl: c.text(),
      transcript: c.text(),
      recap: c.json<Record<string, unknown>>(),
      labels: c.json<string[]>().notNull(),
      /** Source of the event that created the row. */
      source: c.oneOf(EVENT_SOURCES).notNull(),
      /** Time of the newest snapshot merged into this row, by Dialpad's clock. */
      snapshotAt: c.timestampMs().notNull(),
      /** Facts from events that have no column. Null in rows older than this column. */
      learned: c.json<CallLearned>(),
      ...timestamps(),
    },
    (t) => [
      c.uniqueIndex('calls_app_id_dialpad_call_id').on(t.appId, t.dialpadCallId),
      // Each filter of the API has an index that also provides the order of its pages.
      c.index('calls_app_id_started_at').on(t.appId, t.startedAt, t.id),
      c.index('calls_app_id_updated_at').on(t.appId, t.updatedAt, t.id),
      c.index('calls_open').on(t.appId, t.startedAt, t.id).where(isOpenStatus(t.status)),
      c.index('calls_over').on(t.appId, t.status, t.startedAt, t.id).where(isOverStatus(t.status)),
      c.index('calls_app_id_user').on(t.appId, t.dialpadUserId, t.startedAt, t.id),
      c.index('calls_app_id_external_number').on(t.appId, t.externalNumber, t.startedAt, t.id),
      c.index('calls_app_id_from_number').on(t.appId, t.fromNumber, t.startedAt, t.id),
      c.index('calls_app_id_to_number').on(t.appId, t.toNumber, t.startedAt, t.id),
      c.index('calls_customer').on(t.appId, t.customerId, t.startedAt, t.id).where(sql`${t.customerId} is not null`),
      c.index('calls_job').on(t.appId, t.jobId, t.startedAt, t.id).where(sql`${t.jobId} is not null`),
      c.index('calls_app_id_duration').on(t.appId, durationOrNone(t.durationSeconds), t.id),
      c.index('calls_undecided').on(t.snapshotAt).where(hasUnknownEnd(t.endReason)),
      c.index('calls_app_id_conversation_id').on(t.appId, t.conversationId, t.startedAt, t.id),
    ],
  )

  const callStates = c.table(
    'call_states',
    {
      callId: c
        .text()
        .notNull()
        .references(() => calls.id, { onDelete: 'cascade' }),
      state: c.text().notNull(),
      /** Dialpad's clock. */
      at: c.timestampMs().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.callId, t.at, t.state] })],
  )

  const callLinks = c.table(
    'call_links',
    {
      appId: appId(),
      dialpadCallId: c.int64().notNull(),
      conversationId: c.text().notNull(),
    },
    (t) => [
      c.primaryKey({ columns: [t.appId, t.dialpadCallId] }),
      c.index('call_links_conversation_id').on(t.appId, t.conversationId),
    ],
  )

  /** Summary of each conversation, computed again whenever one of its legs changes. */
  const conversations = c.table(
    'conversations',
    {
      id: c.text().notNull(),
      appId: appId(),
      direction: c.oneOf(DIRECTIONS).notNull(),
      status: c.oneOf(CALL_STATUSES).notNull(),
      outcome: c.oneOf(OUTCOMES).notNull(),
      fromNumber: c.text(),
      toNumber: c.text(),
      externalNumber: c.text(),
      startedAt: c.timestampMs().notNull(),
      answeredAt: c.timestampMs(),
      endedAt: c.timestampMs(),
      durationSeconds: c.integer(),
      /** Time until the answer, or until the end if nobody answered. Null while the caller waits. */
      waitedSeconds: c.integer(),
      talkSeconds: c.integer().notNull(),
      holdSeconds: c.integer().notNull(),
      /** User who answered first. If nobody answered, the user it rang, if only one. */
      dialpadUserId: c.int64(),
      contact: c.json<Party>(),
      /** The person or queue that was called. */
      target: c.json<Party>(),
      customerId: c.text(),
      jobId: c.text(),
      isInternal: c.boolean().notNull(),
      legCount: c.integer().notNull(),
      ...timestamps(),
    },
    (t) => [
      c.primaryKey({ columns: [t.appId, t.id] }),
      c.index('conversations_app_id_started_at').on(t.appId, t.startedAt, t.id),
      c.index('conversations_app_id_user').on(t.appId, t.dialpadUserId, t.startedAt, t.id),
    ],
  )

  const messages = c.table(
    'messages',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      dialpadMessageId: c.int64().notNull(),
      direction: c.oneOf(DIRECTIONS).notNull(),
      fromNumber: c.text(),
      toNumbers: c.json<string[]>().notNull(),
      toNumber: c.text(),
      externalNumber: c.text(),
      text: c.text(),
      mediaUrl: c.text(),
      status: c.text(),
      deliveryResult: c.text(),
      dialpadUserId: c.int64(),
      contact: c.json<Party>(),
      target: c.json<Party>(),
      isInternal: c.boolean().notNull().default(false),
      sentAt: c.timestampMs().notNull(),
      snapshotAt: c.timestampMs().notNull(),
      learned: c.json<MessageLearned>(),
      ...timestamps(),
    },
    (t) => [
      c.uniqueIndex('messages_app_id_dialpad_message_id').on(t.appId, t.dialpadMessageId),
      c.index('messages_app_id_sent_at').on(t.appId, t.sentAt, t.id),
      c.index('messages_app_id_user').on(t.appId, t.dialpadUserId, t.sentAt, t.id),
      c.index('messages_app_id_external_number').on(t.appId, t.externalNumber, t.sentAt, t.id),
      c.index('messages_app_id_from_number').on(t.appId, t.fromNumber, t.sentAt, t.id),
      c.index('messages_app_id_status').on(t.appId, t.status, t.sentAt, t.id),
    ],
  )

  const voicemails = c.table(
    'voicemails',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      dialpadCallId: c.int64().notNull(),
      dialpadUserId: c.int64(),
      fromNumber: c.text(),
      toNumber: c.text(),
      recordingSourceUrl: c.text(),
      transcript: c.text(),
      durationSeconds: c.integer(),
      snapshotAt: c.timestampMs().notNull(),
      learned: c.json<VoicemailLearned>(),
      ...timestamps(),
    },
    (t) => [
      c.uniqueIndex('voicemails_app_id_dialpad_call_id').on(t.appId, t.dialpadCallId),
      c.index('voicemails_app_id_created_at').on(t.appId, t.createdAt, t.id),
      c.index('voicemails_app_id_user').on(t.appId, t.dialpadUserId, t.createdAt, t.id),
      c.index('voicemails_app_id_from_number').on(t.appId, t.fromNumber, t.createdAt, t.id),
    ],
  )

  const dialpadUserMappings = c.table(
    'dialpad_user_mappings',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      dialpadUserId: c.int64().notNull(),
      crmUserId: c.text().notNull(),
      ...timestamps(),
    },
    (t) => [
      c.uniqueIndex('dialpad_user_mappings_dialpad').on(t.appId, t.dialpadUserId),
      c.index('dialpad_user_mappings_crm').on(t.appId, t.crmUserId),
    ],
  )

  /** The last status of each agent. */
  const agentStatuses = c.table(
    'agent_statuses',
    {
      appId: appId(),
      dialpadUserId: c.int64().notNull(),
      data: c.json<Record<string, unknown>>().notNull(),
      /** Dialpad's clock. */
      at: c.timestampMs().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.dialpadUserId] })],
  )

  /**
   * Figures per day of UTC, four hours, hour, and quarter of an hour, because days start on a quarter of an hour in every time zone.
   * One row has all groups of a bucket: with a row per group, a month takes ten times as long to add up. Past days are also
   * combined into four and sixteen days, because a customer's key is in most days of a month.
   */
  const analyticsRollups = c.table(
    'analytics_rollups',
    {
      appId: appId(),
      groupBy: c.oneOf(ROLLUP_GROUPS).notNull(),
      size: c.oneOf(ROLLUP_SIZES).notNull(),
      bucketAt: c.timestampMs().notNull(),
      /** JSON, see analytics/packed-figures.ts. */
      figures: c.text().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.groupBy, t.size, t.bucketAt] })],
  )

  /** Hours whose figures changed since the last rollup. Until the next one, queries compute them from the records. */
  const analyticsChangedHours = c.table(
    'analytics_changed_hours',
    {
      appId: appId(),
      hourAt: c.timestampMs().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.hourAt] })],
  )

  /** Apps whose conversations are being computed again from their calls, with the progress. */
  const conversationRebuilds = c.table('conversation_rebuilds', {
    appId: c
      .text()
      .primaryKey()
      .references(() => apps.id, { onDelete: 'cascade' }),
    afterId: c.text().notNull().default(''),
  })

  const customers = c.table(
    'customers',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      externalId: c.text().notNull(),
      name: c.text().notNull(),
      email: c.text(),
      url: c.text(),
      attributes: c.json<Record<string, unknown>>().notNull(),
      ...timestamps(),
    },
    (t) => [
      c.uniqueIndex('customers_app_id_external_id').on(t.appId, t.externalId),
      c.index('customers_app_id_name').on(t.appId, t.name, t.id),
    ],
  )

  const customerPhones = c.table(
    'customer_phones',
    {
      customerId: c
        .text()
        .notNull()
        .references(() => customers.id, { onDelete: 'cascade' }),
      appId: appId(),
      phone: c.text().notNull(),
    },
    (t) => [
      c.primaryKey({ columns: [t.customerId, t.phone] }),
      c.index('customer_phones_app_id_phone').on(t.appId, t.phone),
    ],
  )

  const streamEntries = c.table(
    'stream_entries',
    {
      appId: appId(),
      seq: c.int64().notNull(),
      event: c.text().notNull(),
      /** CRM user of the entry, for subscribers with a user filter. */
      userId: c.text(),
      dialpadUserId: c.int64(),
      /** The entry as clients receive it, including `seq` and `event`. */
      data: c.text().notNull(),
      createdAt: c.timestampMs().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.seq] }), c.index('stream_entries_created_at').on(t.createdAt)],
  )

  /** URLs of client software that the server posts stream entries to. */
  const endpoints = c.table(
    'endpoints',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      url: c.text().notNull(),
      description: c.text(),
      /** Event patterns, as on the socket. Empty for all events. */
      events: c.json<string[]>().notNull(),
      userId: c.text(),
      active: c.boolean().notNull().default(true),
      secretEncrypted: c.text().notNull(),
      /** Deliveries carry a second signature with this secret until `previousSecretUntil`. */
      previousSecretEncrypted: c.text(),
      previousSecretUntil: c.timestampMs(),
      /** Every entry up to this one is delivered, waits in endpoint_deliveries, or does not match the endpoint's events. */
      deliveredSeq: c.int64().notNull(),
      consecutiveFailures: c.integer().notNull().default(0),
      /** First failure since the last success. */
      failingSince: c.timestampMs(),
      lastAttemptAt: c.timestampMs(),
      lastSuccessAt: c.timestampMs(),
      lastError: c.text(),
      disabledAt: c.timestampMs(),
      disabledReason: c.oneOf(DISABLED_REASONS),
      /** Increases with every change by an operator, so that the delivering instance reloads the row. */
      version: c.integer().notNull().default(1),
      /** Increases when a replay moves the position back, so that an outcome of an earlier delivery cannot advance it. */
      replays: c.integer().notNull().default(0),
      /** The instance that delivers to this endpoint. */
      leaseOwner: c.text(),
      ...timestamps(),
    },
    (t) => [
      c.index('endpoints_app_id').on(t.appId, t.id),
      c.index('endpoints_lease_owner').on(t.leaseOwner),
      c.index('endpoints_disabled_at').on(t.disabledAt),
    ],
  )
  const endpointId = () =>
    c
      .text()
      .notNull()
      .references(() => endpoints.id, { onDelete: 'cascade' })

  const endpointDeliveries = c.table(
    'endpoint_deliveries',
    {
      endpointId: endpointId(),
      seq: c.int64().notNull(),
      appId: appId(),
      event: c.text().notNull(),
      status: c.oneOf(DELIVERY_STATUSES).notNull(),
      /** Number of failures, which determines the next retry. */
      failures: c.integer().notNull(),
      nextAttemptAt: c.timestampMs(),
      lastAttemptAt: c.timestampMs().notNull(),
      deliveredAt: c.timestampMs(),
      createdAt: c.timestampMs().notNull(),
    },
    (t) => [
      c.primaryKey({ columns: [t.endpointId, t.seq] }),
      c.index('endpoint_deliveries_due').on(t.endpointId, t.status, t.nextAttemptAt),
    ],
  )

  const endpointAttempts = c.table(
    'endpoint_attempts',
    {
      id: c.text().primaryKey(),
      endpointId: endpointId(),
      seq: c.int64().notNull(),
      appId: appId(),
      attemptedAt: c.timestampMs().notNull(),
      latencyMs: c.integer().notNull(),
      /** Null if the endpoint did not respond. */
      responseStatus: c.integer(),
      /** The first 1 KiB. */
      responseBody: c.text(),
      error: c.text(),
    },
    (t) => [c.index('endpoint_attempts_delivery').on(t.endpointId, t.seq)],
  )

  const dialpadWebhooks = c.table(
    'dialpad_webhooks',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      /** `webhook`: Dialpad calls us. `websocket`: we connect to Dialpad. */
      kind: c.oneOf(['webhook', 'websocket']).notNull(),
      dialpadWebhookId: c.int64(),
      hookUrl: c.text(),
      secretEncrypted: c.text().notNull(),
      /** Accepted until `previousSecretUntil`, so that a rotation loses no events. */
      previousSecretEncrypted: c.text(),
      previousSecretUntil: c.timestampMs(),
      lastDeliveryAt: c.timestampMs(),
      deliveryCount: c.integer().notNull().default(0),
      failureCount: c.integer().notNull().default(0),
      lastFailureAt: c.timestampMs(),
      lastFailure: c.text(),
      ...timestamps(),
    },
    (t) => [c.index('dialpad_webhooks_app_id').on(t.appId)],
  )

  const dialpadSubscriptions = c.table(
    'dialpad_subscriptions',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      webhookId: c
        .text()
        .notNull()
        .references(() => dialpadWebhooks.id, { onDelete: 'cascade' }),
      kind: c.oneOf(['call', 'sms', 'agent_status']).notNull(),
      dialpadSubscriptionId: c.int64().notNull(),
      settings: c.json<Record<string, unknown>>().notNull(),
      createdAt: c.timestampMs().notNull(),
    },
    (t) => [c.index('dialpad_subscriptions_webhook_id').on(t.webhookId)],
  )

  const dialpadConnections = c.table(
    'dialpad_connections',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      orgId: c.int64(),
      companyName: c.text(),
      scopes: c.text(),
      /** Access and refresh token as one JWE. */
      tokensEncrypted: c.text().notNull(),
      expiresAt: c.timestampMs(),
      /** A refresh compares and swaps this, so that two instances never use the same refresh token. */
      version: c.integer().notNull().default(1),
      refreshClaimedUntil: c.timestampMs(),
      status: c.oneOf(['connected', 'failing', 'disconnected']).notNull(),
      lastError: c.text(),
      lastRefreshedAt: c.timestampMs(),
      ...timestamps(),
    },
    (t) => [c.uniqueIndex('dialpad_connections_app_id').on(t.appId)],
  )

  /** One-time secrets that expire: OAuth states and connect links. */
  const oneTimeTokens = c.table('one_time_tokens', {
    id: c.text().primaryKey(),
    appId: appId(),
    purpose: c.oneOf(['connect_link', 'oauth_state']).notNull(),
    secretEncrypted: c.text(),
    expiresAt: c.timestampMs().notNull(),
    usedAt: c.timestampMs(),
  })

  const backfills = c.table('backfills', {
    appId: c
      .text()
      .primaryKey()
      .references(() => apps.id, { onDelete: 'cascade' }),
    watermarkAt: c.timestampMs().notNull(),
    claimedUntil: c.timestampMs(),
    lastStartedAt: c.timestampMs(),
    lastFinishedAt: c.timestampMs(),
    lastError: c.text(),
    callsSeen: c.integer().notNull().default(0),
    callsRecovered: c.integer().notNull().default(0),
  })

  const idempotencyKeys = c.table(
    'idempotency_keys',
    {
      appId: appId(),
      key: c.text().notNull(),
      requestHash: c.text().notNull(),
      /** Null while the first request is being processed. */
      responseStatus: c.integer(),
      responseBody: c.text(),
      createdAt: c.timestampMs().notNull(),
      expiresAt: c.timestampMs().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.key] }), c.index('idempotency_keys_expires_at').on(t.expiresAt)],
  )

  /** Active console sessions. */
  const consoleSessions = c.table(
    'console_sessions',
    {
      /** HMAC of the cookie with the admin secret, so that a new secret ends every session. */
      id: c.text().primaryKey(),
      createdAt: c.timestampMs().notNull(),
      expiresAt: c.timestampMs().notNull(),
    },
    (t) => [c.index('console_sessions_expires_at').on(t.expiresAt)],
  )

  /** Load of each instance per half minute, kept for a day. */
  const loadSamples = c.table(
    'load_samples',
    {
      instanceId: c.text().notNull(),
      /** Start of the half minute. */
      at: c.timestampMs().notNull(),
      events: c.integer().notNull(),
      eventsTimed: c.integer().notNull(),
      /** Total time of `events_timed` events from receipt to commit. */
      eventMs: c.int64().notNull(),
      requests: c.integer().notNull(),
      requestMs: c.int64().notNull(),
      /** Events waiting at the end of the half minute. */
      queueDepth: c.integer().notNull(),
      sockets: c.integer().notNull(),
      rssMb: c.integer().notNull(),
      heapMb: c.integer().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.at, t.instanceId] })],
  )

  /** Progress of an unfinished copy into this database. Otherwise empty. */
  const copyProgress = c.table('copy_progress', {
    /** Name of a table, or `source` for the address of the source. */
    id: c.text().primaryKey(),
    value: c.json<unknown>().notNull(),
  })

  return {
    apps,
    routeHints,
    apiKeys,
    apiKeyAuditLog,
    webhookEvents,
    instances,
    jobRuns,
    calls,
    callStates,
    callLinks,
    conversations,
    messages,
    voicemails,
    dialpadUserMappings,
    agentStatuses,
    analyticsRollups,
    analyticsChangedHours,
    conversationRebuilds,
    customers,
    customerPhones,
    streamEntries,
    endpoints,
    endpointDeliveries,
    endpointAttempts,
    dialpadWebhooks,
    dialpadSubscriptions,
    dialpadConnections,
    oneTimeTokens,
    backfills,
    idempotencyKeys,
    consoleSessions,
    loadSamples,
    copyProgress,
  }
}

export type Tables = ReturnType<typeof defineTables>
