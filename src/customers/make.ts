import type { Apps } from '../apps/make'
import type { Config } from '../config/settings'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import { createCustomerLookup } from './lookup'
import { createCustomerService } from './service'
import { createCustomerStore } from './store'

export function makeCustomers(deps: {
  config: Config
  database: Database
  cursors: Cursors
  clock: Clock
  apps: Apps
}) {
  const { config, database, cursors, clock, apps } = deps
  const { region } = config
  const store = createCustomerStore(database)
  return {
    lookup: createCustomerLookup({ store }),
    directory: createCustomerService({ database, store, apps, cursors, region, clock }),
  }
}
