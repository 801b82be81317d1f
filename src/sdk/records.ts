import type { components } from './api.generated'

/** What the server answers, as its OpenAPI document says it. */
type Schemas = components['schemas']

export type Call = Schemas['Call']
export type CallStatus = Call['status']

export type CustomerRef = Schemas['CallCustomer']
export type TimelineState = Schemas['CallWithTimeline']['timeline'][number]
export type Message = Schemas['Message']
export type Voicemail = Schemas['Voicemail']
export type Customer = Schemas['Customer']
export type Pagination = Schemas['Pagination']

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
