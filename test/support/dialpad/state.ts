/** What the stand-in remembers: one company's telephones, its API clients and what they asked for. */

/** What a token may do; an API key may do all. */
export type Scopes = readonly string[] | 'all'

export interface Party {
  id: number | string
  type: string
  name: string
  phone: string
  email: string
  office_id?: number
}

export interface User {
  id: number
  display_name: string
  emails: string[]
  phone_numbers: string[]
  state: 'active' | 'suspended'
  is_admin: boolean
  office_id: number
}

/** A call leg, its fields named as Dialpad names them. Instants are epoch ms. */
export interface CallRecord {
  call_id: number
  state: string
  direction: 'inbound' | 'outbound'
  external_number: string
  internal_number: string
  date_started: number
  date_rang: number | null
  date_connected: number | null
  date_ended: number | null
  event_timestamp: number
  contact: Party
  target: Party
  custom_data?: string
  is_transferred: boolean
  was_recorded: boolean
  entry_point_call_id: number | null
  master_call_id: number | null
  operator_call_id: number | null
  recording_details: Recording[]
  voicemail_link: string | null
  transcription_text: string | null
}

export type RecordingType = 'callrecording' | 'admincallrecording' | 'voicemail'

export interface Recording {
  id: string
  url: string
  /** Milliseconds. */
  duration: number
  start_time: number
  recording_type: RecordingType
}

export interface Media {
  bytes: Uint8Array<ArrayBuffer>
  type: string
  /**
   * Who gets the audio: a bearer token (`token`), or a signed-in browser alone, so that a token is redirected to `/login`
   * (`redirect`) or gets the login page with status 200 (`page`); `public` asks nobody.
   */
  access: 'token' | 'redirect' | 'page' | 'public'
}

export interface TranscriptLine {
  type: 'transcript' | 'moment' | 'real_time_moment' | 'custom_moment' | 'ai_question'
  name: string
  content: string
  /** Without an offset, as Dialpad writes it. */
  time: string
  user_id?: number
  contact_id?: string
}

export const SUBSCRIPTION_KINDS = ['call', 'sms', 'agent_status'] as const
export type SubscriptionKind = (typeof SUBSCRIPTION_KINDS)[number]

export interface Endpoint {
  id: number
  kind: 'webhook' | 'websocket'
  hookUrl: string | null
  secret: string | null
}

export interface Subscription {
  id: number
  kind: SubscriptionKind
  endpointId: number
  /** As asked for: call_states, direction, status, target… */
  settings: Record<string, unknown> & { target_id?: number | null }
  enabled: boolean
  /** What its creator's token might do: events carry no more. */
  scopes: Scopes
}

interface LoggedRequest {
  method: string
  path: string
  query: Record<string, string>
  body: unknown
  status: number
}

export interface State {
  clock: () => number
  /** Where the stand-in listens, known once it does. */
  url: string
  /** Where its users work. */
  officeId: number
  company: { id: number; name: string; domain: string }
  users: User[]
  endpoints: Map<number, Endpoint>
  subscriptions: Map<number, Subscription>
  calls: Map<number, CallRecord>
  /** By path. */
  media: Map<string, Media>
  /** What a share link of a recording leads to, by the recording's id; one without an entry cannot be shared. */
  shareable: Map<string, 'audio' | 'page'>
  /** By call id. */
  transcripts: Map<number, TranscriptLine[]>
  requests: LoggedRequest[]
  /** Scopes that an administrator has taken away, from tokens and the API key alike. */
  withdrawnScopes: Set<string>
  /** Requests and answers that break the published description; `stop` throws unless this is empty. */
  violations: string[]
  /** Ids as Dialpad makes them: 16 digits, under 2^53. */
  nextId(): number
}

export function createState(clock: () => number): State {
  let last = 5_000_000_000_000_000
  const nextId = () => {
    last += 7919
    return last
  }
  const officeId = nextId()
  const company = { id: 4508591728425653, name: 'Example Plumbing', domain: 'example.com' }
  const user = (name: string, email: string, phone: string, isAdmin = false): User => ({
    id: nextId(),
    display_name: name,
    emails: [email],
    phone_numbers: [phone],
    state: 'active',
    is_admin: isAdmin,
    office_id: officeId,
  })
  return {
    clock,
    url: '',
    officeId,
    company,
    users: [
      user('Ada Agent', 'ada@example.com', '+14155551001', true),
      user('Ben Agent', 'ben@example.com', '+14155551002'),
      user('Cleo Agent', 'cleo@example.com', '+14155551003'),
    ],
    endpoints: new Map(),
    subscriptions: new Map(),
    calls: new Map(),
    media: new Map(),
    shareable: new Map(),
    transcripts: new Map(),
    requests: [],
    withdrawnScopes: new Set(),
    violations: [],
    nextId,
  }
}
