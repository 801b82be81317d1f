import type { Apps } from '../apps/make'
import type { Config } from '../config/settings'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { StreamStore } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import { createCallApplier } from './apply'
import { createConversationQueries } from './conversation-queries'
import { type ChangeMarks, createConversations } from './conversations'
import { createCriteriaReader } from './criteria'
import { createCallQueries } from './queries'
import { createTextSearch } from './search'
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
  marks: ChangeMarks
}) {
  const { config, database, cursors, clock, apps, users, customers, stream } = deps
  const { region, staleCallMinutes } = config
  const store = createCallStore(database)
  const conversations = createConversations({
    database,
    store,
    marks: deps.marks,
    apps,
    clock,
  })
  const apply = createCallApplier({ store, conversations, users, customers, region, clock })
  const criteriaOf = createCriteriaReader({ database, users, customers, region })
  const base = { database, store, users, customers, cursors, criteriaOf, search: createTextSearch() }
  const queries = createCallQueries(base)
  return {
    apply,
    queries,
    conversations,
    conversationQueries: createConversationQueries({ ...base, queries }),
    stale: createStaleCalls({
      database,
      store,
      apply,
      apps,
      stream,
      clock,
      staleCallMinutes,
    }),
  }
}
