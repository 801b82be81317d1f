import { answer, page, Refused } from './answer'
import type { Route } from './routing'
import { Shapes } from './shapes'
import type { CallRecord, Party, State, SubscriptionKind } from './state'

const CONCLUDED = ['hangup', 'missed', 'blocked']

export interface NewCall {
  direction?: 'inbound' | 'outbound'
  /** Whose telephone it is; the first user unless given. */
  userId?: number
  externalNumber?: string
  contactName?: string
  customData?: string
}

export type CallPlayer = ReturnType<ReturnType<typeof createCalls>['start']>

/** Calls as Dialpad holds them, and a way to play one: each step changes the call and delivers its event. */
export function createCalls(
  state: State,
  deliver: (kind: SubscriptionKind, event: Record<string, unknown>) => Promise<void>,
) {
  const partyOf = (userId: number): Party => {
    const user = state.users.find(({ id }) => id === userId)
    if (!user) throw new Refused(404, `user ${userId} not found`)
    return { id: userId, type: 'user', name: user.display_name, phone: user.phone_numbers[0]!, email: user.emails[0]! }
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
    return deliver('call', eventOf(call))
  }

  function hangup(call: CallRecord): Promise<void> {
    const now = Math.max(state.clock(), call.event_timestamp + 1)
    return step(call, 'hangup', { date_ended: now })
  }

  function player(call: CallRecord) {
    return {
      id: call.call_id,
      record: call,
      ring: () => step(call, call.direction === 'inbound' ? 'ringing' : 'calling', { date_rang: state.clock() }),
      connect: () => step(call, 'connected', { date_connected: Math.max(state.clock(), call.event_timestamp + 1) }),
      hold: () => step(call, 'hold'),
      hangup: () => hangup(call),
      miss: () => step(call, 'missed', { date_ended: state.clock() }),
      /** A recording becomes available at an address that wants a bearer token. */
      async recorded(bytes: Uint8Array<ArrayBuffer>, type = 'audio/mpeg'): Promise<void> {
        const path = `/blob/callrecording/${state.nextId()}.mp3`
        state.media.set(path, { bytes, type })
        const recording = {
          id: String(state.nextId()),
          url: `${state.url}${path}`,
          duration: 8000,
          start_time: state.clock(),
        }
        call.was_recorded = true
        call.recording_details = [{ ...recording, recording_type: 'callrecording' }]
        const before = call.state
        await step(call, 'recording')
        call.state = before
      },
      async voicemail(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
        const path = `/blob/voicemail/${state.nextId()}.mp3`
        state.media.set(path, { bytes, type: 'audio/mpeg' })
        await step(call, 'voicemail')
        await hangup(call)
        await step(call, 'voicemail_uploaded', { voicemail_link: `${state.url}${path}` })
        call.state = 'hangup'
      },
      send: (callState: string, changes: Partial<CallRecord> = {}) => step(call, callState, changes),
    }
  }

  function find(id: number): CallRecord {
    const call = state.calls.get(id)
    if (!call) throw new Refused(404, `call ${id} not found`)
    return call
  }

  return {
    find,
    hangup,
    create,
    start: (options: NewCall = {}) => player(create(options)),
    /** Goes on with a call the server started. */
    resume: (id: number) => player(find(id)),
    announce: (call: CallRecord) => step(call, call.state),
  }
}

/** A call as a delivery carries it: durations in ms and sometimes fractional, as observed. */
function eventOf(call: CallRecord): Record<string, unknown> {
  const end = call.date_ended ?? call.event_timestamp
  return {
    ...structuredClone(call),
    duration: call.date_connected === null ? 0 : end - call.date_connected,
    talk_time: call.date_connected === null ? 0 : end - call.date_connected,
    total_duration: end - call.date_started + 0.029999999999,
    hold_time: 0,
    group_id: null,
    labels: [],
    is_internal: false,
  }
}

/** `/call` and its actions. */
export function callRoutes(
  state: State,
  calls: ReturnType<typeof createCalls>,
  settings: { pageSize: number },
): Route[] {
  return [
    [
      'GET /api/v2/call',
      ({ query, needScope }) => {
        needScope('calls:list')
        const after = Number(query.started_after ?? Number.NEGATIVE_INFINITY)
        const before = Number(query.started_before ?? Number.POSITIVE_INFINITY)
        const concluded = [...state.calls.values()]
          .filter((call) => CONCLUDED.includes(call.state) && call.date_ended !== null)
          .filter((call) => call.date_started > after && call.date_started < before)
          .sort((a, b) => b.date_started - a.date_started || b.call_id - a.call_id)
        return page(concluded, query.cursor, settings.pageSize, eventOf)
      },
    ],
    ['GET /api/v2/call/:id', ({ id }) => answer(eventOf(calls.find(id)))],
    [
      'POST /api/v2/call',
      ({ parse }) => {
        const { phone_number, user_id, custom_data } = parse(Shapes.ringCall)
        const call = calls.create({
          direction: 'outbound',
          userId: user_id,
          externalNumber: phone_number,
          ...(custom_data === undefined ? {} : { customData: custom_data }),
        })
        void calls.announce(call)
        return answer({ call_id: call.call_id })
      },
    ],
    [
      'PUT /api/v2/call/:id/actions/hangup',
      ({ id }) => {
        const call = calls.find(id)
        if (call.date_ended !== null) throw new Refused(400, 'The call is not active')
        void calls.hangup(call)
        return new Response(null, { status: 200 })
      },
    ],
    [
      'POST /api/v2/call/:id/transfer',
      ({ id, parse }) => {
        const call = calls.find(id)
        const { to, transfer_state = 'preanswer', custom_data } = parse(Shapes.transferCall)
        if (call.date_ended !== null) throw new Refused(400, 'The call is not active')
        call.is_transferred = true
        if (custom_data !== undefined) call.custom_data = custom_data
        void calls.hangup(call)
        return answer({
          call_id: call.call_id,
          transferred_to_number: 'number' in to ? to.number : null,
          transferred_to_state: transfer_state,
        })
      },
    ],
  ]
}
