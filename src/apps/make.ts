import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import { createAppDirectory } from './directory'
import { createAppService } from './service'
import { createAppStore } from './store'

export type Apps = ReturnType<typeof makeApps>

export function makeApps(deps: {
  database: Database
  cursors: Cursors
  clock: Clock
  keyHashCost?: number | undefined
}) {
  const store = createAppStore(deps.database)
  return { ...createAppService({ ...deps, store }), directory: createAppDirectory({ ...deps, store }), store }
}
