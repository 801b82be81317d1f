import type { Apps } from '../apps/make'
import type { Config } from '../config/settings'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { StreamStore } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import { createCallApply } from './apply'
import { createCallQueries } from './queries'
import { createCallQueryStore } from './query-store'
import { createStaleCalls } from './stale'
import { createCallStore } from './store'

export function makeCalls(deps: {
  config: Config
  database: Database
  cursors: Cursors
  clock: Clock
  apps: Apps
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
  stream: { store: StreamStore }
}) {
  const { config, database, cursors, clock, apps, stream } = deps
  const { region, staleCallMinutes } = config
  const users = deps.users.lookup
  const customers = deps.customers.lookup
  const store = createCallStore(database)
  const apply = createCallApply({ store, users, customers, region, clock })
  return {
    apply,
    queries: createCallQueries({ database, store: createCallQueryStore(database), users, customers, cursors, region }),
    stale: createStaleCalls({
      database,
      store,
      apply,
      lockApp: apps.store.lock,
      stream: stream.store,
      clock,
      staleCallMinutes,
    }),
  }
}
