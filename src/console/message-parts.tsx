import type { Message } from '../sdk/records'
import { number, type Tone } from './format'
import { Chip } from './ui'

/** Null for a message without an external party. */
export const otherNumberOf = ({ direction, is_internal, from_number, to_number }: Message): string | null =>
  is_internal ? null : direction === 'inbound' ? from_number : to_number

export const otherPartyOf = (message: Message): string =>
  message.customer?.name ?? message.contact?.name ?? number(otherNumberOf(message))

const STATUS: Record<string, [tone: Tone, title: string]> = {
  success: ['ok', 'delivered'],
  pending: ['warn', 'pending'],
  failed: ['bad', 'failed'],
}

/** Texts for Dialpad's codes of failed deliveries. */
const REASONS: Record<string, string> = {
  accepted: 'accepted',
  internal_error: 'failed at Dialpad',
  invalid_destination: 'invalid number',
  invalid_source: 'invalid sender',
  no_route: 'number not reachable',
  not_supported: 'number does not support texts',
  rejected: 'rejected by the carrier',
  rejected_spam: 'rejected as spam',
  time_out: 'timed out',
}

export function DeliveryChip({ message: { status, delivery_result, direction } }: { message: Message }) {
  if (!status || (direction === 'inbound' && status === 'success')) return null
  const [tone, title] = STATUS[status] ?? ['plain', status]
  const reason = delivery_result && (REASONS[delivery_result] ?? delivery_result.replaceAll('_', ' '))
  return <Chip tone={tone}>{status === 'failed' && reason ? reason : title}</Chip>
}
