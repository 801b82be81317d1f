import type { Party } from './wire'

export type CallStatus = 'ringing' | 'active' | 'held' | 'ended' | 'missed' | 'rejected' | 'voicemail'
export const LIVE_STATUSES: readonly CallStatus[] = ['ringing', 'active', 'held']

export interface CustomerRef {
  id: string
  /** Null when only the id came with the call. */
  name: string | null
  url: string | null
}

export interface Call {
  id: string
  dialpad_call_id: number
  conversation_id: string
  direction: 'inbound' | 'outbound'
  status: CallStatus
  from_number: string | null
  to_number: string | null
  started_at: string
  rang_at: string | null
  connected_at: string | null
  ended_at: string | null
  duration_seconds: number | null
  talk_seconds: number | null
  dialpad_user_id: number | null
  user_id: string | null
  contact: Party | null
  target: Party | null
  customer: CustomerRef | null
  customer_id: string | null
  job_id: string | null
  /** What the call was started with: the parsed object where it was JSON, else the text. */
  custom_data: unknown
  is_internal: boolean
  is_transferred: boolean
  recording_url: string | null
  transcript: string | null
  recap: Record<string, unknown> | null
  labels: string[]
  created_at: string
  updated_at: string
}

export interface TimelineState {
  state: string
  at: string
}

export interface Message {
  id: string
  dialpad_message_id: number
  direction: 'inbound' | 'outbound'
  from_number: string | null
  to_numbers: string[]
  to_number: string | null
  text: string | null
  media_url: string | null
  status: string | null
  delivery_result: string | null
  dialpad_user_id: number | null
  user_id: string | null
  contact: Party | null
  sent_at: string
}

export interface Voicemail {
  id: string
  dialpad_call_id: number
  call_id: string | null
  dialpad_user_id: number | null
  user_id: string | null
  from_number: string | null
  to_number: string | null
  recording_url: string | null
  transcript: string | null
  duration_seconds: number | null
  created_at: string
  updated_at: string
}

export interface Contact {
  id: string
  external_id: string
  name: string
  phones: string[]
  email: string | null
  url: string | null
  attributes: Record<string, unknown>
}

export interface Pagination {
  limit: number
  has_more: boolean
  next_cursor: string | null
  offset?: number
  total?: number
}

/** One entry of the app's event stream. Which further fields it has depends on `event`. */
export interface Entry {
  event: string
  seq: number
  timestamp: string
  /** Dialpad's call id, on entries about calls and voicemails. */
  call_id?: number
  id?: string
  conversation_id?: string
  direction?: 'inbound' | 'outbound'
  from_number?: string | null
  to_number?: string | null
  status?: string
  user_id?: string | null
  dialpad_user_id?: number | null
  customer?: CustomerRef | null
  duration_seconds?: number | null
  voicemail_id?: string
  [field: string]: unknown
}
