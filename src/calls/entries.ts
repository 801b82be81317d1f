import type { CallCustomer } from '../customers/lookup'
import { iso, isoOrNull } from '../lib/clock'
import type { NewEntry } from '../stream/store'
import type { CallRow } from './store'

/** Builds the stream entry of a call. */
export function callEntry(
  event: string,
  call: CallRow,
  at: number,
  userId: string | null,
  customer: CallCustomer | null,
): NewEntry {
  const data: Record<string, unknown> = {
    call_id: call.dialpadCallId,
    id: call.id,
    conversation_id: call.conversationId,
    direction: call.direction,
    from_number: call.fromNumber,
    to_number: call.toNumber,
    status: call.status,
    user_id: userId,
    dialpad_user_id: call.dialpadUserId,
    customer,
    customer_id: call.customerId ?? customer?.id ?? null,
    job_id: call.jobId,
    custom_data: call.customData,
    contact: call.contact,
    target: call.target,
    timestamp: iso(at),
  }
  if (event === 'call.ended')
    Object.assign(data, {
      duration_seconds: call.durationSeconds,
      talk_seconds: call.talkSeconds,
      connected_at: isoOrNull(call.connectedAt),
      ended_at: isoOrNull(call.endedAt),
      end_reason: call.endReason,
    })
  if (event === 'call.recording.completed' && call.recordingSourceUrl) data.recording_url = recordingPath(call.id)
  if (event === 'call.transcript') data.transcript = call.transcript
  if (event === 'call.recap') data.recap = call.recap
  return { event, userId, dialpadUserId: call.dialpadUserId, data }
}

/** Path of our recording route, because Dialpad's URL requires the server's token. */
export const recordingPath = (callId: string) => `/api/calls/${callId}/recording`
