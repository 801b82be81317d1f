import type { CustomerLookup } from '../customers/lookup'
import type { Transaction } from '../db/database'
import { isOpen, STALE } from '../lib/call-status'
import { type Clock, secondsBetween } from '../lib/clock'
import type { Region } from '../lib/phone-number'
import type { CallChange } from '../payload/call'
import type { EntryDraft, NewEntry } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import { type CallBatch, conversationOf, createCallBatch, decisions } from './batch'
import type { Conversations } from './conversations'
import { callEntry } from './entries'
import { decideOutcomes, decideTransfers } from './outcome'
import type { CallRow, CallStore } from './store'

export type CallApplier = ReturnType<typeof createCallApplier>

export function createCallApplier(deps: {
  store: CallStore
  conversations: Conversations
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
  region: Region
  clock: Clock
}) {
  const { store, conversations, users, customers, region, clock } = deps

  /** @param calls calls of the batch, which replace the stored ones. @returns the legs with a changed outcome. */
  async function decide(
    tx: Transaction,
    appId: string,
    conversationIds: string[],
    calls: Map<number, CallRow>,
    ignoreUnseen: boolean,
  ): Promise<CallRow[]> {
    const links = await store.linkedLegs(tx, appId, conversationIds)
    const others = links.map(({ dialpadCallId }) => dialpadCallId).filter((id) => !calls.has(id))
    const stored = await store.byDialpadIds(tx, appId, others)
    return [...Map.groupBy(links, ({ conversationId }) => conversationId).values()].flatMap((ofOne) => {
      const legs = ofOne.flatMap(({ dialpadCallId }) => calls.get(dialpadCallId) ?? stored.get(dialpadCallId) ?? [])
      const conversation = { legs, hasUnseen: !ignoreUnseen && legs.length < ofOne.length }
      return [...decideOutcomes(conversation), ...decideTransfers(conversation)]
    })
  }

  async function entriesOf(tx: Transaction, appId: string, events: { leg: CallRow; event: string }[], now: number) {
    const legs = events.map(({ leg }) => leg)
    const userOf = await users.lookup.find(tx, appId, legs)
    const found = await customers.lookup.find(tx, appId, legs)
    return events.map(({ leg, event }, index) => callEntry(event, leg, now, userOf(leg), found[index] ?? null))
  }

  return {
    /** Loads the calls that the changes affect. Apply the changes in order, then save. Requires the lock of the app's row. */
    async load(tx: Transaction, appId: string, changes: CallChange[]): Promise<CallBatch> {
      const callIds = [...new Set(changes.map(({ dialpadCallId }) => dialpadCallId))]
      const linked = new Set(changes.flatMap((change) => [change.dialpadCallId, ...change.linkedCallIds]))
      const [links, calls, states] = await Promise.all([
        store.links(tx, appId, [...linked]),
        store.byDialpadIds(tx, appId, callIds),
        store.statesOf(tx, appId, callIds),
      ])
      return createCallBatch({
        appId,
        loaded: { links, calls, states: Map.groupBy(states, ({ callId }) => callId) },
        region,
        now: clock(),
        decide: (handle, conversationIds, known) => decide(handle, appId, conversationIds, known, false),
        refresh: (handle, touched) => conversations.refresh(handle, appId, touched, clock()),
        findCustomers: (handle, rows) => customers.lookup.find(handle, appId, rows),
      })
    },

    save: (tx: Transaction, batch: CallBatch): Promise<EntryDraft[]> => batch.save(tx, store),

    /** Decides the unanswered legs of finished conversations, ignoring unseen legs. Requires the lock of the app's row. */
    async endUndecided(tx: Transaction, appId: string, conversationIds: string[], now: number): Promise<NewEntry[]> {
      const decided = await decide(tx, appId, conversationIds, new Map(), true)
      const saved = decided.map((leg) => ({ ...leg, updatedAt: now }))
      await store.save(tx, saved)
      await conversations.refresh(tx, appId, { ids: conversationIds }, now)
      const events = decisions(saved, new Map(), new Set())
      return entriesOf(tx, appId, events, now)
    },

    /** Ends the calls without an event since `before`. Requires the lock of the app's row. */
    async endStale(
      tx: Transaction,
      appId: string,
      dialpadCallIds: number[],
      before: number,
      now: number,
    ): Promise<NewEntry[]> {
      const calls = [...(await store.byDialpadIds(tx, appId, dialpadCallIds)).values()]
      const ended = calls
        .filter(({ status, snapshotAt }) => isOpen(status) && snapshotAt < before)
        .map(
          (call): CallRow => ({
            ...call,
            status: 'ended',
            endReason: STALE,
            endedAt: call.snapshotAt,
            durationSeconds: secondsBetween(call.connectedAt, call.snapshotAt),
            updatedAt: now,
          }),
        )
      await store.save(tx, ended)
      await store.saveStates(
        tx,
        ended.map(({ id, snapshotAt }) => ({ callId: id, state: STALE, at: snapshotAt })),
      )
      await conversations.refresh(tx, appId, { ids: ended.map(conversationOf) }, now)
      return entriesOf(
        tx,
        appId,
        ended.map((leg) => ({ leg, event: 'call.ended' })),
        now,
      )
    },
  }
}
