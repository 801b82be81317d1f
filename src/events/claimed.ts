import { parseJson } from '../lib/json'
import { decodeBody } from '../payload/body'
import { type Change, identify, readPayload } from '../payload/event'
import type { EventRow } from './store'

/** An event this instance has claimed, with its body parsed. */
export interface ClaimedEvent {
  id: string
  appId: string
  source: EventRow['source']
  receivedAt: number
  /** Attempts started, including this one. */
  attempts: number
  /** `unread`: parsed from its JSON text when it is applied; null loads the body from the database. */
  change: Change | { kind: 'unreadable'; error: Error } | { kind: 'unread'; text: string | null }
}

/** Converts a row claimed from the database; parses its body. */
export function toClaimed(row: EventRow & { appId: string }): ClaimedEvent {
  const { id, appId, source, receivedAt, attempts } = row
  return { id, appId, source, receivedAt, attempts, change: readBody(row) }
}

/** Parses a stored body. Never throws: a body that cannot be parsed becomes `unreadable`. */
export const readBody = ({ body, receivedAt }: Pick<EventRow, 'body' | 'receivedAt'>): ClaimedEvent['change'] =>
  readText(decodeBody(body), receivedAt)

/** Parses the JSON text of an event. Never throws. */
export function readText(text: string, receivedAt: number): ClaimedEvent['change'] {
  try {
    const payload = parseJson(text)
    const { problem } = identify(payload, text)
    return problem ? { kind: 'unreadable', error: new Error(problem) } : readPayload(payload, receivedAt)
  } catch (error) {
    return { kind: 'unreadable', error: error as Error }
  }
}
