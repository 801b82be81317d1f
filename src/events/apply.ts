import type { AppStore } from '../apps/store'
import type { CallApplier } from '../calls/apply'
import { isKnownState } from '../calls/state'
import type { Transaction } from '../db/database'
import { iso } from '../lib/clock'
import type { MessageApplier } from '../messages/apply'
import type { AgentStatusChange, VoicemailChange } from '../payload/event'
import type { EntryDraft, StreamStore } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import type { UserStore } from '../users/store'
import { type VoicemailApplier, voicemailOf } from '../voicemails/apply'
import type { ClaimedEvent } from './claimed'

export type ApplyEvents = ReturnType<typeof createApplyEvents>

/** Turns one app's events into calls, voicemails, messages and stream entries, all in the given transaction. */
export function createApplyEvents(deps: {
  apps: { store: AppStore }
  calls: { apply: CallApplier }
  voicemails: { apply: VoicemailApplier }
  messages: { apply: MessageApplier }
  users: { lookup: UserLookup; store: UserStore }
  stream: { store: StreamStore }
}) {
  const { apps, calls, voicemails, messages, users, stream } = deps

  /**
   * Reads every record the events touch in one query per table, applies the events in order, then writes all changes.
   * @returns the events of an unknown kind, by id, each with the reason.
   */
  return async function applyEvents(
    tx: Transaction,
    appId: string,
    events: ClaimedEvent[],
    now: number,
  ): Promise<Map<string, string>> {
    const changes = events.map(({ change }) => change)
    const callChanges = changes.filter((change) => change.kind === 'call').filter(({ state }) => isKnownState(state))
    const voicemailChanges = changes.flatMap((change) => voicemailIn(change) ?? [])
    const messageChanges = changes.filter((change) => change.kind === 'message')
    // Begun together, the statements run in this order, behind the lock, and wait for the database once.
    const [app, callBatch, voicemailBatch, messageBatch] = await Promise.all([
      apps.store.lock(tx, appId),
      callChanges.length > 0 ? calls.apply.load(tx, appId, callChanges) : null,
      voicemailChanges.length > 0 ? voicemails.apply.load(tx, appId, voicemailChanges) : null,
      messageChanges.length > 0 ? messages.apply.load(tx, appId, messageChanges) : null,
    ])
    if (!app) throw new Error(`app ${appId} no longer exists`)

    const unknown = new Map<string, string>()
    const drafts: EntryDraft[] = []
    for (const { id, source, change } of events) {
      if (change.kind === 'unknown') unknown.set(id, change.reason)
      else if (change.kind === 'unreadable') throw change.error
      else if (change.kind === 'unread') throw new Error('the event body was not parsed')
      else if (change.kind === 'agent_status') drafts.push(agentStatusDraft(change))
      // biome-ignore lint/style/noNonNullAssertion: loaded above when there is such a change
      else if (change.kind === 'message') drafts.push(...messageBatch!.apply(change))
      else if (change.kind === 'call' && !isKnownState(change.state))
        unknown.set(id, `unknown call state ${change.state}`)
      // biome-ignore lint/style/noNonNullAssertion: loaded above when there is such a change
      else if (change.kind === 'call') drafts.push(...callBatch!.apply(source, change))
      const voicemail = voicemailIn(change)
      // biome-ignore lint/style/noNonNullAssertion: loaded above when there is such a change
      if (voicemail) drafts.push(...voicemailBatch!.apply(voicemail, callBatch?.get(voicemail.dialpadCallId)))
    }

    if (callBatch) drafts.push(...(await calls.apply.save(tx, callBatch)))
    await voicemailBatch?.save()
    await messageBatch?.save()
    await users.store.saveStatuses(
      tx,
      appId,
      changes.flatMap((change) => (change.kind === 'agent_status' ? statusOf(change) : [])),
    )
    const userOf = await users.lookup.find(tx, appId, drafts)
    await stream.store.append(
      tx,
      appId,
      drafts.flatMap((draft) => draft.toEntries(userOf(draft))),
      now,
      app.streamSeq,
    )
    return unknown
  }
}

function voicemailIn(change: ClaimedEvent['change']): VoicemailChange | null {
  if (change.kind === 'voicemail') return change
  return change.kind === 'call' ? voicemailOf(change) : null
}

const statusOf = ({ dialpadUserId, data, at }: AgentStatusChange) =>
  dialpadUserId === null ? [] : [{ dialpadUserId, data, at }]

const agentStatusDraft = ({ at, data, dialpadUserId }: AgentStatusChange): EntryDraft => ({
  dialpadUserId,
  toEntries: (userId) => [
    {
      event: 'agent.status',
      userId,
      dialpadUserId,
      data: { ...data, user_id: userId, dialpad_user_id: dialpadUserId, timestamp: iso(at) },
    },
  ],
})
