import { createHash } from 'node:crypto'
import { type CallChange, readCall, readLegacyCall } from './call'
import { type Fields, flag, id, instant, isFields, object, text, unsafeId } from './fields'
import { type MessageChange, readMessage } from './message'

/**
 * Converts Dialpad's events to changes. Supports Dialpad's flat event and the older `{event_type, call|message|voicemail}`.
 * Never throws for invalid input: returns a `problem` or a change of kind `unknown`.
 */

/** The facts about an event that are required to store it. */
export interface Identity {
  /** The call state, `sms`, `agent_status`, or the event type of the older form. */
  eventType: string
  /** Deduplication key: the same for two deliveries of the same event. */
  key: string
  dialpadCallId: number | null
  orgId: number | null
  /** Why the event can never be processed, or null. */
  problem: string | null
}

export interface VoicemailChange {
  kind: 'voicemail'
  dialpadCallId: number
  at: number
  /** Updates the transcript of an existing voicemail; does not create one. */
  transcriptOnly: boolean
  dialpadUserId: number | null
  fromNumber: string | null
  toNumber: string | null
  url: string | null
  transcript: string | null
  durationSeconds: number | null
  /** Dialpad's id of the audio. */
  recordingId: string | null
}

export interface AgentStatusChange {
  kind: 'agent_status'
  at: number
  dialpadUserId: number | null
  data: Fields
}

export type Change =
  | CallChange
  | VoicemailChange
  | MessageChange
  | AgentStatusChange
  | { kind: 'unknown'; reason: string }

const LEGACY_STATES: Record<string, string> = {
  'call.ring': 'ringing',
  'call.started': 'connected',
  'call.ended': 'hangup',
  'call.recording.completed': 'recording',
}

/** @param body the JSON text, from which the key of an event without ids and time is computed. */
export function identify(payload: unknown, body: string): Identity {
  const contentKey = () => `sha256:${createHash('sha256').update(body).digest('hex')}`
  const none = { eventType: 'unknown', dialpadCallId: null, orgId: null }
  if (!isFields(payload)) return { ...none, key: contentKey(), problem: 'the payload is not a JSON object' }

  const legacyType = text(payload, 'event_type')
  const fields = legacyType ? legacyPart(payload, legacyType) : payload
  const orgId =
    id(payload, 'organization_id', 'org_id', 'company_id') ?? id(fields, 'organization_id', 'org_id', 'company_id')
  const at = legacyType ? null : instant(payload, 'event_timestamp')
  const unsafe = unsafeId(fields, 'call_id', 'id', 'master_call_id', 'entry_point_call_id', 'operator_call_id')
  if (unsafe) return { ...none, key: contentKey(), orgId, problem: `id ${unsafe} is larger than 2^53-1` }

  const kind = legacyType ? legacyType.split('.')[0] : flatKind(payload)
  if (kind === 'message') {
    const messageId = id(fields, 'id', 'message_id')
    const states = `${text(fields, 'message_status') ?? ''}:${text(fields, 'message_delivery_result') ?? ''}`
    return {
      eventType: legacyType ?? 'sms',
      key: messageId && at ? `sms:${messageId}:${states}:${at}${sideOf(fields)}` : contentKey(),
      dialpadCallId: null,
      orgId,
      problem: messageId ? null : 'the message has no id',
    }
  }
  if (kind === 'call' || kind === 'voicemail') {
    const dialpadCallId = legacyType ? id(fields, 'call_id', 'id') : id(payload, 'call_id')
    const state = legacyType ?? text(payload, 'state') ?? 'unknown'
    const key = dialpadCallId && at ? `call:${dialpadCallId}:${state}:${at}` : contentKey()
    const problem = dialpadCallId ? null : 'the event has no call id'
    return { eventType: state, key, dialpadCallId, orgId, problem }
  }
  return { ...none, key: contentKey(), eventType: legacyType ?? kind ?? 'unknown', orgId, problem: null }
}

/** Dialpad delivers an internal SMS once per user, with the same id and time. */
const sideOf = (fields: Fields): string =>
  flag(fields, 'is_internal') ? `:${text(fields, 'direction')}:${id(object(fields, 'target'), 'id')}` : ''

/** @param receivedAt used as the time of an event without its own, ms since the epoch. */
export function readPayload(payload: unknown, receivedAt: number): Change {
  if (!isFields(payload)) return { kind: 'unknown', reason: 'the payload is not a JSON object' }
  const legacyType = text(payload, 'event_type')
  if (legacyType) return readLegacy(payload, legacyType, receivedAt)
  switch (flatKind(payload)) {
    case 'call':
      return readCall(payload, receivedAt)
    case 'message':
      return readMessage(payload, receivedAt)
    case 'agent_status':
      return {
        kind: 'agent_status',
        at: instant(payload, 'event_timestamp', 'date') ?? receivedAt,
        dialpadUserId: id(object(payload, 'target'), 'id'),
        data: pick(payload, ['on_duty_status', 'availability_status', 'call_center_ids']),
      }
    default:
      return { kind: 'unknown', reason: 'not a call, message or agent status' }
  }
}

function readLegacy(payload: Fields, type: string, receivedAt: number): Change {
  const fields = legacyPart(payload, type)
  const at = instant(payload, 'event_timestamp', 'timestamp') ?? instant(fields, 'event_timestamp', 'timestamp')
  const state = LEGACY_STATES[type]
  if (state) return readLegacyCall(fields, state, at, receivedAt)
  if (type === 'message.received' || type === 'message.sent') {
    const direction = type === 'message.received' ? 'inbound' : 'outbound'
    return readMessage({ direction, ...fields }, at ?? receivedAt)
  }
  if (type === 'voicemail.received') return readLegacyVoicemail(fields, at ?? receivedAt)
  return { kind: 'unknown', reason: `unknown event type ${type}` }
}

function readLegacyVoicemail(fields: Fields, at: number): Change {
  const duration = Number(fields.duration_seconds)
  return {
    kind: 'voicemail',
    // biome-ignore lint/style/noNonNullAssertion: identify() refuses an event without it
    dialpadCallId: id(fields, 'call_id', 'id')!,
    at,
    transcriptOnly: false,
    dialpadUserId: id(fields, 'dialpad_user_id', 'user_id'),
    fromNumber: text(fields, 'from_number', 'from'),
    toNumber: text(fields, 'to_number', 'to'),
    url: text(fields, 'recording_url', 'voicemail_link', 'url'),
    transcript: text(fields, 'transcript', 'transcription_text'),
    durationSeconds: Number.isFinite(duration) && duration >= 0 ? Math.round(duration) : null,
    recordingId: null,
  }
}

export const legacyPart = (payload: Fields, type: string): Fields => {
  const part = payload[type.split('.')[0] ?? '']
  return isFields(part) ? part : payload
}

function flatKind(payload: Fields): 'call' | 'message' | 'agent_status' | 'unknown' {
  if ('call_id' in payload || 'state' in payload) return 'call'
  if ('message_status' in payload || ('from_number' in payload && 'to_number' in payload)) return 'message'
  if ('on_duty_status' in payload || 'availability_status' in payload) return 'agent_status'
  return 'unknown'
}

const pick = (fields: Fields, names: string[]): Fields =>
  Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]]))
