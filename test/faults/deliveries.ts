import { createHmac } from 'node:crypto'
import { callEvent } from '../support/events'
import { WEBHOOK_SECRET } from '../support/server'

/** One event as Dialpad sends it. Its id and its content are its own: at the end each is looked for by both. */
export interface Delivery {
  kind: 'call' | 'sms'
  /** Dialpad's id of the call or message. */
  id: number
  state: string
  body: string
}

const CALL_STATES = ['ringing', 'connected', 'hangup']
export const fromNumberOf = (id: number): string => `+1555${String(id % 10_000_000).padStart(7, '2')}`
/** Seconds of talk, different for neighbors. */
export const talkSecondsOf = (id: number): number => 10 + (id % 977)
export const textOf = (id: number): string => `message ${id} of the run`

/** The events of one call in their order. @param at ms since the epoch. */
export function callDeliveries(id: number, at: number): Delivery[] {
  const connected = { date_connected: at + 1000 }
  const ended = { ...connected, date_ended: at + 2000, talk_time: talkSecondsOf(id) * 1000, duration: 999_000 }
  return CALL_STATES.map((state, place) => {
    const more = { ringing: {}, connected, hangup: ended }[state]
    const payload = { date_started: at, external_number: fromNumberOf(id), ...more }
    return { kind: 'call', id, state, body: sign(callEvent(id, state, at + place * 1000, payload)) }
  })
}

export function smsDelivery(id: number, at: number): Delivery {
  const payload = {
    id,
    created_date: at,
    event_timestamp: at,
    direction: 'inbound',
    from_number: fromNumberOf(id),
    to_number: ['+15555550105'],
    text: textOf(id),
    message_status: 'success',
    is_internal: false,
    mms: false,
    target: { id: 5991398486736896, type: 'user', name: 'Agent', phone_number: '(555) 555-0105' },
    contact: { id: 6480210643730432, name: 'Sample Caller', phone_number: '+15555550109' },
  }
  return { kind: 'sms', id, state: 'success', body: sign(payload) }
}

const base64 = (text: string) => Buffer.from(text).toString('base64url')
const HEADER = base64('{"alg":"HS256","typ":"JWT"}')

export function sign(payload: object): string {
  const signed = `${HEADER}.${base64(JSON.stringify(payload))}`
  return `${signed}.${createHmac('sha256', WEBHOOK_SECRET).update(signed).digest('base64url')}`
}
