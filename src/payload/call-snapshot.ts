import { createHash } from 'node:crypto'
import { isOver } from '../lib/call-status'
import { readCall } from './call'
import { type Fields, id, instant, text } from './fields'

/** The stored columns of a call that a backfill may add to. */
export interface KnownCall {
  dialpadCallId: number
  status: string
  endedAt: number | null
  endReason: string | null
  recordingSourceUrl: string | null
  transcript: string | null
  hasVoicemail: boolean
}

/** An event built from Dialpad's `GET /call`, to store like a delivered one. */
export interface RecoveredEvent {
  dialpadCallId: number
  json: string
  /** Deduplication key: the same for the same content, and distinct from the key of any delivery. */
  dedupeKey: string
  /** Whether events of the call itself were missing, not only later additions. */
  recovered: boolean
}

/**
 * Returns the events that update a stored (or unknown) call to Dialpad's state, or none if it is up to date.
 * @param now time of the request to Dialpad, used as the time of an open call's state.
 */
export function recoveredEvents(call: Fields, known: KnownCall | undefined, now: number): RecoveredEvent[] {
  const dialpadCallId = id(call, 'call_id')
  if (dialpadCallId === null) return []
  const ended = known !== undefined && isEnded(known)
  const { recordingUrl, voicemailUrl } = readCall(call, now)
  const addsRecording = known?.recordingSourceUrl === null && recordingUrl !== null
  const addsTranscript = known?.transcript === null && text(call, 'transcription_text') !== null
  const addsVoicemail = voicemailUrl !== null && !known?.hasVoicemail
  const events: RecoveredEvent[] = []
  if (instant(call, 'date_ended') === null) {
    if (ended) return []
    const snapshot = { ...call, state: text(call, 'state') ?? 'connected', event_timestamp: now }
    return [{ ...event(dialpadCallId, snapshot, false), dedupeKey: `backfill:${dialpadCallId}:${now}` }]
  }
  if (!ended || addsRecording || addsTranscript)
    events.push(event(dialpadCallId, { ...call, state: concludedState(call) }, !ended))
  if (addsVoicemail) events.push(event(dialpadCallId, { ...call, state: 'voicemail_uploaded' }, false))
  return events
}

/** Whether Dialpad reported the end. A `stale` end is an assumption, and a voicemail may still be in progress. */
const isEnded = ({ status, endedAt, endReason }: KnownCall): boolean =>
  isOver(status) && endReason !== 'stale' && (status !== 'voicemail' || endedAt !== null)

/** A finished call may have no state, or a state from after its end, such as a recording or a recap. */
function concludedState(call: Fields): string {
  const state = text(call, 'state')
  return state === 'missed' || state === 'blocked' || state === 'voicemail' ? state : 'hangup'
}

function event(dialpadCallId: number, fields: Fields, recovered: boolean): RecoveredEvent {
  const json = JSON.stringify(fields)
  const { event_timestamp: _, ...content } = fields
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  return { dialpadCallId, json, dedupeKey: `backfill:${dialpadCallId}:${hash}`, recovered }
}
