/** Messages of Dialpad's Mini Dialer. They come from another origin, so each field is checked, never cast. */

import type { Party } from './records'

export interface RingingCall {
  /** Dialpad's call id in decimal digits. */
  id: string
  contact: Party | null
  target: Party | null
  internal_number: string | null
  external_number: string | null
}

interface Payloads {
  user_authentication: { authenticated: boolean; user_id: number | null }
  call_ringing: { state: 'on' | 'off'; call: RingingCall }
}

export type DialpadMessage<M extends keyof Payloads = keyof Payloads> = {
  [K in M]: { method: K; payload: Payloads[K] }
}[M]

/** @returns null for anything but a valid message of the Mini Dialer. */
export function readDialpadMessage(data: unknown): DialpadMessage | null {
  if (!isObject(data) || data.api !== 'opencti_dialpad' || !isObject(data.payload)) return null
  const { payload } = data
  switch (data.method) {
    case 'user_authentication':
      if (typeof payload.user_authenticated !== 'boolean') return null
      return {
        method: data.method,
        payload: {
          authenticated: payload.user_authenticated,
          user_id: payload.user_authenticated ? userId(payload.user_id) : null,
        },
      }
    case 'call_ringing': {
      const id = callId(payload.id)
      if (id === null || (payload.state !== 'on' && payload.state !== 'off')) return null
      const call = {
        id,
        contact: party(payload.contact),
        target: party(payload.target),
        internal_number: text(payload.internal_number),
        external_number: text(payload.external_number),
      }
      return { method: data.method, payload: { state: payload.state, call } }
    }
    default:
      return null
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value.slice(0, 500) : null)

function callId(value: unknown): string | null {
  if (Number.isSafeInteger(value) && Number(value) > 0) return String(value)
  return typeof value === 'string' && /^[1-9]\d{0,18}$/.test(value) ? value : null
}

function userId(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) ? (number as number) : null
}

function party(value: unknown): Party | null {
  if (!isObject(value)) return null
  const id = typeof value.id === 'number' ? value.id : text(value.id)
  return {
    id,
    type: text(value.type),
    name: text(value.name),
    phone: text(value.phone),
    email: text(value.email),
  }
}
