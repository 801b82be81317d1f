import type { AppStore } from '../apps/store'
import type { Database, Transaction } from '../db/database'
import type { Clock } from '../lib/clock'
import { conversationOf } from './conversation'
import type { CallStore } from './store'

/** Conversations per transaction of a rebuild. Small, because nothing else can write during a transaction. */
const REBUILD_STEP = 200

/** Notified of changed records, to update the figures. */
export interface ChangeMarks {
  /** @param instants start times of the changed records, before and after the change, ms since the epoch. */
  markChanged(tx: Transaction, appId: string, instants: number[]): Promise<void>
  /** Marks every record as changed. */
  markAll(tx: Transaction, appId: string): Promise<void>
}

export interface ConversationChanges {
  ids: string[]
  /** Conversations that were merged into others. */
  merged?: string[]
  /** Stored start times of the legs before the change. */
  startedBefore?: number[]
}

export type Conversations = ReturnType<typeof createConversations>

/** Keeps one row per conversation, computed from its legs. */
export function createConversations(deps: {
  database: Database
  store: CallStore
  marks: ChangeMarks
  apps: { store: Pick<AppStore, 'lock'> }
  clock: Clock
}) {
  const { database, store, marks, apps, clock } = deps

  /** Computes conversations from their stored legs. Requires the lock of the app's row. */
  async function refresh(tx: Transaction, appId: string, changes: ConversationChanges, now: number): Promise<void> {
    const legs = await store.legs(tx, appId, [...new Set(changes.ids)])
    const byConversation = Map.groupBy(legs, ({ conversationId }) => conversationId)
    const starts = legs.map(({ startedAt }) => startedAt)
    await Promise.all([
      store.removeConversations(tx, appId, changes.merged ?? []),
      store.saveConversations(
        tx,
        [...byConversation.values()].map((group) => conversationOf(group, now)),
      ),
      marks.markChanged(tx, appId, [...starts, ...(changes.startedBefore ?? [])]),
    ])
  }

  /** Runs one step of an app's rebuild. @returns the number of conversations computed, 0 when done. */
  async function rebuildStep(appId: string, afterId: string): Promise<number> {
    return database.transaction(async (tx) => {
      if (!(await apps.store.lock(tx, appId))) return 0
      const ids = await store.conversationIdsAfter(tx, appId, afterId, REBUILD_STEP)
      await refresh(tx, appId, { ids }, clock())
      const last = ids.at(REBUILD_STEP - 1)
      if (last === undefined) {
        await marks.markAll(tx, appId)
        await store.endRebuild(tx, appId)
      } else await store.saveRebuild(tx, appId, last)
      return ids.length
    })
  }

  return {
    refresh,

    /** Makes `rebuild` compute all conversations of an app again. */
    beginRebuild: (appId: string) => store.beginRebuild(database.queries, appId),

    /**
     * Runs all started rebuilds to their end, including those of other instances.
     * @param report called after each step with the number of conversations computed so far.
     */
    async rebuild(report: (done: number) => void = () => {}): Promise<number> {
      let done = 0
      for (;;) {
        const [next] = await store.rebuilds(database.queries)
        if (!next) return done
        done += await rebuildStep(next.appId, next.afterId)
        report(done)
      }
    },
  }
}
