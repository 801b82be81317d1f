import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import { newId } from '../lib/id'
import type { AccountId } from '../payload/account-ids'
import type { RouteHint, RouteHintStore } from './route-hint-store'

const log = getLogger(['cti', 'events'])

/** New hints are collected for this long and stored together, so that no event waits for them. */
const GATHER_MS = 200
/** Far more users, offices, and targets than a company has. */
const MAX_LEARNED = 50_000

export type RouteHints = ReturnType<typeof createRouteHints>

/**
 * Maps ids of Dialpad accounts to the apps they belong to, in memory. An id may belong to several apps, and then does not
 * distinguish them.
 */
export function createRouteHints({ database, store }: { database: Database; store: RouteHintStore }) {
  /** Marks this instance's own notifications, whose hints are already in memory. */
  const self = newId()
  let appsById = new Map<string, Set<string>>()
  let isCurrent = false
  let isListening = false
  let loading: Promise<void> | null = null
  /** Hints that are not stored yet. */
  const pending = new Map<string, RouteHint>()
  let storing: Promise<void> = Promise.resolve()
  let timer: Timer | undefined

  function add({ appId, kind, dialpadId }: RouteHint): boolean {
    const key = keyOf({ kind, dialpadId })
    const apps = appsById.get(key)
    if (apps?.has(appId)) return false
    // A known id is added even at the limit. Otherwise it would seem to belong to the other app alone.
    if (!apps && appsById.size >= MAX_LEARNED) return false
    if (apps) apps.add(appId)
    else appsById.set(key, new Set([appId]))
    return true
  }

  async function load(): Promise<void> {
    isCurrent = true
    try {
      // Add the pending hints from before and after the query, because some may be stored or learned while it runs.
      const waiting = [...pending.values()]
      const rows = await store.all(database.queries)
      appsById = new Map()
      for (const { appId, kind, dialpadId } of [...rows, ...waiting, ...pending.values()]) {
        const key = keyOf({ kind, dialpadId })
        appsById.set(key, (appsById.get(key) ?? new Set()).add(appId))
      }
    } catch (error) {
      isCurrent = false
      throw error
    }
  }

  /** Reloads everything after a change by another room or instance. */
  async function refresh(): Promise<void> {
    if (!isListening) isCurrent = false
    do {
      loading ??= load().finally(() => {
        loading = null
      })
      await loading
    } while (!isCurrent)
  }

  async function storePending(): Promise<void> {
    const due = [...pending]
    if (due.length === 0) return
    try {
      await database.transaction(async (tx) => {
        await store.insert(
          tx,
          due.map(([, hint]) => hint),
        )
        tx.notify('route_hints', self)
      })
    } catch (error) {
      // Reload, so that the next event with these ids learns them again.
      isCurrent = false
      log.warn('{count} route hints could not be stored: {error}', { count: due.length, error })
    }
    for (const [key] of due) pending.delete(key)
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    storing = storing.then(storePending)
    return storing
  }

  const current = async (): Promise<Map<string, Set<string>>> => {
    if (!isCurrent || loading || !isListening) await refresh()
    return appsById
  }

  return {
    async start(): Promise<void> {
      const outdate = () => {
        isCurrent = false
      }
      await database.listen('route_hints', (from) => (from === self ? undefined : outdate()), outdate)
      // Deleting an app deletes its hints.
      await database.listen('keys', outdate, outdate)
      isListening = true
    },

    /** Records that the ids belong to the app's Dialpad account. Stores them later. */
    learn(appId: string, ids: readonly AccountId[]): void {
      for (const { kind, dialpadId } of ids) {
        const hint = { appId, kind, dialpadId }
        if (!add(hint)) continue
        pending.set(`${appId} ${keyOf(hint)}`, hint)
        timer ??= setTimeout(() => void flush(), GATHER_MS).unref()
      }
    },

    /**
     * @param among the apps to choose from.
     * @returns the apps that all known ids belong to: none if the ids contradict each other, null if no id is known.
     */
    async appsOf(ids: readonly AccountId[], among: ReadonlySet<string>): Promise<Set<string> | null> {
      if (ids.length === 0) return null
      const apps = await current()
      const known = ids.map((one) => among.intersection(apps.get(keyOf(one)) ?? NONE)).filter(({ size }) => size > 0)
      return known.length === 0 ? null : known.reduce((all, some) => all.intersection(some))
    },

    /** The apps with at least one known id. */
    async knownApps(): Promise<Set<string>> {
      const all = new Set<string>()
      for (const apps of (await current()).values()) for (const app of apps) all.add(app)
      return all
    },

    /** Stores the pending hints now. */
    flush,
  }
}

const NONE: ReadonlySet<string> = new Set()

const keyOf = ({ kind, dialpadId }: AccountId): string => `${kind} ${dialpadId}`
