import type { Database } from '../db/database'
import type { AppRow, AppStore } from './store'

/** A lost notification leaves the cache outdated for at most this long. */
const RECHECK_MS = 5_000

export type AppDirectory = ReturnType<typeof createAppDirectory>

/** Cache of all apps, used by every delivery. Active once the server listens for changes. */
export function createAppDirectory({ database, store }: { database: Database; store: AppStore }) {
  let isListening = false
  let known: { apps: Promise<AppRow[]>; at: number } | null = null

  const forget = () => {
    known = null
  }

  return {
    async start(): Promise<void> {
      await database.listen('keys', forget, forget)
      isListening = true
    },
    all(): Promise<AppRow[]> {
      if (!isListening) return store.all(database.queries)
      if (known && performance.now() - known.at < RECHECK_MS) return known.apps
      const apps = store.all(database.queries)
      const entry = { apps, at: performance.now() }
      known = entry
      apps.catch(() => {
        if (known === entry) known = null
      })
      return apps
    },
  }
}
