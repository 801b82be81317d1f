import type { Config } from '../config/settings'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { UserLookup } from '../users/lookup'
import { createVoicemailApplier } from './apply'
import { createVoicemailQueries } from './queries'
import { createVoicemailStore } from './store'

export function makeVoicemails(deps: {
  config: Config
  database: Database
  cursors: Cursors
  clock: Clock
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
}) {
  const { config, database, users, customers, cursors, clock } = deps
  const { region } = config
  const store = createVoicemailStore(database)
  return {
    apply: createVoicemailApplier({ store, region, clock }),
    queries: createVoicemailQueries({ database, store, users, customers, cursors, region }),
  }
}
