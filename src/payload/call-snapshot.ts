import { createHash } from 'node:crypto'
import { isOver } from '../lib/call-status'
import { type Fields, id, instant, isFields, list, text } from './fields'

/** What is known of a call, as far as a backfill could add to it. */
export interface KnownCall {
  dialpadCallId: number
  status: string
  recordingSourceUrl: string | null
  transcript: string | null
}

/** An event made of what `GET /call` says of a call, for ingest to store as if it had been delivered. */
export interface RecoveredEvent {
  dialpadCallId: number
  json: string
  /** Equal for equal content, so that asking twice stores once, and different from any delivery's. */
  dedupeKey: string
  /** Whether the call itself had been missed, not only something added to it later. */
  recovered: boolean
}

/**
 * The events that bring a known (or unknown) call up to what Dialpad says of it; none when it is already.
 * @param now when Dialpad was asked: a call that goes on does so as of then.
 */
export function recoveredEvents(call: Fields, known: KnownCall | undefined, now: number): RecoveredEvent[] {
  const dialpadCallId = id(call, 'call_id')
  if (dialpadCallId === null) return []
  const ended = known !== undefined && isOver(known.status)
  const addsRecording = known?.recordingSourceUrl === null && callRecordings(call).length > 0
  const addsTranscript = known?.transcript === null && text(call, 'transcription_text') !== null
  if (ended && !addsRecording && !addsTranscript) return []
  if (instant(call, 'date_ended') === null) {
    const snapshot = { ...call, state: text(call, 'state') ?? 'connected', event_timestamp: now }
    return [{ ...event(dialpadCallId, snapshot, false), dedupeKey: `backfill:${dialpadCallId}:${now}` }]
  }
  const snapshot = { ...call, state: concludedState(call), recording_details: callRecordings(call) }
  const events = [event(dialpadCallId, snapshot, !ended)]
  const voicemail = list(call, 'recording_details').filter(isFields).find(isVoicemail)
  const url = voicemail && text(voicemail, 'url')
  if (url && !ended)
    events.push(event(dialpadCallId, { ...snapshot, state: 'voicemail_uploaded', voicemail_link: url }, false))
  return events
}

/** A concluded call may come without a state, or with one that came after its end (a recording, a recap). */
function concludedState(call: Fields): string {
  const state = text(call, 'state')
  return state === 'missed' || state === 'blocked' || state === 'voicemail' ? state : 'hangup'
}

const isVoicemail = (recording: Fields) => recording.recording_type === 'voicemail'
const callRecordings = (call: Fields) =>
  list(call, 'recording_details')
    .filter(isFields)
    .filter((recording) => !isVoicemail(recording))

function event(dialpadCallId: number, fields: Fields, recovered: boolean): RecoveredEvent {
  const json = JSON.stringify(fields)
  const { event_timestamp: _, ...content } = fields
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  return { dialpadCallId, json, dedupeKey: `backfill:${dialpadCallId}:${hash}`, recovered }
}
