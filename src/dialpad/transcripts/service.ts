import { createHash } from 'node:crypto'
import { getLogger } from '@logtape/logtape'
import type { Database } from '../../db/database'
import type { Clock } from '../../lib/clock'
import type { RecoveredEvent } from '../../payload/call-snapshot'
import type { DialpadApi } from '../client/api'
import { DialpadApiError } from '../client/dialpad-api-error'
import type { DueTranscript, TranscriptStore } from './store'

const log = getLogger(['cti', 'dialpad', 'transcripts'])

const MINUTE_MS = 60_000
/** How far to look back after a start. */
const LOOK_BACK_MS = 60 * MINUTE_MS
const OVERLAP_MS = 5 * MINUTE_MS
const PER_SWEEP = 20
const MAX_WAITING = 1000
const TRIES = 6

/** Fetches transcripts that Dialpad announced without text, and stores them like deliveries. */
export function createTranscriptService(deps: {
  database: Database
  store: TranscriptStore
  api: Pick<DialpadApi, 'transcript'>
  clock: Clock
  /** Stores one event durably. */
  ingest(appId: string, event: Omit<RecoveredEvent, 'recovered'>): Promise<unknown>
  /** Apps with access to Dialpad. */
  connectedApps(): Promise<string[]>
}) {
  const { database, store, api, clock, ingest } = deps
  const waiting = new Map<string, DueTranscript & { tries: number; nextAt: number }>()
  /** Finished calls, to avoid repeated requests. */
  let settled = new Map<string, number>()
  let since = clock() - LOOK_BACK_MS

  async function findNew(): Promise<void> {
    const now = clock()
    for (const due of await store.due(database.queries, since, MAX_WAITING)) {
      const key = `${due.appId} ${due.dialpadCallId}`
      if (waiting.size < MAX_WAITING && !waiting.has(key) && !settled.has(key))
        waiting.set(key, { ...due, tries: 0, nextAt: now })
    }
    since = Math.max(since, now - OVERLAP_MS)
    settled = new Map([...settled].filter(([, at]) => at > now - LOOK_BACK_MS))
  }

  /** @returns whether the call is finished. */
  async function fetchOne({ appId, dialpadCallId }: DueTranscript): Promise<boolean> {
    try {
      const transcript = await api.transcript(appId, dialpadCallId)
      if (transcript === null) return false
      const event = {
        call_id: dialpadCallId,
        state: 'call_transcription',
        event_timestamp: clock(),
        transcription_text: transcript,
      }
      const hash = createHash('sha256').update(transcript).digest('hex')
      await ingest(appId, {
        dialpadCallId,
        json: JSON.stringify(event),
        dedupeKey: `transcript:${dialpadCallId}:${hash}`,
      })
      return true
    } catch (error) {
      if (!(error instanceof DialpadApiError)) throw error
      log.debug('could not fetch the transcript of call {dialpadCallId}: {reason}', {
        dialpadCallId,
        reason: error.message,
      })
      return error.code === 'dialpad_refused' && error.dialpadStatus !== 404
    }
  }

  return {
    /** Requests a few transcripts. Retries those that are not ready with exponential backoff. */
    async sweep(): Promise<void> {
      await findNew()
      const able = new Set(await deps.connectedApps())
      const now = clock()
      const due = [...waiting].filter(([, one]) => one.nextAt <= now && able.has(one.appId)).slice(0, PER_SWEEP)
      for (const [key, one] of due) {
        one.tries++
        one.nextAt = now + MINUTE_MS * 2 ** (one.tries - 1)
        if (!(await fetchOne(one)) && one.tries < TRIES) continue
        waiting.delete(key)
        settled.set(key, now)
      }
    },
  }
}
