import type { Apps } from '../apps/make'
import type { CallQueries } from '../calls/queries'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { UserLookup } from '../users/lookup'
import type { UserStore } from '../users/store'
import { createPresenceQueries } from './presence'
import { createAnalyticsQueries } from './queries'
import { createAnalyticsReports } from './reports'
import { createRollUp } from './roll-up'
import type { AnalyticsStore } from './store'

export function makeAnalytics(deps: {
  database: Database
  clock: Clock
  store: AnalyticsStore
  apps: Apps
  users: {
    lookup: UserLookup
    store: UserStore
  }
  calls: { queries: CallQueries }
}) {
  const { database, clock, store, apps, users, calls } = deps
  const allAppIds = async () => (await apps.store.all(database.queries)).map(({ id }) => id)
  const queries = createAnalyticsQueries({ database, store })
  return {
    store,
    queries,
    reports: createAnalyticsReports({
      queries,
      users,
      apps,
      allAppIds,
      clock,
    }),
    rollUp: createRollUp({ database, store, apps, allAppIds, clock }),
    presence: createPresenceQueries({
      database,
      users,
      calls,
    }),
  }
}
