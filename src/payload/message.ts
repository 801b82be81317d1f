import { type Fields, flag, id, instant, party, strings, text } from './fields'
import type { Party } from './party'

/** One event of an SMS, in our terms. */
export interface MessageChange {
  kind: 'message'
  dialpadMessageId: number
  at: number
  direction: 'inbound' | 'outbound'
  fromNumber: string | null
  toNumbers: string[]
  text: string | null
  mediaUrls: string[]
  status: string | null
  deliveryResult: string | null
  dialpadUserId: number | null
  contact: Party | null
  target: Party | null
  isInternal: boolean
  sentAt: number | null
}

export function readMessage(fields: Fields, receivedAt: number): MessageChange {
  const target = party(fields, 'target')
  const to = text(fields, 'to_number', 'to')
  const several = [...strings(fields, 'to_number'), ...strings(fields, 'to_numbers'), ...strings(fields, 'to')]
  const direction = text(fields, 'direction') === 'outbound' ? 'outbound' : 'inbound'
  const targetUser = target?.type === 'user' && typeof target.id === 'number' ? target.id : null
  return {
    kind: 'message',
    // biome-ignore lint/style/noNonNullAssertion: identify() refuses an event without it
    dialpadMessageId: id(fields, 'id', 'message_id')!,
    at: instant(fields, 'event_timestamp') ?? receivedAt,
    direction,
    fromNumber: text(fields, 'from_number', 'from'),
    toNumbers: to ? [to] : several,
    text: text(fields, 'text', 'text_content', 'body'),
    mediaUrls: readMedia(fields),
    status: text(fields, 'message_status', 'status'),
    deliveryResult: text(fields, 'message_delivery_result', 'delivery_result'),
    dialpadUserId:
      id(fields, 'dialpad_user_id', 'user_id') ??
      targetUser ??
      (direction === 'outbound' ? id(fields, 'sender_id') : null),
    contact: party(fields, 'contact'),
    target,
    isInternal: flag(fields, 'is_internal'),
    sentAt: instant(fields, 'created_date', 'sent_at', 'timestamp'),
  }
}

const MAX_MEDIA = 20

/** `mms_url` contains one URL or several. */
function readMedia(fields: Fields): string[] {
  const several = [...strings(fields, 'mms_url'), ...strings(fields, 'media_urls')].filter((url) => url.trim() !== '')
  const one = text(fields, 'mms_url', 'media_url')
  return [...new Set(one === null ? several : [one, ...several])].slice(0, MAX_MEDIA)
}
