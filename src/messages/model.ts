import { z } from 'zod'
import type { CallCustomer } from '../customers/lookup'
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
import { iso } from '../lib/clock'
import type { Party as PartyValue } from '../payload/party'
import { mediaPaths } from './media'
import type { MessageRow } from './store'

export const Message = responseSchema(() =>
  z.object({
    id: Id,
    dialpad_message_id: DialpadId,
    direction: z.enum(DIRECTIONS),
    from_number: PhoneNumber.nullable(),
    to_numbers: z.array(z.string()),
    to_number: PhoneNumber.nullable().describe('first of `to_numbers`'),
    text: z.string().nullable().describe("null without Dialpad's scope `message_content_export`"),
    media_url: z.string().nullable().describe('path of the first media file on this server; requires credentials'),
    media_urls: z.array(z.string()).describe('paths of all media files, in order'),
    status: z.string().nullable().describe('from Dialpad: `pending`, `success` or `failed`'),
    delivery_result: z.string().nullable(),
    dialpad_user_id: DialpadId.nullable(),
    user_id: z.string().nullable().describe('CRM user mapped to the Dialpad user'),
    contact: Party.nullable(),
    customer: CustomerRef.nullable(),
    target: Party.nullable(),
    is_internal: z.boolean(),
    sent_at: Instant,
    created_at: Instant,
    updated_at: Instant,
  }),
)

export const MessageList = responseSchema(() =>
  z.object({ success: z.literal(true), messages: z.array(Message), pagination: Pagination }),
)
export const MessageAnswer = responseSchema(() => z.object({ success: z.literal(true), message: Message }))

export const MessageFilter = z.strictObject({
  direction: z.enum(DIRECTIONS).optional(),
  from: z.string().max(64).optional().describe('number of the sender, in any format'),
  with: z.string().max(64).optional().describe('number outside the company, in any format'),
  status: z.enum(['pending', 'success', 'failed']).optional(),
  user_id: z.string().max(200).optional().describe('CRM user'),
  dialpad_user_id: DialpadIdText.optional(),
  sent_after: z.string().max(40).optional().describe('inclusive; ISO 8601 or epoch milliseconds'),
  sent_before: z.string().max(40).optional().describe('exclusive; ISO 8601 or epoch milliseconds'),
  newest_per_number: z
    .enum(['true', 'false'])
    .optional()
    .describe('only the newest message with each number outside the company: a list of threads'),
})
export const MessageQuery = MessageFilter.extend(PageQuery.shape)

export function toMessage(
  row: MessageRow,
  userId: string | null,
  customer: CallCustomer | null,
): z.infer<typeof Message> {
  return {
    id: row.id,
    dialpad_message_id: row.dialpadMessageId,
    direction: row.direction,
    from_number: row.fromNumber,
    to_numbers: row.toNumbers,
    to_number: row.toNumber,
    text: row.text,
    media_url: mediaPaths(row)[0] ?? null,
    media_urls: mediaPaths(row),
    status: row.status,
    delivery_result: row.deliveryResult,
    dialpad_user_id: row.dialpadUserId,
    user_id: userId,
    contact: row.contact as PartyValue | null,
    customer,
    target: row.target as PartyValue | null,
    is_internal: row.isInternal,
    sent_at: iso(row.sentAt),
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
  }
}
