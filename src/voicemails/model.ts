import { z } from 'zod'
import type { CallCustomer } from '../customers/lookup'
import { responseSchema } from '../http/response-schema'
import {
  CustomerRef,
  DialpadId,
  DialpadIdText,
  Id,
  Instant,
  PageQuery,
  Pagination,
  Party,
  PhoneNumber,
} from '../http/schemas'
import { iso } from '../lib/clock'
import { audioPath } from './apply'
import type { JoinedVoicemail } from './store'

export const Voicemail = responseSchema(() =>
  z.object({
    id: Id,
    dialpad_call_id: DialpadId,
    call_id: Id.nullable().describe('id of the call; null while no event of the call has arrived'),
    conversation_id: Id.nullable().describe('conversation of the call; null while no event of the call has arrived'),
    dialpad_user_id: DialpadId.nullable(),
    user_id: z.string().nullable().describe('CRM user mapped to the Dialpad user'),
    from_number: PhoneNumber.nullable(),
    to_number: PhoneNumber.nullable(),
    recording_url: z
      .string()
      .nullable()
      .describe('path of the recording on this server; requires the same credentials'),
    transcript: z.string().nullable(),
    duration_seconds: z.int().nullable(),
    contact: Party.nullable().describe('the caller, as Dialpad describes it'),
    customer: CustomerRef.nullable(),
    left_at: Instant.describe('when the caller left the voicemail; `created_at` is when this server received it'),
    created_at: Instant,
    updated_at: Instant,
  }),
)

export const VoicemailList = responseSchema(() =>
  z.object({
    success: z.literal(true),
    voicemails: z.array(Voicemail),
    pagination: Pagination,
  }),
)
export const VoicemailAnswer = responseSchema(() => z.object({ success: z.literal(true), voicemail: Voicemail }))

export const VoicemailFilter = z.strictObject({
  from: z.string().max(64).optional().describe('number of the caller, in any format'),
  user_id: z.string().max(200).optional().describe('CRM user'),
  dialpad_user_id: DialpadIdText.optional(),
  dialpad_call_id: DialpadIdText.optional().describe('the voicemail of this call'),
  created_after: z.string().max(40).optional().describe('inclusive; ISO 8601 or epoch milliseconds'),
  created_before: z.string().max(40).optional().describe('exclusive; ISO 8601 or epoch milliseconds'),
})
export const VoicemailQuery = VoicemailFilter.extend(PageQuery.shape)

export function toVoicemail(
  { voicemail: row, call }: JoinedVoicemail,
  userId: string | null,
  customer: CallCustomer | null,
): z.infer<typeof Voicemail> {
  return {
    id: row.id,
    dialpad_call_id: row.dialpadCallId,
    call_id: call?.id ?? null,
    conversation_id: call?.conversationId ?? null,
    dialpad_user_id: row.dialpadUserId,
    user_id: userId,
    from_number: row.fromNumber,
    to_number: row.toNumber,
    recording_url: row.recordingSourceUrl ? audioPath(row.id) : null,
    transcript: row.transcript,
    duration_seconds: row.durationSeconds,
    contact: call?.contact ?? null,
    customer,
    left_at: iso(call?.endedAt ?? call?.startedAt ?? Math.min(row.snapshotAt, row.createdAt)),
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
  }
}
