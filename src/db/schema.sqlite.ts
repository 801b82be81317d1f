import { sqliteColumns } from './columns'
import { defineTables } from './tables'

export const {
  apps,
  apiKeys,
  apiKeyAuditLog,
  webhookEvents,
  instances,
  calls,
  callStates,
  callLinks,
  messages,
  voicemails,
  dialpadUserMappings,
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
  copyProgress,
} = defineTables(sqliteColumns)
