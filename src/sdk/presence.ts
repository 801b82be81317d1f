import type { EntryOf } from './records'

export type Presence = 'on_call' | 'available' | 'unavailable' | 'unknown'

/** Dialpad's duty states in which an agent takes calls; `…-end` says that what kept the agent is over. */
const TAKES_CALLS = ['available', 'occupied-end', 'wrapup-end']
const TAKES_NONE = ['busy', 'occupied', 'unavailable', 'wrapup']

/** What an `agent.status` entry says of its agent. */
export function presenceOf({ on_duty_status, availability_status }: EntryOf<'agent.status'>): Presence {
  const status = String(on_duty_status ?? availability_status ?? '')
  if (TAKES_CALLS.includes(status) || status === 'open') return 'available'
  return TAKES_NONE.includes(status) || status === 'closed' ? 'unavailable' : 'unknown'
}
