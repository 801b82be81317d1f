import { z } from 'zod'
import type { CallCustomer as CallCustomerValue } from '../customers/lookup'
import { DIRECTIONS, OUTCOMES } from '../db/tables'
import { responseSchema } from '../http/response-schema'
import { CustomerRef, DialpadId, Id, Instant, PageQuery, Pagination, Party, PhoneNumber } from '../http/schemas'
import { CALL_STATUSES } from '../lib/call-status'
import { iso, isoOrNull } from '../lib/clock'
import type { Party as PartyValue } from '../payload/party'
import type { ConversationRow } from './conversation'
import { type Call, CallFilter, CallWithTimeline, endedOnce, TimelineEntry, toTimeline } from './model'
import type { TimedState } from './state'

export const ConversationSummary = responseSchema(() =>
  z
    .object({
      id: Id,
      direction: z.enum(DIRECTIONS).describe('direction of the first leg'),
      status: z
        .enum(CALL_STATUSES)
        .describe(
          'while the conversation is open, the status of its most advanced leg; afterwards, the status that matches the outcome',
        ),
      outcome: z
        .enum(OUTCOMES)
        .describe(
          '`answered`: a person answered; `missed`: it rang a person and nobody answered; `abandoned`: the caller hung up in a queue ' +
            'or menu before it rang a person; `unanswered`: nobody answered an outbound call; `open`: the conversation is not over',
        ),
      from_number: PhoneNumber.nullable(),
      to_number: PhoneNumber.nullable(),
      started_at: Instant,
      answered_at: Instant.nullable().describe('when a person answered, not a queue or a menu'),
      ended_at: Instant.nullable().describe('null until all legs have ended'),
      duration_seconds: z.int().nullable().describe('seconds from the first start to the last end'),
      waited_seconds: z
        .int()
        .nullable()
        .describe('seconds until the answer, or until the end if nobody answered; null while the caller waits'),
      talk_seconds: z.int().describe('total talk time of the people who answered, in seconds'),
      hold_seconds: z.int().describe('seconds on hold while connected to a person'),
      dialpad_user_id: DialpadId.nullable().describe(
        'Dialpad user who answered first; if nobody answered, the user it rang, if only one',
      ),
      user_id: z.string().nullable().describe('CRM user mapped to the Dialpad user'),
      contact: Party.nullable(),
      target: Party.nullable().describe('the person, queue or department that was called'),
      customer: CustomerRef.nullable(),
      customer_id: z.string().nullable(),
      job_id: z.string().nullable(),
      is_internal: z.boolean(),
      leg_count: z.int().describe('number of legs, not counting legs of supervisors'),
      created_at: Instant,
      updated_at: Instant,
    })
    .describe('Calls (legs) that belong together, for example a queue, a transfer or a conference'),
)

export const Conversation = responseSchema(() =>
  ConversationSummary.unwrap()
    .extend({
      calls: z.array(CallWithTimeline).describe('the legs, oldest first'),
      timeline: z.array(TimelineEntry.unwrap().extend({ call_id: Id })).describe('states of all legs, in order'),
    })
    .describe('A conversation with its calls (legs)'),
)
export const ConversationList = responseSchema(() =>
  z.object({
    success: z.literal(true),
    conversations: z.array(ConversationSummary),
    pagination: Pagination,
  }),
)
export const ConversationAnswer = responseSchema(() =>
  z.object({ success: z.literal(true), conversation: Conversation }),
)

export const ConversationFilter = CallFilter.extend({ outcome: z.enum(OUTCOMES).optional() })
export const ConversationQuery = ConversationFilter.extend(PageQuery.shape)

export function toConversationSummary(
  row: ConversationRow,
  userId: string | null,
  customer: CallCustomerValue | null,
): z.infer<typeof ConversationSummary> {
  return {
    id: row.id,
    direction: row.direction,
    status: row.status,
    outcome: row.outcome,
    from_number: row.fromNumber,
    to_number: row.toNumber,
    started_at: iso(row.startedAt),
    answered_at: isoOrNull(row.answeredAt),
    ended_at: isoOrNull(row.endedAt),
    duration_seconds: row.durationSeconds,
    waited_seconds: row.waitedSeconds,
    talk_seconds: row.talkSeconds,
    hold_seconds: row.holdSeconds,
    dialpad_user_id: row.dialpadUserId,
    user_id: userId,
    contact: row.contact as PartyValue | null,
    target: row.target as PartyValue | null,
    customer,
    customer_id: row.customerId ?? customer?.id ?? null,
    job_id: row.jobId,
    is_internal: row.isInternal,
    leg_count: row.legCount,
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
  }
}

export function toConversation(
  summary: z.infer<typeof ConversationSummary>,
  calls: z.infer<typeof Call>[],
  states: (TimedState & { callId: string })[],
): z.infer<typeof Conversation> {
  const byCall = Map.groupBy(states, ({ callId }) => callId)
  return {
    ...summary,
    calls: calls.map((call) => ({ ...call, timeline: toTimeline(byCall.get(call.id) ?? []) })),
    timeline: [...byCall.values()]
      .flatMap(endedOnce)
      .sort((a, b) => a.at - b.at)
      .map(({ callId, state, at }) => ({ call_id: callId, state, at: iso(at) })),
  }
}
