import type { CustomerLookup } from '../customers/lookup'
import type { Transaction } from '../db/database'
import { isOpen } from '../lib/call-status'
import type { Clock } from '../lib/clock'
import { newId } from '../lib/id'
import type { Region } from '../lib/phone-number'
import type { CallChange } from '../payload/call'
import type { NewEntry } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import { callEntry } from './entries'
import { createLegIndex } from './legs'
import { differs, mergeCall, withState } from './merge'
import { eventFor, isKnownState, movesCall, STALE } from './state'
import type { CallRow, CallStore } from './store'

/** A change with its place in the batch, so that the entries of all rooms can be put in order again. */
export interface Placed<T> {
  index: number
  source: CallRow['source']
  change: T
}

export interface PlacedEntry {
  index: number
  entry: NewEntry
}

/** What a batch of changes came to. */
export interface CallOutcome {
  entries: PlacedEntry[]
  /** Every call the batch touched, by Dialpad's id. */
  calls: Map<number, CallRow>
  /** Places of changes whose state is not known: kept, marked, nothing told. */
  unknown: Map<number, string>
}

export type CallApply = ReturnType<typeof createCallApply>

export function createCallApply(deps: {
  store: CallStore
  users: UserLookup
  customers: CustomerLookup
  region: Region
  clock: Clock
}) {
  const { store, users, customers, region, clock } = deps

  return {
    /** Applies a batch of one app's changes in order: reads once, folds in memory, writes once. The app's row is locked. */
    async apply(tx: Transaction, appId: string, placed: Placed<CallChange>[]): Promise<CallOutcome> {
      const unknown = new Map<number, string>()
      const known = placed.filter(({ index, change }) => {
        if (!isKnownState(change.state)) unknown.set(index, `call state ${change.state} is not known`)
        return isKnownState(change.state)
      })
      if (known.length === 0) return { entries: [], calls: new Map(), unknown }

      const callIds = [...new Set(known.map(({ change }) => change.dialpadCallId))]
      const linked = known.flatMap(({ change }) => [change.dialpadCallId, ...change.linkedCallIds])
      const legs = createLegIndex(await store.links(tx, appId, [...new Set(linked)]), newId)
      const calls = await store.byDialpadIds(tx, appId, callIds)
      const heard = await store.states(
        tx,
        [...calls.values()].map(({ id }) => id),
      )
      const told: { index: number; event: string; call: CallRow; at: number }[] = []
      const states: { callId: string; state: string; at: number }[] = []

      for (const { index, source, change } of known) {
        legs.join([change.dialpadCallId, ...change.linkedCallIds])
        const before = calls.get(change.dialpadCallId) ?? null
        const heardBefore = (before && heard.get(before.id)) ?? []
        const heardNow = withState(heardBefore, change)
        const call = mergeCall(before, change, heardNow, { appId, source, region, now: clock(), newId })
        calls.set(change.dialpadCallId, call)
        heard.set(call.id, heardNow)
        if (movesCall(change.state)) states.push({ callId: call.id, state: change.state, at: change.at })
        const was = before && { status: before.status, heard: heardBefore }
        const event = eventFor(change.state, was, call.status, differs(before, call))
        if (event?.startsWith('call.')) told.push({ index, event, call, at: change.at })
      }

      const { links, merges } = legs.changes()
      const moved: CallRow[] = []
      for (const { from, into } of merges) moved.push(...(await store.mergeConversation(tx, appId, from, into)))
      await store.saveLinks(
        tx,
        links.map((link) => ({ ...link, appId })),
      )
      for (const call of [...calls.values(), ...told.map((item) => item.call)])
        call.conversationId = legs.conversationOf(call.dialpadCallId)
      await store.save(tx, [...calls.values()])
      await store.saveStates(tx, states)

      // Legs that were told before under the conversation that went into another.
      const lastIndex = known.at(-1)!.index
      for (const call of moved)
        if (!calls.has(call.dialpadCallId))
          told.push({ index: lastIndex, event: 'call.updated', call, at: call.snapshotAt })
      return { entries: await this.entries(tx, appId, told), calls, unknown }
    },

    /** Ends those of the calls that are still not heard of since `before`. The app's row is locked. @returns what to tell. */
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
        .map((call): CallRow => {
          const durationSeconds =
            call.connectedAt === null ? 0 : Math.max(0, Math.round((call.snapshotAt - call.connectedAt) / 1000))
          return {
            ...call,
            status: 'ended',
            endReason: STALE,
            endedAt: call.snapshotAt,
            durationSeconds,
            updatedAt: now,
          }
        })
      await store.save(tx, ended)
      await store.saveStates(
        tx,
        ended.map(({ id, snapshotAt }) => ({ callId: id, state: STALE, at: snapshotAt })),
      )
      const told = ended.map((call) => ({ index: 0, event: 'call.ended', call, at: now }))
      return (await this.entries(tx, appId, told)).map(({ entry }) => entry)
    },

    /** Entries for what is told of calls, with their users and customers, each looked up once. */
    async entries(
      tx: Transaction,
      appId: string,
      told: { index: number; event: string; call: CallRow; at: number }[],
    ): Promise<PlacedEntry[]> {
      const crmUserOf = await users.crmUserOf(
        tx,
        appId,
        told.map(({ call }) => call),
      )
      const found = await customers.find(
        tx,
        appId,
        told.map(({ call }) => call),
      )
      return told.map(({ index, event, call, at }, i) => {
        return { index, entry: callEntry(event, call, at, crmUserOf(call), found[i] ?? null) }
      })
    },
  }
}
