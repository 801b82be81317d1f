/** What the stand-in remembers: one company's telephones, its API clients and what they asked for. */

export interface Party {
  id: number | string
  type: string
  name: string
  phone: string
  email: string
}

export interface User {
  id: number
  display_name: string
  emails: string[]
  phone_numbers: string[]
  state: 'active' | 'suspended'
  is_admin: boolean
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
  recording_details: { id: string; url: string; duration: number; start_time: number; recording_type: string }[]
  voicemail_link: string | null
  transcription_text: string | null
}

export type SubscriptionKind = 'call' | 'sms' | 'agent_status'

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
  settings: Record<string, unknown>
  enabled: boolean
}

export interface LoggedRequest {
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
  company: { id: number; name: string; domain: string }
  users: User[]
  endpoints: Map<number, Endpoint>
  subscriptions: Map<number, Subscription>
  calls: Map<number, CallRecord>
  media: Map<string, { bytes: Uint8Array<ArrayBuffer>; type: string }>
  requests: LoggedRequest[]
  /** Requests that break the published description; a correct client leaves this empty. */
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
  const company = { id: 4508591728425653, name: 'Example Plumbing', domain: 'example.com' }
  const user = (name: string, email: string, phone: string, isAdmin = false): User => ({
    id: nextId(),
    display_name: name,
    emails: [email],
    phone_numbers: [phone],
    state: 'active',
    is_admin: isAdmin,
  })
  return {
    clock,
    url: '',
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
    requests: [],
    violations: [],
    nextId,
  }
}
