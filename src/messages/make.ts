import type { Config } from '../config/settings'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { UserLookup } from '../users/lookup'
import { createMessageApply, type MessageMarks } from './apply'
import { createMessageQueries } from './queries'
import { createMessageQueryStore } from './query-store'
import { createMessageStore } from './store'

export function makeMessages(deps: {
  config: Config
  database: Database
  cursors: Cursors
  clock: Clock
  users: { lookup: UserLookup }
  marks: MessageMarks
}) {
  const { config, database, cursors, clock } = deps
  const { region } = config
  const users = deps.users.lookup
  return {
    apply: createMessageApply({ store: createMessageStore(database), marks: deps.marks, region, clock }),
    queries: createMessageQueries({ database, store: createMessageQueryStore(database), users, cursors, region }),
  }
}
