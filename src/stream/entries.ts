import { z } from 'zod'
import { DIRECTIONS } from '../db/tables'
import { CustomerRef, DialpadId, Id, Instant, Party, PhoneNumber } from '../http/schemas'
import { CALL_STATUSES } from '../lib/call-status'
import { END_REASONS } from '../lib/end-reason'
import type { EventName } from './event-names'

/** What subscribers receive: one schema for each event, on the socket, over server-sent events and at endpoints alike. */

const CrmUserId = z.string().nullable().describe('CRM user that the Dialpad user is mapped to')
const OurCallId = Id.describe('our id of the call')
const ConversationId = Id.describe('the same for all calls (legs) of a conversation')
const From = PhoneNumber.nullable().describe('number of the caller or sender, E.164')
const To = PhoneNumber.nullable().describe('number that was called or written to, E.164')
const DialpadUser = DialpadId.nullable().describe('Dialpad user concerned')
const Contact = Party.nullable().describe('the other party, as Dialpad describes it')

const call = {
  call_id: DialpadId.describe("Dialpad's id of the call"),
  id: OurCallId,
  conversation_id: ConversationId,
  direction: z.enum(DIRECTIONS).describe('as seen by the company'),
  from_number: From,
  to_number: To,
  status: z.enum(CALL_STATUSES).describe('status after this event'),
  user_id: CrmUserId,
  dialpad_user_id: DialpadUser,
  customer: CustomerRef.nullable().describe('customer the call is with, if known'),
  customer_id: z.string().nullable().describe("the customer's id in your own software"),
  job_id: z.string().nullable().describe('job given when the call was placed'),
  custom_data: z.unknown().describe('data given when the call was placed'),
  contact: Contact,
  target: Party.nullable().describe('the Dialpad user, call center, department or office the call is of'),
}

const message = {
  message_id: DialpadId.describe("Dialpad's id of the message"),
  id: Id.describe('our id of the message'),
  direction: z.enum(DIRECTIONS).describe('as seen by the company'),
  from_number: From,
  to_number: To,
  to_numbers: z.array(PhoneNumber).describe('every number the message was sent to'),
  text: z.string().nullable().describe("null when Dialpad's scope message_content_export is missing"),
  media_url: z.string().nullable().describe('path on this server that streams the first of the media'),
  media_urls: z.array(z.string()).describe('paths of all media, in order'),
  status: z.string().nullable().describe('`pending`, `success` or `failed`, as Dialpad says it'),
  delivery_result: z.string().nullable().describe("the carrier's word on the delivery"),
  user_id: CrmUserId,
  dialpad_user_id: DialpadUser,
  contact: Contact,
}

const voicemail = {
  voicemail_id: Id.describe('our id of the voicemail'),
  call_id: DialpadId.describe("Dialpad's id of the call"),
  id: OurCallId.nullable().describe('our id of the call; null while the call was never seen'),
  conversation_id: ConversationId.nullable().describe('conversation of the call; null while the call was never seen'),
  from_number: From,
  to_number: To,
  duration_seconds: z.int().nullable().describe('length of the voicemail'),
  transcript: z.string().nullable().describe('what was said, once transcribed'),
  recording_url: z.string().nullable().describe('path on this server that streams the audio'),
  user_id: CrmUserId,
  target_crm_user: CrmUserId.describe('same as `user_id`'),
  dialpad_user_id: DialpadUser,
}

const agentStatus = {
  on_duty_status: z
    .string()
    .nullable()
    .optional()
    .describe("Dialpad's word, such as `available`, `busy` or `unavailable`"),
  availability_status: z.string().nullable().optional().describe('whether the agent takes calls: `open` or `closed`'),
  call_center_ids: z.array(DialpadId).nullable().optional().describe('call centers the status is about'),
  user_id: CrmUserId,
  dialpad_user_id: DialpadUser,
}

function entry<Name extends EventName, Shape extends z.ZodRawShape>(event: Name, description: string, shape: Shape) {
  const seq = z.int().min(1).describe('grows by one for each entry of the app, without holes')
  return z
    .object({
      event: z.literal(event).describe('what happened'),
      seq,
      ...shape,
      timestamp: Instant.describe("when, by Dialpad's clock"),
    })
    .describe(description)
}

export const ENTRIES = {
  'call.ring': entry('call.ring', 'A call rings.', call),
  'call.started': entry('call.started', 'A call was answered.', call),
  'call.held': entry('call.held', 'A call was put on hold.', call),
  'call.resumed': entry('call.resumed', 'A held call goes on.', call),
  'call.ended': entry('call.ended', 'A call ended.', {
    ...call,
    duration_seconds: z.int().nullable().describe('whole seconds from start to end, time in menus included'),
    talk_seconds: z.int().nullable().describe('whole seconds from the answer to the end'),
    connected_at: Instant.nullable().describe('when it was answered'),
    ended_at: Instant.nullable().describe('when it ended'),
    end_reason: z.enum(END_REASONS).nullable().describe('why it ended'),
  }),
  'call.missed': entry('call.missed', 'Nobody answered a call.', call),
  'call.rejected': entry('call.rejected', 'A call was rejected.', call),
  'call.voicemail': entry('call.voicemail', 'A call went to voicemail.', call),
  'call.recording.completed': entry('call.recording.completed', 'The recording of a call is ready.', {
    ...call,
    recording_url: z.string().optional().describe('path on this server that streams the audio'),
  }),
  'call.transcript': entry('call.transcript', 'A call was transcribed.', {
    ...call,
    transcript: z.string().nullable().describe('what was said'),
  }),
  'call.recap': entry('call.recap', 'A call was summarized.', {
    ...call,
    recap: z.record(z.string(), z.unknown()).nullable().describe("Dialpad's summary"),
  }),
  'call.updated': entry('call.updated', 'Something else about a call changed.', call),
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
    description: 'One entry of the stream. `event` tells which; ignore members you do not know.',
    discriminator: { propertyName: 'event', mapping: Object.fromEntries(names.map((name) => [name, schemaRef(name)])) },
  })

/** Each entry's schema by the name it has in the documents. */
export const entryModels: Record<string, z.ZodType> = Object.fromEntries(
  names.map((name) => [entryName(name), ENTRIES[name]]),
)
