import type { Config } from '../config/settings'
import type { Clock } from '../lib/clock'
import type { Metrics } from '../observability/metrics'
import { createBackups } from './backups'
import { createBackupProcess } from './own-backup'

export function makeMaintenance(deps: { config: Config; metrics: Metrics; clock: Clock }) {
  const { config, metrics, clock } = deps
  const process = createBackupProcess(config)
  const backups = createBackups({ settings: config.backup, backUp: process.backUp, metrics, clock })
  return { backups, warnings: backups.warnings, stop: process.stop }
}
