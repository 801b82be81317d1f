import type { CallRow } from '../calls/store'
import type { Transaction } from '../db/database'
import { type Clock, iso } from '../lib/clock'
import { newId } from '../lib/id'
import { normalizePhoneNumber, type Region } from '../lib/phone-number'
import { createFieldMerge, rankOf, WEAK } from '../lib/snapshot'
import type { CallChange } from '../payload/call'
import type { VoicemailChange } from '../payload/event'
import type { EntryDraft, NewEntry } from '../stream/store'
import type { VoicemailRow, VoicemailStore } from './store'

export type VoicemailApplier = ReturnType<typeof createVoicemailApplier>

/** Applies voicemails. A voicemail may arrive without its call. Dialpad's call id links the two. */
export function createVoicemailApplier(deps: { store: VoicemailStore; region: Region; clock: Clock }) {
  const { store, region, clock } = deps
  const phone = (text: string | null) => normalizePhoneNumber(text, region)

  function merge(
    appId: string,
    before: VoicemailRow | undefined,
    change: VoicemailChange,
    call?: CallRow,
  ): VoicemailRow {
    const now = clock()
    const known = before ? (before.learned ?? { rank: rankOf(before.snapshotAt, 0) }) : null
    const fields = createFieldMerge(known, rankOf(change.at, change.transcriptOnly ? 1 : 0))
    const { take } = fields
    const recordingId = take('recordingId', before?.learned?.recordingId, change.recordingId)
    type FromCall = 'dialpadUserId' | 'fromNumber' | 'toNumber' | 'transcript'
    /** Fills missing fields of a voicemail from its call. */
    const takeOrCall = <F extends FromCall>(field: F, given: VoicemailRow[F]): VoicemailRow[F] =>
      take(field, before?.[field], given ?? call?.[field] ?? null, given === null ? WEAK : undefined)
    return {
      id: before?.id ?? newId(),
      appId,
      dialpadCallId: change.dialpadCallId,
      dialpadUserId: takeOrCall('dialpadUserId', change.dialpadUserId),
      fromNumber: takeOrCall('fromNumber', phone(change.fromNumber)),
      toNumber: takeOrCall('toNumber', phone(change.toNumber)),
      recordingSourceUrl: take('recordingSourceUrl', before?.recordingSourceUrl, change.url),
      transcript: takeOrCall('transcript', change.transcript),
      durationSeconds: take('durationSeconds', before?.durationSeconds, change.durationSeconds),
      snapshotAt: Math.max(before?.snapshotAt ?? 0, change.at),
      learned: { ...fields.ranks(), ...(recordingId ? { recordingId } : {}) },
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    }
  }

  return {
    /** Loads the voicemails that the changes affect. Apply the changes in order, then save. */
    async load(tx: Transaction, appId: string, changes: VoicemailChange[]) {
      const ids = new Set(changes.map(({ dialpadCallId }) => dialpadCallId))
      const rows = await store.byDialpadCallIds(tx, appId, [...ids])
      const touched = new Map<number, VoicemailRow>()

      return {
        /** Applies one change. @param call the call, to fill missing fields. @returns the stream entries it causes. */
        apply(change: VoicemailChange, call: CallRow | undefined): EntryDraft[] {
          const before = rows.get(change.dialpadCallId)
          if (!before && change.transcriptOnly) return []
          const row = merge(appId, before, change, call)
          rows.set(change.dialpadCallId, row)
          touched.set(change.dialpadCallId, row)
          if (before) return []
          const { dialpadUserId } = row
          return [{ dialpadUserId, toEntries: (userId) => [voicemailEntry(row, change.at, userId, call)] }]
        },
        save: () => store.save(tx, [...touched.values()]),
      }
    },
  }
}

/** The voicemail in a call event, or null. A transcript only updates an existing voicemail. */
export function voicemailOf(change: CallChange): VoicemailChange | null {
  const transcriptOnly = change.state === 'transcription'
  if (change.state !== 'voicemail_uploaded' && !transcriptOnly) return null
  const inbound = change.direction !== 'outbound'
  return {
    kind: 'voicemail',
    dialpadCallId: change.dialpadCallId,
    at: change.at,
    transcriptOnly,
    dialpadUserId: change.dialpadUserId,
    fromNumber: inbound ? change.externalNumber : change.internalNumber,
    toNumber: inbound ? change.internalNumber : change.externalNumber,
    url: change.voicemailUrl,
    transcript: change.transcript,
    durationSeconds: change.voicemailSeconds,
    recordingId: change.voicemailRecordingId,
  }
}

function voicemailEntry(row: VoicemailRow, at: number, userId: string | null, call?: CallRow): NewEntry {
  return {
    event: 'voicemail.received',
    userId,
    dialpadUserId: row.dialpadUserId,
    data: {
      voicemail_id: row.id,
      call_id: row.dialpadCallId,
      id: call?.id ?? null,
      conversation_id: call?.conversationId ?? null,
      from_number: row.fromNumber,
      to_number: row.toNumber,
      duration_seconds: row.durationSeconds,
      transcript: row.transcript,
      recording_url: row.recordingSourceUrl ? audioPath(row.id) : null,
      user_id: userId,
      target_crm_user: userId,
      dialpad_user_id: row.dialpadUserId,
      timestamp: iso(at),
    },
  }
}

/** Path of our recording route, because Dialpad's URL requires the server's token. */
export const audioPath = (voicemailId: string) => `/api/voicemails/${voicemailId}/audio`
