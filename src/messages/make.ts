import type { Config } from '../config/settings'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { UserLookup } from '../users/lookup'
import { createMessageApplier, type MessageMarks } from './apply'
import { createMessageQueries } from './queries'
import { createMessageStore } from './store'

export function makeMessages(deps: {
  config: Config
  database: Database
  cursors: Cursors
  clock: Clock
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
  marks: MessageMarks
}) {
  const { config, database, users, customers, cursors, clock } = deps
  const { region } = config
  const store = createMessageStore(database)
  return {
    apply: createMessageApplier({ store, marks: deps.marks, region, clock }),
    queries: createMessageQueries({ database, store, users, customers, cursors, region }),
  }
}
