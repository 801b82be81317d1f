import { parseJson } from '../lib/json'
import { decodeBody } from '../payload/body'
import { type Change, identify, readPayload } from '../payload/event'
import type { EventRow } from './store'

/** An event this instance holds, already read. */
export interface ClaimedEvent {
  id: string
  appId: string
  source: EventRow['source']
  receivedAt: number
  /** Tries begun, this one included. */
  attempts: number
  /** `unread` is read again from the database when its turn comes. */
  change: Change | { kind: 'unreadable'; error: Error } | { kind: 'unread' }
}

/** An event that comes from the database: its body is read again. */
export function toClaimed(row: EventRow & { appId: string }): ClaimedEvent {
  const { id, appId, source, receivedAt, attempts } = row
  return { id, appId, source, receivedAt, attempts, change: readBody(row) }
}

/** What a stored body says. */
export function readBody({ body, receivedAt }: Pick<EventRow, 'body' | 'receivedAt'>): ClaimedEvent['change'] {
  try {
    const text = decodeBody(body)
    const payload = parseJson(text)
    const { problem } = identify(payload, text)
    return problem ? { kind: 'unreadable', error: new Error(problem) } : readPayload(payload, receivedAt)
  } catch (error) {
    return { kind: 'unreadable', error: error as Error }
  }
}
