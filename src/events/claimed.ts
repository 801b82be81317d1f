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
  change: Change | { kind: 'unreadable'; error: Error }
}

/** An event that comes from the database: its body is read again. */
export function toClaimed(row: EventRow & { appId: string }): ClaimedEvent {
  const { id, appId, source, receivedAt, attempts } = row
  return { id, appId, source, receivedAt, attempts, change: readBody(row) }
}

function readBody({ body, receivedAt }: EventRow): ClaimedEvent['change'] {
  try {
    const text = decodeBody(body)
    const payload = parseJson(text)
    const { problem } = identify(payload, text)
    return problem ? { kind: 'unreadable', error: new Error(problem) } : readPayload(payload, receivedAt)
  } catch (error) {
    return { kind: 'unreadable', error: error as Error }
  }
}
