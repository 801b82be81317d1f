import { z } from 'zod'
import type { CallCustomer as CallCustomerValue } from '../customers/lookup'
import { DIRECTIONS } from '../db/tables'
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
import { CALL_STATUSES, isOpen } from '../lib/call-status'
import { iso, isoOrNull } from '../lib/clock'
import { END_REASONS } from '../lib/end-reason'
import type { Party as PartyValue } from '../payload/party'
import { recordingPath } from './entries'
import type { HeardState } from './state'
import type { CallRow } from './store'

export const Call = z.object({
  id: Id,
  dialpad_call_id: DialpadId,
  conversation_id: Id.describe('equal for all legs of one conversation'),
  direction: z.enum(DIRECTIONS),
  status: z.enum(CALL_STATUSES),
  from_number: PhoneNumber.nullable(),
  to_number: PhoneNumber.nullable(),
  started_at: Instant,
  rang_at: Instant.nullable(),
  connected_at: Instant.nullable(),
  ended_at: Instant.nullable(),
  duration_seconds: z.int().nullable().describe('whole seconds, time in menus included; null until the call ends'),
  talk_seconds: z.int().nullable(),
  end_reason: z
    .enum(END_REASONS)
    .nullable()
    .describe(
      '`answered_elsewhere`: nobody answered this leg, but another leg of its conversation was answered; `stale`: no event was received for too long; `unknown`: the call is over, and whether the conversation was answered is not known yet, or no hangup was received',
    ),
  dialpad_user_id: DialpadId.nullable(),
  user_id: z.string().nullable().describe('the CRM user the Dialpad user is mapped to'),
  contact: Party.nullable(),
  target: Party.nullable(),
  customer: CustomerRef.nullable(),
  customer_id: z.string().nullable(),
  job_id: z.string().nullable(),
  custom_data: z.unknown().describe('what was given when the call was made'),
  is_internal: z.boolean(),
  is_transferred: z.boolean(),
  recording_url: z.string().nullable().describe('our streaming route; takes the same credentials as this one'),
  transcript: z.string().nullable(),
  recap: z.record(z.string(), z.unknown()).nullable(),
  labels: z.array(z.string()),
  created_at: Instant,
  updated_at: Instant,
})

export const TimelineEntry = z.object({
  state: z.string().describe("Dialpad's state; `stale` is ours"),
  at: Instant.describe("Dialpad's clock"),
})

export const CallWithTimeline = Call.extend({ timeline: z.array(TimelineEntry) })
export const CallList = z.object({ success: z.literal(true), calls: z.array(Call), pagination: Pagination })
export const ActiveCalls = z.object({ success: z.literal(true), calls: z.array(Call) })
export const CallAnswer = z.object({ success: z.literal(true), call: CallWithTimeline })

export const Conversation = z
  .object({
    id: Id,
    direction: z.enum(DIRECTIONS).describe('of the first leg'),
    status: z
      .enum(CALL_STATUSES)
      .describe('of the leg that goes on; when none does, of the one that was talked on last'),
    from_number: PhoneNumber.nullable(),
    to_number: PhoneNumber.nullable(),
    started_at: Instant,
    ended_at: Instant.nullable().describe('null while a leg goes on'),
    duration_seconds: z.int().nullable().describe('from the first start to the last end'),
    talk_seconds: z.int().describe('of all legs together'),
    customer: CustomerRef.nullable(),
    calls: z.array(CallWithTimeline).describe('the legs, first started first'),
    timeline: z.array(TimelineEntry.extend({ call_id: Id })).describe('of all legs, in order'),
  })
  .describe('The calls (legs) that belong together: a queue, a transfer, a conference')
export const ConversationAnswer = z.object({ success: z.literal(true), conversation: Conversation })

export const CALL_SORTS = ['started_at', '-started_at', 'duration_seconds', '-duration_seconds'] as const

export const CallFilter = z.strictObject({
  status: z
    .string()
    .max(200)
    .optional()
    .describe(`one or several, separated by commas: ${CALL_STATUSES.join(', ')}`),
  direction: z.enum(DIRECTIONS).optional(),
  number: z
    .string()
    .max(64)
    .optional()
    .describe('number outside the company, whichever the direction, in any spelling'),
  from: z.string().max(64).optional().describe("caller's number, in any spelling"),
  to: z.string().max(64).optional().describe('called number, in any spelling'),
  user_id: z.string().max(200).optional().describe('CRM user'),
  dialpad_user_id: DialpadIdText.optional(),
  customer_id: z.string().max(200).optional(),
  job_id: z.string().max(200).optional(),
  conversation_id: z.uuid().optional(),
  started_after: z.string().max(40).optional().describe('inclusive; ISO 8601 or epoch milliseconds'),
  started_before: z.string().max(40).optional().describe('exclusive; ISO 8601 or epoch milliseconds'),
  sort: z.enum(CALL_SORTS).optional().describe('`-` for descending; -started_at unless given'),
})
export const ExportQuery = CallFilter.extend({
  format: z.enum(['csv', 'ndjson']).optional().describe('csv unless given'),
})
export const CallQuery = CallFilter.extend(PageQuery.shape)

export function toCall(row: CallRow, userId: string | null, customer: CallCustomerValue | null): z.infer<typeof Call> {
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

export const toTimeline = (heard: HeardState[]) => endedOnce(heard).map(({ state, at }) => ({ state, at: iso(at) }))

/** Dialpad may repeat a hangup under another instant: a call ends once. */
function endedOnce<T extends HeardState>(heard: T[]): T[] {
  const first = heard.find(({ state }) => state === 'hangup')
  return heard.filter((one) => one.state !== 'hangup' || one === first)
}

export function toConversation(
  calls: z.infer<typeof Call>[],
  heard: (HeardState & { callId: string })[],
): z.infer<typeof Conversation> {
  const byCall = Map.groupBy(heard, ({ callId }) => callId)
  const first = calls[0]!
  const goingOn = calls.find(({ status }) => isOpen(status))
  const lastTalked = calls.findLast(({ connected_at }) => connected_at !== null)
  const endedAt = goingOn ? null : latest(calls.map(({ ended_at }) => ended_at))
  return {
    id: first.conversation_id,
    direction: first.direction,
    status: (goingOn ?? lastTalked ?? calls.at(-1)!).status,
    from_number: first.from_number,
    to_number: first.to_number,
    started_at: first.started_at,
    ended_at: endedAt,
    duration_seconds: endedAt === null ? null : Math.round((Date.parse(endedAt) - Date.parse(first.started_at)) / 1000),
    talk_seconds: calls.reduce((sum, { talk_seconds }) => sum + (talk_seconds ?? 0), 0),
    customer: calls.find(({ customer }) => customer !== null)?.customer ?? null,
    calls: calls.map((call) => ({ ...call, timeline: toTimeline(byCall.get(call.id) ?? []) })),
    timeline: [...byCall.values()]
      .flatMap(endedOnce)
      .sort((a, b) => a.at - b.at)
      .map(({ callId, state, at }) => ({ call_id: callId, state, at: iso(at) })),
  }
}

const latest = (instants: (string | null)[]) =>
  instants
    .filter((at) => at !== null)
    .sort()
    .at(-1) ?? null
