import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { DeliveryOutcome, DeliveryStore } from './delivery-store'

const log = getLogger(['cti', 'endpoints'])

/** How long outcomes gather for one commit. If the process is killed meanwhile, those entries are delivered again. */
const GATHER_MS = 100
/** The same, if a caller waits for an outcome. */
const GATHER_AWAITED_MS = 10
const MAX_BATCH = 500
const RETRY_MS = 1000
/** Above this number of outcomes, deliveries wait for the database. */
const MAX_BACKLOG = 1000

export type Recorder = ReturnType<typeof createRecorder>

/** Saves the outcomes of attempts, many per transaction, in order for each endpoint. */
export function createRecorder(deps: { database: Database; store: DeliveryStore; owner: string; clock: Clock }) {
  const { database, store, owner, clock } = deps
  let waiting: { outcome: DeliveryOutcome; kept: () => void }[] = []
  let flushing: Promise<void> | null = null
  let stopped = false
  let awaited = false
  let hurry = () => {}

  function gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, awaited ? GATHER_AWAITED_MS : GATHER_MS)
    hurry = () => {
      if (awaited) return
      awaited = true
      clearTimeout(timer)
      setTimeout(resolve, GATHER_AWAITED_MS)
    }
    return promise
  }

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      await gather()
      awaited = false
      const batch = waiting.slice(0, MAX_BATCH)
      const outcomes = batch.map(({ outcome }) => outcome)
      try {
        await database.transaction((tx) => store.record(tx, owner, outcomes, clock()))
        waiting = waiting.slice(batch.length)
        for (const { kept } of batch) kept()
      } catch (error) {
        log.error('could not record delivery attempts, retrying: {error}', { error })
        if (stopped) break
        await Bun.sleep(RETRY_MS)
      }
    }
    // Not in a later turn: an outcome recorded until then would wait for the next one.
    flushing = null
  }

  return {
    /** Resolves once the outcome is saved. @param isAwaited saves it sooner. */
    record(outcome: DeliveryOutcome, isAwaited: boolean): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ outcome, kept: resolve })
      flushing ??= flush()
      if (isAwaited) hurry()
      return promise
    },
    /** Resolves when all outcomes recorded so far are saved. */
    async idle(): Promise<void> {
      hurry()
      await flushing
    },
    isBehind: () => waiting.length > MAX_BACKLOG,
    /** Saves the remaining outcomes. Entries whose outcome cannot be saved are delivered again. */
    async stop(): Promise<void> {
      stopped = true
      hurry()
      await flushing
    },
  }
}
