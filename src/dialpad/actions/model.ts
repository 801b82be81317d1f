import { z } from 'zod'
import { responseSchema } from '../../http/response-schema'
import { DialpadId } from '../../http/schemas'

const Phone = z.string().min(1).max(64).describe('phone number in any format, preferably E.164')
const Actor = {
  user_id: z.string().min(1).max(200).optional().describe('CRM user, mapped to a Dialpad user'),
  dialpad_user_id: DialpadId.positive().optional().describe('instead of user_id'),
}
const References = {
  customer_id: z.string().min(1).max(200).optional(),
  job_id: z.string().min(1).max(200).optional(),
  custom_data: z
    .union([z.record(z.string(), z.unknown()), z.string().max(2000)])
    .optional()
    .describe('data to attach to the call; at most 2000 characters as JSON'),
}

export const PlaceCall = z.strictObject({
  phone_number: Phone,
  ...Actor,
  outbound_caller_id: z.string().max(64).optional().describe('number shown to the called party, or `blocked`'),
  ...References,
})
export const CallPlaced = responseSchema(() =>
  z.object({
    success: z.literal(true),
    status: z.literal('requested'),
    dialpad_call_id: DialpadId.describe(
      'Dialpad id of the call; `GET /api/calls/dialpad:<id>` works once its first event has arrived',
    ),
    dialpad_user_id: DialpadId,
    phone_number: z.string().describe('called number, E.164'),
  }),
)

export const TransferCall = z.strictObject({
  to: z.union([
    z.object({ phone_number: Phone }),
    z.object({ user_id: z.string().min(1).max(200) }),
    z.object({
      target_type: z.enum(['callcenter', 'department', 'office', 'user']),
      target_id: DialpadId.positive(),
    }),
    z.object({ call_id: DialpadId.positive().describe('Dialpad id of a call in progress') }),
  ]),
  transfer_state: z
    .enum(['hold', 'parked', 'preanswer', 'voicemail'])
    .optional()
    .describe('state of the call at its target; by default Dialpad decides'),
  ...References,
})
export const CallActed = responseSchema(() =>
  z.object({
    success: z.literal(true),
    status: z.literal('requested'),
    dialpad_call_id: DialpadId,
  }),
)

export const SendMessage = z.strictObject({
  to_numbers: z.array(Phone).min(1).max(10),
  text: z.string().min(1).max(1600),
  ...Actor,
  from_number: Phone.optional().describe('phone number of the company, instead of a user'),
})
export const MessageSent = responseSchema(() =>
  z.object({
    success: z.literal(true),
    status: z.string().nullable().describe('initial status from Dialpad, usually `pending`'),
    dialpad_message_id: DialpadId,
    from_number: z.string().nullable(),
    to_numbers: z.array(z.string()),
  }),
)
