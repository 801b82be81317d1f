import { type Fields, flag, id, instant, isFields, list, party, seconds, strings, text } from './fields'
import type { Party } from './party'

/** One event of one call, as the calls room understands it. Null means Dialpad did not say. */
export interface CallChange {
  kind: 'call'
  dialpadCallId: number
  /** The other legs of the conversation that this event names. */
  linkedCallIds: number[]
  state: string
  /** Dialpad's clock, ms since the epoch. */
  at: number
  direction: 'inbound' | 'outbound' | null
  externalNumber: string | null
  internalNumber: string | null
  startedAt: number | null
  rangAt: number | null
  connectedAt: number | null
  endedAt: number | null
  durationSeconds: number | null
  talkSeconds: number | null
  dialpadUserId: number | null
  contact: Party | null
  target: Party | null
  customData: unknown
  customerId: string | null
  jobId: string | null
  isInternal: boolean
  isTransferred: boolean
  recordingUrl: string | null
  transcript: string | null
  recap: Record<string, unknown> | null
  labels: string[]
  recordingSeconds: number | null
  voicemailUrl: string | null
}

const LINKS = ['master_call_id', 'entry_point_call_id', 'operator_call_id']
const RECAP = ['recap_summary', 'recap_outcome', 'recap_purposes', 'recap_action_items']

export function readCall(fields: Fields, receivedAt: number): CallChange {
  const target = party(fields, 'target')
  const custom = readCustomData(fields.custom_data)
  const recap = Object.fromEntries(
    RECAP.filter((name) => hasContent(fields[name])).map((name) => [name.slice('recap_'.length), fields[name]]),
  )
  return {
    kind: 'call',
    dialpadCallId: id(fields, 'call_id')!,
    linkedCallIds: LINKS.map((name) => id(fields, name)).filter((link) => link !== null),
    state: text(fields, 'state') ?? 'unknown',
    at: instant(fields, 'event_timestamp') ?? receivedAt,
    direction: readDirection(fields),
    externalNumber: text(fields, 'external_number'),
    internalNumber: text(fields, 'internal_number', 'selected_caller_id'),
    startedAt: instant(fields, 'date_started'),
    rangAt: instant(fields, 'date_first_rang', 'date_rang'),
    connectedAt: instant(fields, 'date_connected'),
    endedAt: instant(fields, 'date_ended'),
    durationSeconds: seconds(fields, 'duration'),
    talkSeconds: seconds(fields, 'talk_time'),
    dialpadUserId: target?.type === 'user' && typeof target.id === 'number' ? target.id : null,
    contact: party(fields, 'contact'),
    target,
    ...custom,
    isInternal: flag(fields, 'is_internal'),
    isTransferred: flag(fields, 'is_transferred'),
    recordingUrl: recordingUrl(fields),
    recordingSeconds: recordingSeconds(fields),
    transcript: text(fields, 'transcription_text'),
    recap: Object.keys(recap).length > 0 ? recap : null,
    labels: strings(fields, 'labels'),
    voicemailUrl: text(fields, 'voicemail_link'),
  }
}

/** The older form: our field names, seconds and ISO instants. Without an instant of its own the call's dates order it. */
export function readLegacyCall(fields: Fields, state: string, at: number | null, receivedAt: number): CallChange {
  const direction = readDirection(fields) ?? 'inbound'
  const [from, to] = [text(fields, 'from_number', 'from'), text(fields, 'to_number', 'to')]
  const duration = Number(fields.duration_seconds ?? Number.NaN)
  const startedAt = instant(fields, 'started_at')
  const endedAt = instant(fields, 'ended_at')
  const connectedAt = instant(fields, 'connected_at', 'answered_at')
  const call = readCall({ ...fields, call_id: id(fields, 'call_id', 'id'), state }, receivedAt)
  return {
    ...call,
    at: at ?? endedAt ?? connectedAt ?? startedAt ?? receivedAt,
    direction,
    externalNumber: direction === 'inbound' ? from : to,
    internalNumber: direction === 'inbound' ? to : from,
    startedAt,
    connectedAt: connectedAt ?? (state === 'connected' ? (at ?? startedAt) : null),
    endedAt,
    durationSeconds: Number.isFinite(duration) && duration >= 0 ? Math.round(duration) : null,
    dialpadUserId: id(fields, 'dialpad_user_id', 'user_id') ?? call.dialpadUserId,
    customerId: text(fields, 'customer_id') ?? call.customerId,
    jobId: text(fields, 'job_id') ?? call.jobId,
    recordingUrl: text(fields, 'recording_url') ?? call.recordingUrl,
    transcript: text(fields, 'transcript') ?? call.transcript,
  }
}

function readDirection(fields: Fields): 'inbound' | 'outbound' | null {
  const direction = text(fields, 'direction')?.toLowerCase()
  return direction === 'inbound' || direction === 'outbound' ? direction : null
}

function recordingUrl(fields: Fields): string | null {
  const details = list(fields, 'recording_details').filter(isFields)
  return (
    details.map((detail) => text(detail, 'url')).find((url) => url !== null) ??
    strings(fields, 'recording_url')[0] ??
    strings(fields, 'admin_recording_urls')[0] ??
    null
  )
}

function recordingSeconds(fields: Fields): number | null {
  const [first] = list(fields, 'recording_details').filter(isFields)
  return first ? seconds(first, 'duration') : null
}

/** Custom data is a string of the sender's making; where it is a JSON object it may name the customer and the job. */
function readCustomData(raw: unknown): Pick<CallChange, 'customData' | 'customerId' | 'jobId'> {
  const parsed = typeof raw === 'string' ? parseObject(raw) : raw
  if (!isFields(parsed)) return { customData: hasContent(raw) ? raw : null, customerId: null, jobId: null }
  return {
    customData: parsed,
    customerId: reference(parsed, 'customer_id', 'customerId'),
    jobId: reference(parsed, 'job_id', 'jobId'),
  }
}

function reference(fields: Fields, ...names: string[]): string | null {
  const number = names.map((name) => fields[name]).find((value) => typeof value === 'number')
  return text(fields, ...names) ?? (number === undefined ? null : String(number))
}

function parseObject(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return raw
  }
}

function hasContent(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false
  return !(Array.isArray(value) && value.length === 0)
}

/** The customer's name that came with the custom data, if any. */
export function customerName(customData: unknown): string | null {
  return isFields(customData) ? text(customData, 'customer_name', 'customerName') : null
}
