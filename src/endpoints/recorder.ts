import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { DeliveryStore, Outcome } from './delivery-store'

const log = getLogger(['cti', 'endpoints'])

/** Outcomes gather for this long before they share one commit. */
const GATHER_MS = 15
const MAX_BATCH = 500
const RETRY_MS = 1000
/** Above it, whoever delivers waits for the database. */
const MAX_BACKLOG = 1000

export type Recorder = ReturnType<typeof createRecorder>

/** Keeps what became of attempts, many in one transaction, each endpoint's in their order. */
export function createRecorder(deps: { database: Database; store: DeliveryStore; owner: string; clock: Clock }) {
  const { database, store, owner, clock } = deps
  let waiting: { outcome: Outcome; kept: () => void }[] = []
  let flushing: Promise<void> | null = null
  let stopped = false

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      await Bun.sleep(GATHER_MS)
      const batch = waiting.slice(0, MAX_BATCH)
      const outcomes = batch.map(({ outcome }) => outcome)
      try {
        await database.transaction((tx) => store.record(tx, owner, outcomes, clock()))
        waiting = waiting.slice(batch.length)
        for (const { kept } of batch) kept()
      } catch (error) {
        log.error('attempts to deliver cannot be recorded, trying again: {error}', { error })
        if (stopped) return
        await Bun.sleep(RETRY_MS)
      }
    }
  }

  return {
    /** @returns resolves once the outcome is kept. */
    record(outcome: Outcome): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ outcome, kept: resolve })
      flushing ??= flush().finally(() => {
        flushing = null
      })
      return promise
    },
    /** @returns resolves when everything recorded so far is kept. */
    idle: async (): Promise<void> => void (await flushing),
    isBehind: () => waiting.length > MAX_BACKLOG,
    /** Keeps what is at hand; what cannot be kept will be delivered again. */
    async stop(): Promise<void> {
      stopped = true
      await flushing
    },
  }
}
