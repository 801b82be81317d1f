import type { Config } from '../config/settings'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { SecretBox } from '../lib/secret-box'
import type { Metrics } from '../observability/metrics'
import type { StreamStore } from '../stream/store'
import { createBackups } from './backups'
import { createDownloadLinks } from './download-links'
import { createErasure } from './erasure'
import { createLoad } from './load'
import { createLoadStore } from './load-store'
import { createBackupProcess } from './own-backup'
import { createQueueFigures } from './queue-figures'
import { createRetention } from './retention'
import { createSealedSecrets } from './sealed-secrets'
import { createSealedStore } from './sealed-store'
import { createMaintenanceStore } from './store'

export function makeMaintenance(deps: {
  config: Config
  database: Database
  cursors: Cursors
  metrics: Metrics
  secretBox: SecretBox
  clock: Clock
  instanceId: string
  apps: { requireApp(appId: string): Promise<unknown> }
  stream: { store: StreamStore }
  endpoints: { retention: { purge(): Promise<void> } }
}) {
  const { config, database, metrics, secretBox, clock, apps, stream, endpoints } = deps
  const store = createMaintenanceStore(database)
  const process = createBackupProcess(config)
  const backups = createBackups({
    settings: config.backup,
    available: !database.isShared,
    backUp: process.backUp,
    cursors: deps.cursors,
    metrics,
    clock,
  })
  const { retentionDays, region } = config
  const secrets = createSealedSecrets({ database, store: createSealedStore(database), secretBox })
  return {
    backups,
    secrets,
    downloads: createDownloadLinks({ secret: config.internal.apiSecret, clock }),
    load: createLoad({ database, store: createLoadStore(database), metrics, instanceId: deps.instanceId, clock }),
    retention: createRetention({
      database,
      store,
      stream,
      endpoints,
      metrics,
      clock,
      retentionDays,
    }),
    erasure: createErasure({ database, store, stream, apps, region }),
    queueFigures: createQueueFigures({ database, store, metrics, clock }),
    warnings: async () => [...backups.warnings(), ...(await secrets.warnings())],
    stop: process.stop,
  }
}
