import { type Fields, flag, id, instant, isFields, list, party, seconds, strings, text } from './fields'
import type { Party } from './party'

/** One event of a call, in our terms. Null means that Dialpad did not send the field. */
export interface CallChange {
  kind: 'call'
  dialpadCallId: number
  /** Other legs of the conversation that the event names. */
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
  holdSeconds: number | null
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
  /** Dialpad's id and `recording_type`, required to request a share link. */
  recording: { id: string; type: string } | null
  /** Whether only a signed-in browser can open the recording. */
  recordingIsAdmins: boolean
  voicemailUrl: string | null
  voicemailSeconds: number | null
  voicemailRecordingId: string | null
}

const LINKS = ['master_call_id', 'entry_point_call_id', 'operator_call_id']
const RECAP = ['recap_summary', 'recap_outcome', 'recap_purposes', 'recap_action_items', 'ai_playbook']

export function readCall(fields: Fields, receivedAt: number): CallChange {
  const target = party(fields, 'target')
  const custom = readCustomData(fields.custom_data)
  const recap = Object.fromEntries(
    RECAP.filter((name) => hasContent(fields[name])).map((name) => [name.replace('recap_', ''), fields[name]]),
  )
  return {
    kind: 'call',
    // biome-ignore lint/style/noNonNullAssertion: identify() refuses an event without it
    dialpadCallId: id(fields, 'call_id')!,
    linkedCallIds: LINKS.map((name) => id(fields, name)).filter((link) => link !== null),
    state: text(fields, 'state') ?? 'unknown',
    at: instant(fields, 'event_timestamp') ?? receivedAt,
    direction: readDirection(fields),
    externalNumber: text(fields, 'external_number'),
    internalNumber: readInternalNumber(fields),
    startedAt: instant(fields, 'date_started'),
    rangAt: instant(fields, 'date_first_rang', 'date_rang'),
    connectedAt: instant(fields, 'date_connected'),
    endedAt: instant(fields, 'date_ended'),
    durationSeconds: seconds(fields, 'duration'),
    talkSeconds: seconds(fields, 'talk_time'),
    holdSeconds: seconds(fields, 'hold_time'),
    dialpadUserId: target?.type === 'user' && typeof target.id === 'number' ? target.id : null,
    contact: party(fields, 'contact'),
    target,
    ...custom,
    isInternal: flag(fields, 'is_internal') || isColleague(party(fields, 'contact')),
    isTransferred: flag(fields, 'is_transferred'),
    ...readRecordings(fields),
    transcript: text(fields, 'transcription_text'),
    recap: Object.keys(recap).length > 0 ? recap : null,
    labels: strings(fields, 'labels'),
  }
}

/** The older form: our field names, seconds and ISO times. An event without its own time is ordered by the call's dates. */
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
    recordingIsAdmins: text(fields, 'recording_url') === null && call.recordingIsAdmins,
    transcript: text(fields, 'transcript') ?? call.transcript,
  }
}

/** The company's number, or the chosen caller id if Dialpad withholds the number. */
function readInternalNumber(fields: Fields): string | null {
  const internal = text(fields, 'internal_number')
  return internal !== null && /\d/.test(internal) ? internal : (text(fields, 'selected_caller_id') ?? internal)
}

/** In an internal call, Dialpad describes the other party as a user of the company. */
const isColleague = (contact: Party | null): boolean => contact?.type === 'user' || contact?.type === 'internal'

function readDirection(fields: Fields): 'inbound' | 'outbound' | null {
  const direction = text(fields, 'direction')?.toLowerCase()
  return direction === 'inbound' || direction === 'outbound' ? direction : null
}

const ADMINS = 'admincallrecording'

/** Excludes voicemail messages. Prefers a recording that API clients can fetch to one that only browsers can open. */
function readRecordings(
  fields: Fields,
): Pick<
  CallChange,
  'recordingUrl' | 'recording' | 'recordingIsAdmins' | 'voicemailUrl' | 'voicemailSeconds' | 'voicemailRecordingId'
> {
  const details = list(fields, 'recording_details').filter(isFields)
  const typeOf = (detail: Fields) => text(detail, 'recording_type') ?? typeByUrl(text(detail, 'url'))
  const message = details.find((detail) => typeOf(detail) === 'voicemail')
  const messageUrls = new Set([text(fields, 'voicemail_link'), message && text(message, 'url')])
  const isOfCall = (url: string) => !messageUrls.has(url) && typeByUrl(url) !== 'voicemail'
  const ofCall = details.filter((detail) => typeOf(detail) !== 'voicemail' && isOfCall(text(detail, 'url') ?? ''))
  const open = ofCall.filter((detail) => typeOf(detail) !== ADMINS)
  const openUrl = firstUrl(open) ?? strings(fields, 'recording_url').find(isOfCall)
  const url = openUrl ?? firstUrl(ofCall) ?? strings(fields, 'admin_recording_urls').find(isOfCall) ?? null
  const shared = open.find(hasId) ?? ofCall.find(hasId)
  const uploaded = text(fields, 'state') === 'voicemail_uploaded' ? (message ?? details.at(0)) : message
  return {
    recordingUrl: url,
    recordingIsAdmins: url !== null && openUrl === undefined,
    // biome-ignore lint/style/noNonNullAssertion: hasId chose it
    recording: shared ? { id: idText(shared)!, type: typeOf(shared) ?? 'callrecording' } : null,
    voicemailUrl:
      text(fields, 'voicemail_link') ?? (message && text(message, 'url')) ?? text(fields, 'voicemail_share_link'),
    voicemailSeconds: uploaded ? seconds(uploaded, 'duration') : null,
    voicemailRecordingId: idText({ id: fields.voicemail_recording_id }) ?? (message ? idText(message) : null),
  }
}

const firstUrl = (details: Fields[]): string | undefined =>
  details.map((detail) => text(detail, 'url')).find((url) => url !== null) ?? undefined
const idText = (detail: Fields): string | null => {
  const numeric = id(detail, 'id')
  return numeric === null ? text(detail, 'id') : String(numeric)
}
const hasId = (detail: Fields) => idText(detail) !== null

/** The kind of a recording, from its folder if nothing else specifies it. */
function typeByUrl(url: string | null): string | null {
  if (url === null) return null
  if (/\/(blob|recording)\/voicemail\//.test(url)) return 'voicemail'
  return /\/(blob|recording)\/admin/.test(url) ? ADMINS : null
}

/** Custom data is any string. If it is a JSON object, it may contain the customer and the job. */
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

/** The customer's name in the custom data, if any. */
export function customerName(customData: unknown): string | null {
  return isFields(customData) ? text(customData, 'customer_name', 'customerName') : null
}
