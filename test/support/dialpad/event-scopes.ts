import { has } from './scopes'
import type { State, Subscription } from './state'

/** What a delivery holds only for a subscription whose creator had the scope. */
const COVERED: Record<Subscription['kind'], Record<string, string[]>> = {
  call: { recordings_export: ['recording_details', 'recording_url', 'admin_recording_urls', 'voicemail_link'] },
  sms: { message_content_export: ['text', 'text_content'] },
  agent_status: {},
}

/** The event as this subscription gets it. */
export function visibleTo(
  state: State,
  { kind, scopes }: Subscription,
  event: Record<string, unknown>,
): Record<string, unknown> {
  const hidden = Object.entries(COVERED[kind]).flatMap(([scope, members]) => (has(state, scopes, scope) ? [] : members))
  return Object.fromEntries(Object.entries(event).filter(([member]) => !hidden.includes(member)))
}
