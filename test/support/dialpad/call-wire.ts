import { int64 } from './answer'
import type { CallRecord, Party } from './state'

/** Durations in ms and sometimes fractional, as observed. */
function durations(call: CallRecord) {
  const end = call.date_ended ?? call.event_timestamp
  const talked = call.date_connected === null ? 0 : end - call.date_connected
  return { duration: talked, total_duration: end - call.date_started + 0.029999999999 }
}

const urlsOf = (call: CallRecord, type: string) =>
  call.recording_details.filter(({ recording_type }) => recording_type === type).map(({ url }) => url)

/** A call as a delivery carries it. */
export function callEvent(call: CallRecord): Record<string, unknown> {
  const { duration, total_duration } = durations(call)
  return {
    ...structuredClone(call),
    duration,
    total_duration,
    talk_time: duration,
    hold_time: 0,
    group_id: null,
    labels: [],
    is_internal: false,
    recording_url: urlsOf(call, 'callrecording'),
    admin_recording_urls: urlsOf(call, 'admincallrecording'),
    call_recording_ids: call.recording_details.map(({ id }) => id),
  }
}

const party = ({ id, type, name, phone, email }: Party) => ({ id: String(id), type, name, phone, email })

/** A call as `GET /call` describes it: less than a delivery carries. */
export function callAnswer(call: CallRecord): Record<string, unknown> {
  return {
    call_id: int64(call.call_id),
    state: call.state,
    direction: call.direction,
    external_number: call.external_number,
    internal_number: call.internal_number,
    date_started: int64(call.date_started),
    date_rang: int64(call.date_rang),
    date_connected: int64(call.date_connected),
    date_ended: int64(call.date_ended),
    event_timestamp: int64(call.event_timestamp),
    contact: party(call.contact),
    target: party(call.target),
    entry_point_call_id: int64(call.entry_point_call_id),
    master_call_id: int64(call.master_call_id),
    operator_call_id: int64(call.operator_call_id),
    is_transferred: call.is_transferred,
    was_recorded: call.was_recorded,
    recording_details: call.recording_details.map((recording) => ({
      ...recording,
      duration: int64(recording.duration),
      start_time: int64(recording.start_time),
    })),
    transcription_text: call.transcription_text,
    group_id: null,
    labels: [],
    ...(call.custom_data === undefined ? {} : { custom_data: call.custom_data }),
    ...durations(call),
  }
}
