import type { AppStore } from '../apps/store'
import type { CallApply, Placed } from '../calls/apply'
import type { Transaction } from '../db/database'
import { iso } from '../lib/clock'
import { parseLossless } from '../lib/lossless-json'
import type { MessageApply } from '../messages/apply'
import { decodeBody } from '../payload/body'
import { type AgentStatusChange, type Change, identify, readPayload, type VoicemailChange } from '../payload/event'
import type { NewEntry, StreamStore } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import { type VoicemailApply, voicemailOf } from '../voicemails/apply'
import type { EventRow } from './store'

export type ApplyEvents = ReturnType<typeof createApplyEvents>

/** Turns one app's events into calls, voicemails, messages and stream entries, all in the given transaction. */
export function createApplyEvents(deps: {
  apps: AppStore
  calls: CallApply
  voicemails: VoicemailApply
  messages: MessageApply
  users: UserLookup
  stream: StreamStore
}) {
  const { apps, calls, voicemails, messages, users, stream } = deps

  /** @returns the events that could not be understood, with why. */
  return async function applyEvents(
    tx: Transaction,
    appId: string,
    events: EventRow[],
    now: number,
  ): Promise<Map<string, string>> {
    if (!(await apps.lock(tx, appId))) throw new Error(`app ${appId} is gone`)
    const placed = events.map((event, index) => ({ index, source: event.source, change: readEvent(event) }))
    const unknown = new Map<number, string>()
    for (const { index, change } of placed) if (change.kind === 'unknown') unknown.set(index, change.reason)

    const outcome = await calls.apply(tx, appId, ofKind(placed, 'call'))
    const voicemailChanges = placed.flatMap(({ index, change }) => {
      const voicemail = change.kind === 'voicemail' ? change : change.kind === 'call' ? voicemailOf(change) : null
      return voicemail ? [{ index, change: voicemail satisfies VoicemailChange }] : []
    })
    const entries = [
      ...outcome.entries,
      ...(await voicemails.apply(tx, appId, voicemailChanges, outcome.calls)),
      ...(await messages.apply(tx, appId, ofKind(placed, 'message'))),
      ...(await agentEntries(tx, appId, ofKind(placed, 'agent_status'))),
    ]
    entries.sort((a, b) => a.index - b.index)
    await stream.append(
      tx,
      appId,
      entries.map(({ entry }) => entry),
      now,
    )
    for (const [index, reason] of outcome.unknown) unknown.set(index, reason)
    return new Map([...unknown].map(([index, reason]) => [events[index]!.id, reason]))
  }

  async function agentEntries(tx: Transaction, appId: string, placed: Placed<AgentStatusChange>[]) {
    const crmUserOf = await users.crmUserOf(
      tx,
      appId,
      placed.map(({ change }) => change),
    )
    return placed.map(({ index, change }): { index: number; entry: NewEntry } => {
      const userId = crmUserOf(change)
      const data = { ...change.data, user_id: userId, dialpad_user_id: change.dialpadUserId, timestamp: iso(change.at) }
      return { index, entry: { event: 'agent.status', userId, dialpadUserId: change.dialpadUserId, data } }
    })
  }
}

/** @throws when the stored body cannot be processed at all; it becomes a dead letter that tells why. */
function readEvent(event: EventRow): Change {
  const text = decodeBody(event.body)
  const payload = parseLossless(text)
  const { problem } = identify(payload, text)
  if (problem) throw new Error(problem)
  return readPayload(payload, event.receivedAt)
}

function ofKind<K extends Change['kind']>(placed: Placed<Change>[], kind: K): Placed<Extract<Change, { kind: K }>>[] {
  return placed.filter((item): item is Placed<Extract<Change, { kind: K }>> => item.change.kind === kind)
}
