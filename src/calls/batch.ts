import type { CallCustomer } from '../customers/lookup'
import type { Transaction } from '../db/database'
import { isOpen, isOver } from '../lib/call-status'
import { newId } from '../lib/id'
import type { Region } from '../lib/phone-number'
import type { CallChange } from '../payload/call'
import type { EntryDraft } from '../stream/store'
import type { ConversationChanges } from './conversations'
import { callEntry } from './entries'
import { createLegIndex } from './legs'
import { differs, mergeCall, progressOf, withState } from './merge'
import { eventsFor, movesCall, type TimedState } from './state'
import type { CallRow, CallStore } from './store'

/** The stored state of the calls that a batch of changes affects. */
export interface LoadedCalls {
  links: Map<number, string>
  calls: Map<number, CallRow>
  /** States by call id. */
  states: Map<string, TimedState[]>
}

interface CallDraft {
  event: string
  call: CallRow
  at: number
  /** A `call.missed` entry that subscribers receive before this end. */
  miss?: CallDraft
}

export type CallBatch = ReturnType<typeof createCallBatch>

/** Changes to one app's calls, applied in order in memory and written once. */
export function createCallBatch(deps: {
  appId: string
  loaded: LoadedCalls
  region: Region
  now: number
  /** @returns the legs of the conversations with a changed outcome, given the calls. */
  decide(tx: Transaction, conversationIds: string[], calls: Map<number, CallRow>): Promise<CallRow[]>
  /** Computes the conversations from their stored legs. */
  refresh(tx: Transaction, changes: ConversationChanges): Promise<void>
  findCustomers(tx: Transaction, calls: CallRow[]): Promise<(CallCustomer | null)[]>
}) {
  const { appId, loaded, region, now } = deps
  const { calls, states } = loaded
  const stored = new Map(calls)
  const legs = createLegIndex(loaded.links, newId)
  /** Time of each call's last change, by Dialpad's clock. */
  const lastAt = new Map<number, number>()
  const newStates: { callId: string; state: string; at: number }[] = []
  const drafts: CallDraft[] = []
  const customers = new Map<CallRow, CallCustomer | null>()

  const draft = (event: string, call: CallRow, at: number): EntryDraft => {
    const one: CallDraft = { event, call, at }
    drafts.push(one)
    return {
      dialpadUserId: call.dialpadUserId,
      toEntries: (userId) =>
        [one.miss ?? [], one].flat().map((shown) => {
          const customer = customers.get(shown.call) ?? null
          return callEntry(shown.event, shownAs(shown.call, calls), shown.at, userId, customer)
        }),
    }
  }

  /** Puts a miss before the end of its call if the batch has that end. Otherwise the miss gets its own draft. */
  function decisionDraft(event: string, leg: CallRow, at: number): EntryDraft[] {
    const end = drafts.findLast(({ event, call }) => event === 'call.ended' && call.dialpadCallId === leg.dialpadCallId)
    if (event !== 'call.missed' || !end) return [draft(event, leg, at)]
    end.miss = { event, call: leg, at }
    return []
  }

  return {
    get: (dialpadCallId: number): CallRow | undefined => calls.get(dialpadCallId),

    /** Applies one change with a known state. @returns the stream entries it causes. */
    apply(source: CallRow['source'], change: CallChange): EntryDraft[] {
      legs.join([change.dialpadCallId, ...change.linkedCallIds])
      const before = calls.get(change.dialpadCallId) ?? null
      const statesBefore = (before && states.get(before.id)) ?? []
      const statesNow = withState(statesBefore, change)
      const call = mergeCall(before, change, statesNow, { appId, source, region, now, newId })
      calls.set(change.dialpadCallId, call)
      states.set(call.id, statesNow)
      if (movesCall(change.state)) newStates.push({ callId: call.id, state: change.state, at: change.at })
      lastAt.set(change.dialpadCallId, change.at)
      const events = eventsFor(
        change.state,
        before && progressOf(before, statesBefore),
        progressOf(call, statesNow),
        differs(before, call),
      )
      return events.filter((event) => event.startsWith('call.')).map((event) => draft(event, call, change.at))
    },

    /** Writes all changes. Afterwards the drafts can be turned into entries. @returns drafts of moved and decided legs. */
    async save(tx: Transaction, store: CallStore): Promise<EntryDraft[]> {
      const { links, merges } = legs.changes()
      const moved: CallRow[] = []
      for (const { from, into } of merges) moved.push(...(await store.mergeConversation(tx, appId, from, into)))
      for (const call of [...calls.values(), ...drafts.map((item) => item.call)])
        call.conversationId = legs.conversationOf(call.dialpadCallId)
      const deciding = [...calls.values()].filter((call) => isDeciding(call, stored)).map(conversationOf)
      // Statements begun together run in this order, and wait for the database once.
      const [, decided] = await Promise.all([
        store.saveLinks(
          tx,
          links.map((link) => ({ ...link, appId })),
        ),
        deps.decide(tx, [...new Set([...deciding, ...moved.map(conversationOf)])], calls),
      ])
      for (const leg of decided) calls.set(leg.dialpadCallId, leg)
      // Notify subscribers of legs that moved to another conversation.
      const notified = new Set(drafts.map(({ call }) => call.dialpadCallId))
      const latest = Math.max(...lastAt.values())
      const decisionDrafts = decisions(decided, stored, notified).flatMap(({ leg, event }) =>
        decisionDraft(event, leg, lastAt.get(leg.dialpadCallId) ?? latest),
      )
      const movedDrafts = moved
        .filter(({ dialpadCallId }) => !calls.has(dialpadCallId))
        .map((call) => draft('call.updated', call, call.snapshotAt))
      const drafted = drafts.flatMap(({ call, miss }) => (miss ? [call, miss.call] : [call]))
      const [found] = await Promise.all([
        deps.findCustomers(tx, drafted),
        store.saveChanges(tx, [...calls.values()], stored),
        store.saveStates(tx, newStates),
        deps.refresh(tx, {
          ids: [...calls.values(), ...moved].map(conversationOf),
          merged: merges.map(({ from }) => from),
          startedBefore: [...stored.values()].map(({ startedAt }) => startedAt),
        }),
      ])
      for (const [index, call] of drafted.entries()) customers.set(call, found[index] ?? null)
      return [...decisionDrafts, ...movedDrafts]
    },
  }
}

export const conversationOf = ({ conversationId }: CallRow) => conversationId

/** Whether the batch may have changed the outcome of the legs in the call's conversation. */
function isDeciding(call: CallRow, stored: Map<number, CallRow>): boolean {
  const before = stored.get(call.dialpadCallId)
  const outcome = call.learned?.outcome
  if (call.endReason === 'transferred') return true
  if (call.status === 'missed' || outcome === 'undecided') return outcome !== 'missed'
  return (
    (call.connectedAt !== null && !before?.connectedAt) || (isOver(call.status) && (!before || isOpen(before.status)))
  )
}

/** The call with the status that its conversation decides: not `missed` while another leg is answered or may be answered. */
function shownAs(call: CallRow, calls: Map<number, CallRow>): CallRow {
  const now = calls.get(call.dialpadCallId)
  if ((call.status !== 'missed' && call.endReason !== 'transferred') || !now) return call
  return { ...call, status: now.status, endReason: now.endReason }
}

/** The events of decided legs: `call.missed` once, and `call.updated` for a leg without another event. */
export function decisions(
  decided: CallRow[],
  stored: Map<number, CallRow>,
  notified: Set<number>,
): { leg: CallRow; event: string }[] {
  return decided.flatMap((leg) => {
    if (leg.learned?.outcome === 'missed') return [{ leg, event: 'call.missed' }]
    const hasChanged =
      stored.get(leg.dialpadCallId)?.status !== leg.status || leg.learned?.outcome === 'answered_elsewhere'
    return hasChanged && !notified.has(leg.dialpadCallId) ? [{ leg, event: 'call.updated' }] : []
  })
}
