import { createAppService } from '../../src/apps/service'
import { createAppStore } from '../../src/apps/store'
import type { Database } from '../../src/db/database'
import type { Clock } from '../../src/lib/clock'
import { createCursors } from '../../src/lib/cursor'
import { quickWork } from './server'

/** The service of apps and their keys over a database, for suites without a server. */
export const createTestApps = (database: Database, clock: Clock) =>
  createAppService({
    database,
    store: createAppStore(database),
    cursors: createCursors('secret'),
    clock,
    keyHashCost: quickWork.keyHashCost,
  })
