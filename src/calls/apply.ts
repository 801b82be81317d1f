import type { CustomerLookup } from '../customers/lookup'
import type { Transaction } from '../db/database'
import { isOpen, isOver } from '../lib/call-status'
import type { Clock } from '../lib/clock'
import { newId } from '../lib/id'
import type { Region } from '../lib/phone-number'
import type { CallChange } from '../payload/call'
import type { NewEntry } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import { callEntry } from './entries'
import { createLegIndex } from './legs'
import { differs, mergeCall, seen, withState } from './merge'
import { decideOutcomes } from './outcome'
import { eventsFor, isKnownState, movesCall, STALE } from './state'
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

  /** @param calls the batch's calls, newer than what is stored. @returns the legs whose outcome changes. */
  async function decide(
    tx: Transaction,
    appId: string,
    conversationIds: string[],
    calls: Map<number, CallRow>,
    ignoreUnseen: boolean,
  ): Promise<CallRow[]> {
    const found = await store.legs(tx, appId, conversationIds)
    return [...Map.groupBy(found, ({ conversationId }) => conversationId).values()].flatMap((links) => {
      const rows = links.map(({ dialpadCallId, call }) => calls.get(dialpadCallId) ?? call)
      const legs = rows.filter((row) => row !== null)
      return decideOutcomes({ legs, hasUnseen: !ignoreUnseen && legs.length < rows.length })
    })
  }

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
      const stored = new Map(calls)
      const told: Told[] = []
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
        const events = eventsFor(
          change.state,
          before && seen(before, heardBefore),
          seen(call, heardNow),
          differs(before, call),
        )
        for (const event of events) if (event.startsWith('call.')) told.push({ index, event, call, at: change.at })
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
      const lastIndex = known.at(-1)!.index
      const conversationIds = [...calls.values()].filter((call) => isDeciding(call, stored)).map(conversationOf)
      const merged = moved.map(conversationOf)
      const decided = await decide(tx, appId, [...new Set([...conversationIds, ...merged])], calls, false)
      for (const leg of decided) calls.set(leg.dialpadCallId, leg)
      for (const item of told) item.call = shownAs(item.call, calls)
      for (const { leg, event } of decisions(decided, stored, told)) {
        const own = known.findLast(({ change }) => change.dialpadCallId === leg.dialpadCallId)
        told.unshift({
          index: own?.index ?? lastIndex,
          event,
          call: leg,
          at: own?.change.at ?? known.at(-1)!.change.at,
        })
      }
      await store.save(tx, [...calls.values()])
      await store.saveStates(tx, states)

      // Legs that were told before under the conversation that went into another.
      for (const call of moved)
        if (!calls.has(call.dialpadCallId))
          told.push({ index: lastIndex, event: 'call.updated', call, at: call.snapshotAt })
      return { entries: await this.entries(tx, appId, told), calls, unknown }
    },

    /** Decides unanswered legs whose conversation has no leg that goes on; legs never seen no longer count. The app's row is locked. */
    async endUndecided(tx: Transaction, appId: string, conversationIds: string[], now: number): Promise<NewEntry[]> {
      const decided = await decide(tx, appId, conversationIds, new Map(), true)
      const saved = decided.map((leg) => ({ ...leg, updatedAt: now }))
      await store.save(tx, saved)
      const told = decisions(saved, new Map(), []).map(({ leg, event }) => ({ index: 0, event, call: leg, at: now }))
      return (await this.entries(tx, appId, told)).map(({ entry }) => entry)
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
    async entries(tx: Transaction, appId: string, told: Told[]): Promise<PlacedEntry[]> {
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

interface Told {
  index: number
  event: string
  call: CallRow
  at: number
}

const conversationOf = ({ conversationId }: CallRow) => conversationId

/** Whether the batch may have changed what became of the unanswered legs of the call's conversation. */
function isDeciding(call: CallRow, stored: Map<number, CallRow>): boolean {
  const before = stored.get(call.dialpadCallId)
  const outcome = call.learned?.outcome
  if (call.status === 'missed' || outcome === 'undecided') return outcome !== 'missed'
  return (
    (call.connectedAt !== null && !before?.connectedAt) || (isOver(call.status) && (!before || isOpen(before.status)))
  )
}

/** An entry never says `missed` of a call that its conversation has answered or may answer. */
function shownAs(call: CallRow, calls: Map<number, CallRow>): CallRow {
  const now = calls.get(call.dialpadCallId)
  if (call.status !== 'missed' || !now) return call
  return { ...call, status: now.status, endReason: now.endReason }
}

/** What subscribers learn of decisions: each miss once, and an answer elsewhere where nothing else says it. */
function decisions(decided: CallRow[], stored: Map<number, CallRow>, told: Told[]): { leg: CallRow; event: string }[] {
  return decided.flatMap((leg) => {
    if (leg.learned?.outcome === 'missed') return [{ leg, event: 'call.missed' }]
    const isNews = stored.get(leg.dialpadCallId)?.status !== leg.status || leg.learned?.outcome === 'answered_elsewhere'
    const isTold = told.some(({ call }) => call.dialpadCallId === leg.dialpadCallId)
    return isNews && !isTold ? [{ leg, event: 'call.updated' }] : []
  })
}
