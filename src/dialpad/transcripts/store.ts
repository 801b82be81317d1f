import { and, eq, gt, isNull } from 'drizzle-orm'
import type { Database, Queries } from '../../db/database'

export interface DueTranscript {
  appId: string
  dialpadCallId: number
}

export type TranscriptStore = ReturnType<typeof createTranscriptStore>

export function createTranscriptStore({ tables: { webhookEvents, calls } }: Database) {
  return {
    /** Lists calls without a transcript that was announced in an event received after `since`. */
    due: async (q: Queries, since: number, limit: number): Promise<DueTranscript[]> =>
      q
        .selectDistinct({ appId: calls.appId, dialpadCallId: calls.dialpadCallId })
        .from(webhookEvents)
        .innerJoin(
          calls,
          and(eq(calls.appId, webhookEvents.appId), eq(calls.dialpadCallId, webhookEvents.dialpadCallId)),
        )
        .where(
          and(
            gt(webhookEvents.id, firstIdAt(since)),
            eq(webhookEvents.eventType, 'call_transcription'),
            eq(webhookEvents.status, 'processed'),
            isNull(calls.transcript),
          ),
        )
        .limit(limit),
  }
}

/** The smallest UUIDv7 of a time, because ids sort by their creation time. */
function firstIdAt(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
