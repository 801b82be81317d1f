import { Refused } from './answer'
import { callEvent } from './call-wire'
import type { CallRecord, Party, State, SubscriptionKind } from './state'

export interface NewCall {
  direction?: 'inbound' | 'outbound'
  /** Whose telephone it is; the first user unless given. */
  userId?: number
  externalNumber?: string
  contactName?: string
  customData?: string
}

export type Calls = ReturnType<typeof createCalls>

/** Calls as Dialpad holds them. */
export function createCalls(
  state: State,
  deliver: (kind: SubscriptionKind, event: Record<string, unknown>) => Promise<void>,
) {
  const partyOf = (userId: number): Party => {
    const user = state.users.find(({ id }) => id === userId)
    if (!user) throw new Refused(404, `user ${userId} not found`)
    return {
      id: userId,
      type: 'user',
      name: user.display_name,
      phone: user.phone_numbers[0]!,
      email: user.emails[0]!,
      office_id: user.office_id,
    }
  }

  function create({
    direction = 'inbound',
    userId,
    externalNumber = '+15555550142',
    contactName,
    customData,
  }: NewCall): CallRecord {
    const target = partyOf(userId ?? state.users[0]!.id)
    const call: CallRecord = {
      call_id: state.nextId(),
      state: direction === 'inbound' ? 'ringing' : 'calling',
      direction,
      external_number: externalNumber,
      internal_number: target.phone,
      date_started: state.clock(),
      date_rang: null,
      date_connected: null,
      date_ended: null,
      event_timestamp: state.clock(),
      contact: {
        id: state.nextId(),
        type: 'local',
        name: contactName ?? externalNumber,
        phone: externalNumber,
        email: '',
      },
      target,
      ...(customData === undefined ? {} : { custom_data: customData }),
      is_transferred: false,
      was_recorded: false,
      entry_point_call_id: null,
      master_call_id: null,
      operator_call_id: null,
      recording_details: [],
      voicemail_link: null,
      transcription_text: null,
    }
    state.calls.set(call.call_id, call)
    return call
  }

  /** Dialpad's clock moves on between two events of a call, even where the test's stands still. */
  function step(call: CallRecord, callState: string, changes: Partial<CallRecord> = {}): Promise<void> {
    Object.assign(call, changes, {
      state: callState,
      event_timestamp: Math.max(state.clock(), call.event_timestamp + 1),
    })
    return deliver('call', callEvent(call))
  }

  function hangup(call: CallRecord): Promise<void> {
    const now = Math.max(state.clock(), call.event_timestamp + 1)
    return step(call, 'hangup', { date_ended: now })
  }

  function find(id: number): CallRecord {
    const call = state.calls.get(id)
    if (!call) throw new Refused(404, `call ${id} not found`)
    return call
  }

  return {
    find,
    step,
    hangup,
    create,
    announce: (call: CallRecord) => step(call, call.state),
  }
}
