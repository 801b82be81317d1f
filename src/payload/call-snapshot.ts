import { createHash } from 'node:crypto'
import { isOver } from '../lib/call-status'
import { readCall } from './call'
import { type Fields, id, instant, text } from './fields'

/** What is known of a call, as far as a backfill could add to it. */
export interface KnownCall {
  dialpadCallId: number
  status: string
  endedAt: number | null
  endReason: string | null
  recordingSourceUrl: string | null
  transcript: string | null
  hasVoicemail: boolean
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

/** An end that this server assumed, because nothing was received for long, is none; nor is a voicemail's beginning. */
const isEnded = ({ status, endedAt, endReason }: KnownCall): boolean =>
  isOver(status) && endReason !== 'stale' && (status !== 'voicemail' || endedAt !== null)

/** A concluded call may come without a state, or with one that came after its end (a recording, a recap). */
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
