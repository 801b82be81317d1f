import type { Database, Transaction } from '../db/database'
import type { Clock } from '../lib/clock'
import { conversationOf } from './conversation'
import type { CallStore } from './store'

/** Conversations worked out in one transaction of a rebuild: few, since nothing else is written meanwhile. */
const REBUILD_STEP = 200

/** Who counts records must be notified of those that change. */
export interface ChangeMarks {
  /** @param instants of the records that changed, before and after, ms since the epoch. */
  markChanged(tx: Transaction, appId: string, instants: number[]): Promise<void>
  /** As if every record had changed. */
  markAll(tx: Transaction, appId: string): Promise<void>
}

export interface ConversationChanges {
  ids: string[]
  /** Conversations that went into others. */
  merged?: string[]
  /** When legs began by what was stored before. */
  startedBefore?: number[]
}

export type Conversations = ReturnType<typeof createConversations>

/** Keeps one row for each conversation, always what its legs come to. */
export function createConversations(deps: {
  database: Database
  store: CallStore
  marks: ChangeMarks
  lockApp(tx: Transaction, appId: string): Promise<unknown>
  clock: Clock
}) {
  const { database, store, marks, lockApp, clock } = deps

  /** Works conversations out anew. The app's row is locked, and their legs are stored. */
  async function refresh(tx: Transaction, appId: string, changes: ConversationChanges, now: number): Promise<void> {
    const legs = await store.legs(tx, appId, [...new Set(changes.ids)])
    const byConversation = Map.groupBy(legs, ({ conversationId }) => conversationId)
    await store.removeConversations(tx, appId, changes.merged ?? [])
    await store.saveConversations(
      tx,
      [...byConversation.values()].map((group) => conversationOf(group, now)),
    )
    const starts = legs.map(({ startedAt }) => startedAt)
    await marks.markChanged(tx, appId, [...starts, ...(changes.startedBefore ?? [])])
  }

  /** One step of an app's rebuild. @returns how many conversations were worked out; 0 when it is done. */
  async function rebuildStep(appId: string, afterId: string): Promise<number> {
    return database.transaction(async (tx) => {
      if (!(await lockApp(tx, appId))) return 0
      const ids = await store.conversationIdsAfter(tx, appId, afterId, REBUILD_STEP)
      await refresh(tx, appId, { ids }, clock())
      if (ids.length < REBUILD_STEP) {
        await marks.markAll(tx, appId)
        await store.endRebuild(tx, appId)
      } else await store.saveRebuild(tx, appId, ids.at(-1)!)
      return ids.length
    })
  }

  return {
    refresh,

    /** Has all conversations of an app worked out anew by `rebuild`. */
    beginRebuild: (appId: string) => store.beginRebuild(database.queries, appId),

    /**
     * Goes on with the rebuilds that were begun, by this instance or another, until they are done.
     * @param report called after each step with how many conversations are done.
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
