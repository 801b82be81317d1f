import { sql } from 'drizzle-orm'
import { CALL_STATUSES } from '../lib/call-status'
import type { FieldRanks } from '../lib/snapshot'
import type { Party } from '../payload/party'
import { durationOrNone, hasUnknownEnd, isOpenStatus, isOverStatus } from './call-sql'
import type { Columns } from './columns'

export const DIRECTIONS = ['inbound', 'outbound'] as const
export const ROUTE_HINT_KINDS = ['office', 'target', 'user'] as const
/** What figures are grouped by in advance. */
export const ROLLUP_GROUPS = ['direction', 'user', 'target'] as const
/** What became of a conversation. */
export const OUTCOMES = ['open', 'answered', 'missed', 'voicemail', 'abandoned', 'unanswered', 'rejected'] as const
export const EVENT_STATUSES = ['pending', 'processed', 'unknown', 'unrouted', 'quarantined', 'failed'] as const
export const EVENT_SOURCES = ['webhook', 'websocket', 'backfill'] as const
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const
/** `gone`: answered 410. `failing`: failed for five days. */
export const DISABLED_REASONS = ['gone', 'failing'] as const
export const MESSAGE_STATUSES = ['pending', 'success', 'failed'] as const

/** What is known of a call beside its columns. */
export interface CallLearned extends FieldRanks {
  /** The latest end, ms since the epoch, and the longest duration, in seconds, that an event gave. */
  endedAt?: number
  durationSeconds?: number
  /** An event after the call's end gave the end. */
  saidEnded?: true
  /** The earliest upload of a message. */
  leftVoicemailAt?: number
  supervised?: true
  /** What a share link of the recording can be asked for. */
  recording?: { id: string; type: string } | null
  /**
   * Of a leg that nobody answered: undecided while other legs of its conversation ring, unseen while Dialpad has named legs
   * that no event came of, missed once that is announced.
   */
  outcome?: 'undecided' | 'unseen' | 'answered_elsewhere' | 'missed'
}

/** What is known of a message beside its columns: of an internal one, the directions it was delivered in. */
export interface MessageLearned extends FieldRanks {
  inbound?: true
  outbound?: true
  /** All media, where there are several. */
  mediaUrls?: string[]
}

/** What is known of a voicemail beside its columns. */
export interface VoicemailLearned extends FieldRanks {
  /** What a share link of the message can be asked for. */
  recordingId?: string | null
}

/** Every table, written once; schema.pg.ts and schema.sqlite.ts build it per dialect. */
export function defineTables(c: Columns) {
  const timestamps = () => ({ createdAt: c.timestampMs().notNull(), updatedAt: c.timestampMs().notNull() })

  const apps = c.table(
    'apps',
    {
      id: c.text().primaryKey(),
      name: c.text().notNull(),
      active: c.boolean().notNull().default(true),
      /** Dialpad organisation whose shared-route events belong to this app. */
      orgId: c.int64(),
      /** Last sequence number given to a stream entry of this app. */
      streamSeq: c.int64().notNull().default(0),
      /** Entries up to and including this one are purged. */
      streamPurgedSeq: c.int64().notNull().default(0),
      /** Takes what arrives on the shared route and fits no app; of at most one app. */
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

  /** What is known of an app's Dialpad account: where an event on the shared route names one of these, it is the app's. */
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
      /** The key's first 12 characters: the indexed way to the one bcrypt hash worth checking. */
      prefix: c.text().notNull(),
      hash: c.text().notNull(),
      /** Refuses a wrong key before bcrypt; null in keys of version 0.1 until they are used. */
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
      /** Null while no app could be found for the event. */
      appId: c.text().references(() => apps.id, { onDelete: 'cascade' }),
      webhookId: c.text(),
      source: c.oneOf(EVENT_SOURCES).notNull(),
      dedupeKey: c.text().notNull(),
      eventType: c.text().notNull(),
      dialpadCallId: c.int64(),
      /** The body as it was signed, never re-encoded: a compact JWT or JSON. */
      body: c.text().notNull(),
      status: c.oneOf(EVENT_STATUSES).notNull(),
      attempts: c.integer().notNull().default(0),
      nextAttemptAt: c.timestampMs().notNull(),
      claimedUntil: c.timestampMs(),
      /** The instance that works on the event. */
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

  /** Instances that share this database, each with its last sign of life by the database's clock. */
  const instances = c.table('instances', {
    id: c.text().primaryKey(),
    beatAt: c.timestampMs().notNull(),
  })

  /** When each job began that one instance does for all, by the database's clock. */
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
      /** The number outside the company, whichever the direction: what the customer directory is asked for. */
      externalNumber: c.text(),
      startedAt: c.timestampMs().notNull(),
      rangAt: c.timestampMs(),
      connectedAt: c.timestampMs(),
      endedAt: c.timestampMs(),
      durationSeconds: c.integer(),
      talkSeconds: c.integer(),
      holdSeconds: c.integer(),
      /** `hangup` said by Dialpad, or `stale` when nothing was heard for too long. */
      endReason: c.text(),
      dialpadUserId: c.int64(),
      contact: c.json<Party>(),
      target: c.json<Party>(),
      customerId: c.text(),
      jobId: c.text(),
      customData: c.json<unknown>(),
      /** Names and numbers, normalized for `q`; null in rows older than this column. */
      searchText: c.text(),
      isInternal: c.boolean().notNull().default(false),
      isTransferred: c.boolean().notNull().default(false),
      recordingSourceUrl: c.text(),
      transcript: c.text(),
      recap: c.json<Record<string, unknown>>(),
      labels: c.json<string[]>().notNull(),
      /** Where the row was first learnt from. */
      source: c.oneOf(EVENT_SOURCES).notNull(),
      /** Dialpad's clock of the newest snapshot merged into this row. */
      snapshotAt: c.timestampMs().notNull(),
      /** What the other columns do not show of the events behind them; null in rows older than this column. */
      learned: c.json<CallLearned>(),
      ...timestamps(),
    },
    (t) => [
      c.uniqueIndex('calls_app_id_dialpad_call_id').on(t.appId, t.dialpadCallId),
      // A filter that clients use has an index that also gives the order of their pages.
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

  /** What the legs of each conversation come to; worked out anew whenever one of them changes. */
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
      /** Until somebody answered, else until the end; null while the caller waits. */
      waitedSeconds: c.integer(),
      talkSeconds: c.integer().notNull(),
      holdSeconds: c.integer().notNull(),
      /** Who answered first; of a call nobody answered, the one person it rang. */
      dialpadUserId: c.int64(),
      contact: c.json<Party>(),
      /** What was called: a person or a queue. */
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

  /** The last status that Dialpad gave of each agent. */
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

  /** Figures of each quarter of an hour, which begins every day of every time zone. */
  const analyticsRollups = c.table(
    'analytics_rollups',
    {
      appId: appId(),
      groupBy: c.oneOf(ROLLUP_GROUPS).notNull(),
      bucketAt: c.timestampMs().notNull(),
      /** The direction, the user or the target; empty where there is none. */
      key: c.text().notNull(),
      label: c.text(),
      offered: c.integer().notNull(),
      answered: c.integer().notNull(),
      missed: c.integer().notNull(),
      voicemail: c.integer().notNull(),
      abandoned: c.integer().notNull(),
      answeredInbound: c.integer().notNull(),
      answerSeconds: c.int64().notNull(),
      talkSeconds: c.int64().notNull(),
      holdSeconds: c.int64().notNull(),
      longestWaitSeconds: c.integer().notNull(),
      messagesIn: c.integer().notNull(),
      messagesOut: c.integer().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.groupBy, t.bucketAt, t.key] })],
  )

  /** Hours whose figures changed since they were rolled up: until that is done again they are counted from the records. */
  const analyticsChangedHours = c.table(
    'analytics_changed_hours',
    {
      appId: appId(),
      hourAt: c.timestampMs().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.hourAt] })],
  )

  /** Apps whose conversations are worked out anew from their calls, and how far that is. */
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
      /** The CRM user the entry concerns, for user-level subscribers. */
      userId: c.text(),
      dialpadUserId: c.int64(),
      /** The entry as it is sent, `seq` and `event` included. */
      data: c.text().notNull(),
      createdAt: c.timestampMs().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.seq] }), c.index('stream_entries_created_at').on(t.createdAt)],
  )

  /** Addresses of client software that stream entries are posted to. */
  const endpoints = c.table(
    'endpoints',
    {
      id: c.text().primaryKey(),
      appId: appId(),
      url: c.text().notNull(),
      description: c.text(),
      /** Patterns as on the socket; empty for all events. */
      events: c.json<string[]>().notNull(),
      userId: c.text(),
      active: c.boolean().notNull().default(true),
      secretEncrypted: c.text().notNull(),
      /** Also signed with until `previousSecretUntil`, so that a rotation loses nothing. */
      previousSecretEncrypted: c.text(),
      previousSecretUntil: c.timestampMs(),
      /** Every entry up to here is delivered, waits in endpoint_deliveries, or is not of the endpoint's events. */
      deliveredSeq: c.int64().notNull(),
      consecutiveFailures: c.integer().notNull().default(0),
      /** First failure since the last success. */
      failingSince: c.timestampMs(),
      lastAttemptAt: c.timestampMs(),
      lastSuccessAt: c.timestampMs(),
      lastError: c.text(),
      disabledAt: c.timestampMs(),
      disabledReason: c.oneOf(DISABLED_REASONS),
      /** Grows with every change an operator makes, so that the instance that delivers starts anew from the row. */
      version: c.integer().notNull().default(1),
      /** Grows when a replay puts the position back, so that no late outcome moves it on again. */
      replays: c.integer().notNull().default(0),
      /** The instance that delivers to it, while that lives. */
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
      /** Failures that count for the schedule of retries. */
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
      /** Null when no answer came. */
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
      /** `webhook` is called by Dialpad; `websocket` is pulled by us. */
      kind: c.oneOf(['webhook', 'websocket']).notNull(),
      dialpadWebhookId: c.int64(),
      hookUrl: c.text(),
      secretEncrypted: c.text().notNull(),
      /** Still accepted until `previousSecretUntil`, so a rotation loses nothing. */
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
      /** Access and refresh token, one JWE. */
      tokensEncrypted: c.text().notNull(),
      expiresAt: c.timestampMs(),
      /** Compared and swapped by a refresh, so two instances never spend one refresh token. */
      version: c.integer().notNull().default(1),
      refreshClaimedUntil: c.timestampMs(),
      status: c.oneOf(['connected', 'failing', 'disconnected']).notNull(),
      lastError: c.text(),
      lastRefreshedAt: c.timestampMs(),
      ...timestamps(),
    },
    (t) => [c.uniqueIndex('dialpad_connections_app_id').on(t.appId)],
  )

  /** One-time secrets with an end: OAuth states and connect links. */
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
      /** Null while the first request is in flight. */
      responseStatus: c.integer(),
      responseBody: c.text(),
      createdAt: c.timestampMs().notNull(),
      expiresAt: c.timestampMs().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.appId, t.key] }), c.index('idempotency_keys_expires_at').on(t.expiresAt)],
  )

  /** Logins to the console that have not ended. */
  const consoleSessions = c.table(
    'console_sessions',
    {
      /** HMAC of the cookie under the admin secret: a new secret ends every session. */
      id: c.text().primaryKey(),
      createdAt: c.timestampMs().notNull(),
      expiresAt: c.timestampMs().notNull(),
    },
    (t) => [c.index('console_sessions_expires_at').on(t.expiresAt)],
  )

  /** What each instance did in half a minute; kept for a day. */
  const loadSamples = c.table(
    'load_samples',
    {
      instanceId: c.text().notNull(),
      /** Beginning of the half minute. */
      at: c.timestampMs().notNull(),
      events: c.integer().notNull(),
      eventsTimed: c.integer().notNull(),
      /** Sum over `events_timed`, from receipt to commit. */
      eventMs: c.int64().notNull(),
      requests: c.integer().notNull(),
      requestMs: c.int64().notNull(),
      /** Events that waited at the end of it. */
      queueDepth: c.integer().notNull(),
      sockets: c.integer().notNull(),
      rssMb: c.integer().notNull(),
      heapMb: c.integer().notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.at, t.instanceId] })],
  )

  /** How far a copy into this database came; empty once it is complete, and always otherwise. */
  const copyProgress = c.table('copy_progress', {
    /** Name of a table, or `source` for the address of what is copied. */
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
