import type { Apps } from '../apps/make'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import { createUserLookup } from './lookup'
import { createMappingService } from './service'
import { createUserStore } from './store'

export function makeUsers(deps: { database: Database; cursors: Cursors; clock: Clock; apps: Apps }) {
  const { database } = deps
  const store = createUserStore(database)
  return {
    store,
    lookup: createUserLookup({ database, store }),
    mappings: createMappingService({ ...deps, store }),
  }
}
