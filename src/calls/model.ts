import { z } from 'zod'
import type { CallCustomer as CallCustomerValue } from '../customers/lookup'
import { DIRECTIONS } from '../db/tables'
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
import { CALL_STATUSES } from '../lib/call-status'
import { iso, isoOrNull } from '../lib/clock'
import { END_REASONS } from '../lib/end-reason'
import type { Party as PartyValue } from '../payload/party'
import { recordingPath } from './entries'
import type { TimedState } from './state'
import type { ListedCall } from './store-pages'

export const Call = responseSchema(() =>
  z.object({
    id: Id,
    dialpad_call_id: DialpadId,
    conversation_id: Id.describe('same for all legs of a conversation'),
    direction: z.enum(DIRECTIONS),
    status: z.enum(CALL_STATUSES),
    from_number: PhoneNumber.nullable(),
    to_number: PhoneNumber.nullable(),
    started_at: Instant,
    rang_at: Instant.nullable(),
    connected_at: Instant.nullable(),
    ended_at: Instant.nullable(),
    duration_seconds: z.int().nullable().describe('whole seconds, including time in menus; null until the call ends'),
    talk_seconds: z.int().nullable(),
    end_reason: z
      .enum(END_REASONS)
      .nullable()
      .describe(
        '`answered_elsewhere`: another leg of the conversation was answered; `transferred`: this leg was answered, and the call was transferred from it; `stale`: events stopped arriving; `unknown`: the call is over, but no hangup was received, or the outcome of the conversation is not known yet',
      ),
    dialpad_user_id: DialpadId.nullable(),
    user_id: z.string().nullable().describe('CRM user mapped to the Dialpad user'),
    contact: Party.nullable(),
    target: Party.nullable(),
    customer: CustomerRef.nullable(),
    customer_id: z.string().nullable(),
    job_id: z.string().nullable(),
    custom_data: z.unknown().describe('data set when the call was placed'),
    is_internal: z.boolean(),
    is_transferred: z.boolean(),
    recording_url: z
      .string()
      .nullable()
      .describe('path of the recording on this server; requires the same credentials'),
    transcript: z.string().nullable(),
    recap: z.record(z.string(), z.unknown()).nullable(),
    labels: z.array(z.string()),
    created_at: Instant,
    updated_at: Instant,
  }),
)

export const TimelineEntry = responseSchema(() =>
  z.object({
    state: z.string().describe("Dialpad's state, or `stale` if this server ended the call"),
    at: Instant.describe("Dialpad's clock"),
  }),
)

export const CallWithTimeline = responseSchema(() => Call.unwrap().extend({ timeline: z.array(TimelineEntry) }))
export const CallList = responseSchema(() =>
  z.object({ success: z.literal(true), calls: z.array(Call), pagination: Pagination }),
)
export const ActiveCalls = responseSchema(() => z.object({ success: z.literal(true), calls: z.array(Call) }))
export const CallAnswer = responseSchema(() => z.object({ success: z.literal(true), call: CallWithTimeline }))

const CALL_SORTS = ['started_at', '-started_at', 'duration_seconds', '-duration_seconds'] as const

export const CallFilter = z.strictObject({
  status: z
    .string()
    .max(200)
    .optional()
    .describe(`one or more, separated by commas: ${CALL_STATUSES.join(', ')}`),
  direction: z.enum(DIRECTIONS).optional(),
  number: z.string().max(64).optional().describe('number outside the company, for both directions, in any format'),
  from: z.string().max(64).optional().describe('number of the caller, in any format'),
  to: z.string().max(64).optional().describe('number that was called, in any format'),
  user_id: z.string().max(200).optional().describe('CRM user'),
  dialpad_user_id: DialpadIdText.optional(),
  customer_id: z.string().max(200).optional(),
  job_id: z.string().max(200).optional(),
  conversation_id: z.uuid().optional(),
  started_after: z.string().max(40).optional().describe('inclusive; ISO 8601 or epoch milliseconds'),
  started_before: z.string().max(40).optional().describe('exclusive; ISO 8601 or epoch milliseconds'),
  updated_after: z
    .string()
    .max(40)
    .optional()
    .describe('calls changed since then, for sync jobs; inclusive; ISO 8601 or epoch milliseconds'),
  q: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'part of a name (case-insensitive) or of a number (in any format). A request searches for one second: among many ' +
        'calls, a page can have fewer rows than `limit`, or none, while `has_more` is true and `next_cursor` continues the search',
    ),
  sort: z.enum(CALL_SORTS).optional().describe('prefix `-` for descending; default `-started_at`'),
})
export const ExportQuery = CallFilter.extend({
  format: z.enum(['csv', 'ndjson']).optional().describe('default `csv`'),
  token: z.string().max(4096).optional().describe('client token, for a link that downloads the file'),
})
export const CallQuery = CallFilter.extend(PageQuery.shape)

export function toCall(
  row: ListedCall,
  userId: string | null,
  customer: CallCustomerValue | null,
): z.infer<typeof Call> {
  return {
    id: row.id,
    dialpad_call_id: row.dialpadCallId,
    conversation_id: row.conversationId,
    direction: row.direction,
    status: row.status,
    from_number: row.fromNumber,
    to_number: row.toNumber,
    started_at: iso(row.startedAt),
    rang_at: isoOrNull(row.rangAt),
    connected_at: isoOrNull(row.connectedAt),
    ended_at: isoOrNull(row.endedAt),
    duration_seconds: row.durationSeconds,
    talk_seconds: row.talkSeconds,
    end_reason: row.endReason as (typeof END_REASONS)[number] | null,
    dialpad_user_id: row.dialpadUserId,
    user_id: userId,
    contact: row.contact as PartyValue | null,
    target: row.target as PartyValue | null,
    customer,
    customer_id: row.customerId ?? customer?.id ?? null,
    job_id: row.jobId,
    custom_data: row.customData,
    is_internal: row.isInternal,
    is_transferred: row.isTransferred,
    recording_url: row.recordingSourceUrl ? recordingPath(row.id) : null,
    transcript: row.transcript,
    recap: row.recap,
    labels: row.labels,
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
  }
}

export const toTimeline = (states: TimedState[]) => endedOnce(states).map(({ state, at }) => ({ state, at: iso(at) }))

/** Removes repeated hangups, because Dialpad may send a second one with another time. */
export function endedOnce<T extends TimedState>(states: T[]): T[] {
  const first = states.find(({ state }) => state === 'hangup')
  return states.filter((one) => one.state !== 'hangup' || one === first)
}
