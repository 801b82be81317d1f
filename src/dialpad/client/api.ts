import { type Fields, id, isFields, text } from '../../payload/fields'
import type { DialpadClient, DialpadRequest } from './client'
import { DialpadApiError } from './dialpad-api-error'

export type SubscriptionKind = 'call' | 'sms' | 'agent_status'
export type EndpointKind = 'webhook' | 'websocket'

/** A webhook or websocket at Dialpad. Contains the secret in clear text, so do not log or store it. */
export interface RemoteEndpoint {
  id: number
  /** The hook URL of a webhook, or the URL of a websocket, which changes every hour. */
  url: string | null
  secret: string | null
}

export interface RemoteSubscription {
  id: number
  endpointId: number | null
  enabled: boolean
  /** As requested. Null if Dialpad does not return it. */
  callStates: string[] | null
  direction: string | null
  status: boolean | null
}

export interface DialpadUser {
  id: number
  name: string | null
  emails: string[]
  phoneNumbers: string[]
  state: string | null
  officeId: number | null
}

export interface PlaceCallBody {
  phone_number: string
  user_id: number
  outbound_caller_id?: string
  custom_data?: string
}

export type TransferTo =
  | { number: string }
  | { call_id: number }
  | { target_id: number; target_type: 'callcenter' | 'department' | 'office' | 'user' }

export type DialpadApi = ReturnType<typeof createDialpadApi>

/** The REST endpoints of Dialpad that this server uses. Converts ids from strings to numbers. */
export function createDialpadApi({ send, pages }: DialpadClient) {
  const background = true
  const all = async <T>(appId: string, request: DialpadRequest, read: (item: Fields) => T): Promise<T[]> => {
    const items: T[] = []
    for await (const page of pages(appId, request)) items.push(...page.map(read))
    return items
  }
  /** Deletes a record. Succeeds if it no longer exists. */
  const remove = async (appId: string, path: string, endpointId: number): Promise<void> => {
    try {
      await send(appId, { method: 'DELETE', path, id: endpointId })
    } catch (error) {
      if (!(error instanceof DialpadApiError && error.dialpadStatus === 404)) throw error
    }
  }

  return {
    async company(appId: string): Promise<{ id: number; name: string | null }> {
      const answer = await send(appId, { method: 'GET', path: '/company' })
      return { id: needId(answer, 'id', 'GET /company'), name: text(answer, 'name') }
    },
    users: (appId: string): Promise<DialpadUser[]> =>
      all(appId, { method: 'GET', path: '/users', query: { state: 'active' }, background }, readUser),

    /** Lists finished calls that started in the range, newest first. */
    concludedCalls: (appId: string, startedAfter: number, startedBefore?: number): AsyncGenerator<Fields[]> =>
      pages(appId, {
        method: 'GET',
        path: '/call',
        query: { started_after: startedAfter, started_before: startedBefore },
        background,
      }),
    call: (appId: string, callId: number): Promise<Fields> =>
      send(appId, { method: 'GET', path: '/call/{id}', id: callId, background }),
    async placeCall(appId: string, body: PlaceCallBody): Promise<number> {
      const answer = await send(appId, { method: 'POST', path: '/call', body, user: body.user_id })
      return needId(answer, 'call_id', 'POST /call')
    },
    hangUp: async (appId: string, callId: number): Promise<void> =>
      void (await send(appId, { method: 'PUT', path: '/call/{id}/actions/hangup', id: callId })),
    transfer: (
      appId: string,
      callId: number,
      body: { to: TransferTo; transfer_state?: string; custom_data?: string },
    ) => send(appId, { method: 'POST', path: '/call/{id}/transfer', id: callId, body }),
    async sendSms(
      appId: string,
      body: { to_numbers: string[]; text: string; user_id?: number; from_number?: string },
    ): Promise<{ id: number; status: string | null; fromNumber: string | null }> {
      const answer = await send(appId, { method: 'POST', path: '/sms', body })
      return {
        id: needId(answer, 'id', 'POST /sms'),
        status: text(answer, 'message_status'),
        fromNumber: text(answer, 'from_number'),
      }
    },

    /** @returns the transcript, one line per turn of a speaker; null while there is none. */
    async transcript(appId: string, callId: number): Promise<string | null> {
      try {
        const answer = await send(appId, { method: 'GET', path: '/transcripts/{id}', id: callId, background })
        return readTranscript(answer)
      } catch (error) {
        if (error instanceof DialpadApiError && error.dialpadStatus === 404) return null
        throw error
      }
    },
    /** @returns a URL of the recording for the company's administrators. */
    async shareLink(appId: string, recording: { id: string; type: string }): Promise<string> {
      const body = { recording_id: recording.id, recording_type: recording.type, privacy: 'admin' }
      const answer = await send(appId, { method: 'POST', path: '/recordingsharelink', body })
      const link = text(answer, 'access_link')
      if (link) return link
      throw new DialpadApiError(
        'dialpad_unavailable',
        'The response of Dialpad to POST /recordingsharelink has no link.',
        null,
      )
    },

    async createEndpoint(appId: string, kind: EndpointKind, body: { hook_url?: string; secret: string }) {
      return readEndpoint(await send(appId, { method: 'POST', path: `/${kind}s`, body }))
    },
    async endpoint(appId: string, kind: EndpointKind, endpointId: number): Promise<RemoteEndpoint | null> {
      try {
        return readEndpoint(await send(appId, { method: 'GET', path: `/${kind}s/{id}`, id: endpointId, background }))
      } catch (error) {
        if (error instanceof DialpadApiError && error.dialpadStatus === 404) return null
        throw error
      }
    },
    endpoints: (appId: string, kind: EndpointKind): Promise<RemoteEndpoint[]> =>
      all(appId, { method: 'GET', path: `/${kind}s`, background }, readEndpoint),
    updateWebhook: async (
      appId: string,
      endpointId: number,
      body: { secret: string } | { hook_url: string },
    ): Promise<void> => void (await send(appId, { method: 'PATCH', path: '/webhooks/{id}', id: endpointId, body })),
    deleteEndpoint: (appId: string, kind: EndpointKind, endpointId: number) =>
      remove(appId, `/${kind}s/{id}`, endpointId),

    async subscribe(appId: string, kind: SubscriptionKind, endpointId: number, settings: Fields): Promise<number> {
      const path = `/subscriptions/${kind}`
      const answer = await send(appId, { method: 'POST', path, body: { ...settings, endpoint_id: endpointId } })
      return needId(answer, 'id', `POST ${path}`)
    },
    subscriptions: (appId: string, kind: SubscriptionKind): Promise<RemoteSubscription[]> =>
      all(appId, { method: 'GET', path: `/subscriptions/${kind}`, background }, readSubscription),
    unsubscribe: (appId: string, kind: SubscriptionKind, subscriptionId: number) =>
      remove(appId, `/subscriptions/${kind}/{id}`, subscriptionId),
  }
}

function needId(answer: Fields, name: string, endpoint: string): number {
  const found = id(answer, name)
  if (found === null)
    throw new DialpadApiError('dialpad_unavailable', `The response of Dialpad to ${endpoint} has no ${name}.`, null)
  return found
}

const readEndpoint = (fields: Fields): RemoteEndpoint => ({
  id: needId(fields, 'id', 'webhooks'),
  url: text(fields, 'hook_url', 'websocket_url'),
  secret: isFields(fields.signature) ? text(fields.signature, 'secret') : null,
})

function readSubscription(fields: Fields): RemoteSubscription {
  const endpoint = [fields.webhook, fields.websocket].find(isFields)
  return {
    id: needId(fields, 'id', 'subscriptions'),
    endpointId: endpoint ? id(endpoint, 'id') : id(fields, 'endpoint_id', 'webhook_id'),
    enabled: fields.enabled !== false,
    callStates: Array.isArray(fields.call_states)
      ? fields.call_states.filter((state) => typeof state === 'string')
      : null,
    direction: text(fields, 'direction'),
    status: typeof fields.status === 'boolean' ? fields.status : null,
  }
}

function readUser(fields: Fields): DialpadUser {
  const strings = (value: unknown) => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [])
  return {
    id: needId(fields, 'id', 'GET /users'),
    name: text(fields, 'display_name'),
    emails: strings(fields.emails),
    phoneNumbers: strings(fields.phone_numbers),
    state: text(fields, 'state'),
    officeId: id(fields, 'office_id'),
  }
}

const MAX_TRANSCRIPT = 500_000

function readTranscript(answer: Fields): string | null {
  const lines = Array.isArray(answer.lines) ? answer.lines.filter(isFields) : []
  const said = lines.flatMap((line) => {
    const content = text(line, 'content')
    if (content === null || (text(line, 'type') ?? 'transcript') !== 'transcript') return []
    const name = text(line, 'name')
    return [name === null ? content : `${name}: ${content}`]
  })
  return said.length > 0 ? said.join('\n').slice(0, MAX_TRANSCRIPT) : null
}
