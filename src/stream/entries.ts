import { z } from 'zod'
import { DIRECTIONS } from '../db/tables'
import { responseSchema } from '../http/response-schema'
import { CustomerRef, DialpadId, Id, Instant, Party, PhoneNumber } from '../http/schemas'
import { CALL_STATUSES } from '../lib/call-status'
import { END_REASONS } from '../lib/end-reason'
import type { EventName } from './event-names'

/** The entries that subscribers receive: one schema per event, for sockets, server-sent events and endpoints. */

const CrmUserId = z.string().nullable().describe('CRM user mapped to the Dialpad user')
const OurCallId = Id.describe('id of the call')
const ConversationId = Id.describe('same for all calls (legs) of a conversation')
const From = PhoneNumber.nullable().describe('number of the caller or sender, E.164')
const To = PhoneNumber.nullable().describe('called number or recipient, E.164')
const DialpadUser = DialpadId.nullable().describe('Dialpad user of the entry')
const Contact = Party.nullable().describe('the other party, as Dialpad describes it')

const call = () => ({
  call_id: DialpadId.describe('Dialpad id of the call'),
  id: OurCallId,
  conversation_id: ConversationId,
  direction: z.enum(DIRECTIONS).describe('direction, from the perspective of the company'),
  from_number: From,
  to_number: To,
  status: z.enum(CALL_STATUSES).describe('status after this event'),
  user_id: CrmUserId,
  dialpad_user_id: DialpadUser,
  customer: CustomerRef.nullable().describe('customer of the call, if known'),
  customer_id: z.string().nullable().describe("the customer's id in your software"),
  job_id: z.string().nullable().describe('job given when the call was placed'),
  custom_data: z.unknown().describe('data given when the call was placed'),
  contact: Contact,
  target: Party.nullable().describe('Dialpad user, call center, department or office of the call'),
})

const message = () => ({
  message_id: DialpadId.describe('Dialpad id of the message'),
  id: Id.describe('id of the message'),
  direction: z.enum(DIRECTIONS).describe('direction, from the perspective of the company'),
  from_number: From,
  to_number: To,
  to_numbers: z.array(PhoneNumber).describe('all recipients of the message'),
  text: z.string().nullable().describe("null without Dialpad's scope `message_content_export`"),
  media_url: z.string().nullable().describe('path of the first media file on this server'),
  media_urls: z.array(z.string()).describe('paths of all media files, in order'),
  status: z.string().nullable().describe('from Dialpad: `pending`, `success` or `failed`'),
  delivery_result: z.string().nullable().describe("the carrier's delivery result"),
  user_id: CrmUserId,
  dialpad_user_id: DialpadUser,
  contact: Contact,
})

const voicemail = () => ({
  voicemail_id: Id.describe('id of the voicemail'),
  call_id: DialpadId.describe('Dialpad id of the call'),
  id: OurCallId.nullable().describe('id of the call; null while no event of the call has arrived'),
  conversation_id: ConversationId.nullable().describe(
    'conversation of the call; null while no event of the call has arrived',
  ),
  from_number: From,
  to_number: To,
  duration_seconds: z.int().nullable().describe('length of the voicemail'),
  transcript: z.string().nullable().describe('transcript, once available'),
  recording_url: z.string().nullable().describe('path of the audio on this server'),
  user_id: CrmUserId,
  target_crm_user: CrmUserId.describe('same as `user_id`'),
  dialpad_user_id: DialpadUser,
})

const agentStatus = () => ({
  on_duty_status: z
    .string()
    .nullable()
    .optional()
    .describe('status from Dialpad, such as `available`, `busy` or `unavailable`'),
  availability_status: z.string().nullable().optional().describe('whether the agent takes calls: `open` or `closed`'),
  call_center_ids: z.array(DialpadId).nullable().optional().describe('call centers of the status'),
  user_id: CrmUserId,
  dialpad_user_id: DialpadUser,
})

function entry<Name extends EventName, Shape extends z.ZodRawShape>(
  event: Name,
  description: string,
  shape: () => Shape,
) {
  return responseSchema(() =>
    z
      .object({
        event: z.literal(event).describe('name of the event'),
        seq: z.int().min(1).describe('sequence number; increases by one per entry of the app, without gaps'),
        ...shape(),
        timestamp: Instant.describe("time of the event, by Dialpad's clock"),
      })
      .describe(description),
  )
}

export const ENTRIES = {
  'call.ring': entry('call.ring', 'A call is ringing.', call),
  'call.started': entry('call.started', 'A call was answered.', call),
  'call.held': entry('call.held', 'A call was put on hold.', call),
  'call.resumed': entry('call.resumed', 'A held call was resumed.', call),
  'call.ended': entry('call.ended', 'A call ended.', () => ({
    ...call(),
    duration_seconds: z.int().nullable().describe('whole seconds from start to end, including time in menus'),
    talk_seconds: z.int().nullable().describe('whole seconds from the answer to the end'),
    connected_at: Instant.nullable().describe('time of the answer'),
    ended_at: Instant.nullable().describe('time of the end'),
    end_reason: z.enum(END_REASONS).nullable().describe('reason for the end'),
  })),
  'call.missed': entry('call.missed', 'Nobody answered a call.', call),
  'call.rejected': entry('call.rejected', 'A call was rejected.', call),
  'call.voicemail': entry('call.voicemail', 'A call went to voicemail.', call),
  'call.recording.completed': entry('call.recording.completed', 'The recording of a call is ready.', () => ({
    ...call(),
    recording_url: z.string().optional().describe('path of the audio on this server'),
  })),
  'call.transcript': entry('call.transcript', 'A call was transcribed.', () => ({
    ...call(),
    transcript: z.string().nullable().describe('transcript'),
  })),
  'call.recap': entry('call.recap', 'A call was summarized.', () => ({
    ...call(),
    recap: z.record(z.string(), z.unknown()).nullable().describe("Dialpad's summary"),
  })),
  'call.updated': entry('call.updated', 'Another property of a call changed.', call),
  'voicemail.received': entry('voicemail.received', 'A voicemail was left.', voicemail),
  'message.received': entry('message.received', 'An SMS arrived.', message),
  'message.sent': entry('message.sent', 'An SMS was sent.', message),
  'message.updated': entry('message.updated', 'The delivery of an SMS changed.', message),
  'agent.status': entry('agent.status', 'The status of an agent changed.', agentStatus),
} satisfies Record<EventName, z.ZodType>

/** `call.recording.completed` → `CallRecordingCompletedEntry`. */
export const entryName = (event: EventName): string =>
  `${event.replace(/(^|\.)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}Entry`

const names = Object.keys(ENTRIES) as EventName[]

const schemaRef = (event: EventName) => `#/components/schemas/${entryName(event)}`

export const StreamEntry = z
  .discriminatedUnion(
    'event',
    Object.values(ENTRIES) as [(typeof ENTRIES)[EventName], ...(typeof ENTRIES)[EventName][]],
  )
  .meta({
    description: 'One entry of the stream. `event` is its type. Ignore unknown fields.',
    discriminator: { propertyName: 'event', mapping: Object.fromEntries(names.map((name) => [name, schemaRef(name)])) },
  })

/** The schema of each entry by its name in the documents. */
export const entryModels: Record<string, z.ZodType> = Object.fromEntries(
  names.map((name) => [entryName(name), ENTRIES[name]]),
)
