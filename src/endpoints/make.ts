import type { Apps } from '../apps/make'
import type { Config } from '../config/settings'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { SecretBox } from '../lib/secret-box'
import type { Timers } from '../lib/timers'
import type { Metrics } from '../observability/metrics'
import type { Warning } from '../observability/warnings'
import type { StreamStore } from '../stream/store'
import { createDeliverer } from './deliverer'
import { createDeliveryStore } from './delivery-store'
import { createDeliveryRetention } from './retention'
import { createSender } from './sender'
import { createEndpointService } from './service'
import { createEndpointStore } from './store'

/** Maximum endpoints listed in warnings. */
const MAX_WARNINGS = 20

export function makeEndpoints(deps: {
  config: Config
  database: Database
  secretBox: SecretBox
  metrics: Metrics
  clock: Clock
  timers: Timers
  cursors: Cursors
  apps: Apps
  stream: { store: StreamStore }
  /** Id of this instance. Its leases are valid while its heartbeat is. */
  instanceId: string
}) {
  const { config, database, clock, apps } = deps
  const { allowPrivate } = config.endpoints
  const sender = createSender({ allowPrivate, clock })
  const store = createEndpointStore(database)
  const deliveries = createDeliveryStore(database)
  const deliverer = createDeliverer({ ...deps, store: deliveries, sender })
  const management = createEndpointService({
    ...deps,
    store,
    sender,
    rules: { allowPrivate, httpsOnly: config.production },
    apps,
  })
  return {
    management,
    deliverer,
    retention: createDeliveryRetention({ database, store: deliveries, clock, retentionDays: config.retentionDays }),
    warnings,
    /** Returns the warnings as one text, or null. */
    trouble: async (): Promise<string | null> => (await warnings()).map(({ message }) => message).join(' ') || null,
  }

  /** Warnings about endpoints for the operator. */
  async function warnings(): Promise<Warning[]> {
    const disabled = await store.disabled(database.queries, MAX_WARNINGS)
    return [
      ...disabled.map(({ id, appId, disabledReason }) => ({
        code: 'endpoint_disabled' as const,
        message: `Endpoint ${id} of app ${appId} is disabled: it ${disabledReason === 'gone' ? 'responded 410' : 'failed for five days'}.`,
        action: 'Fix the receiver, then activate the endpoint: it continues where it stopped. Or delete it.',
        subject: id,
      })),
      ...deliverer.unreadable().map((id) => ({
        code: 'secret_unreadable' as const,
        message: `The secret of endpoint ${id} cannot be decrypted, so nothing is delivered to it.`,
        action: 'Add the key it was encrypted with to ENCRYPTION_KEY, or rotate the secret of the endpoint.',
        subject: id,
      })),
    ]
  }
}
