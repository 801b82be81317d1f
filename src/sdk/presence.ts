import type { EntryOf } from './records'

export type Presence = 'on_call' | 'available' | 'unavailable' | 'unknown'

/** Dialpad's duty states in which an agent takes calls. `…-end` means that a state is over. */
const TAKES_CALLS = ['available', 'occupied-end', 'wrapup-end']
const TAKES_NONE = ['busy', 'occupied', 'unavailable', 'wrapup']

/** Returns the presence from an `agent.status` entry. */
export function presenceOf({ on_duty_status, availability_status }: EntryOf<'agent.status'>): Presence {
  const status = String(on_duty_status ?? availability_status ?? '')
  if (TAKES_CALLS.includes(status) || status === 'open') return 'available'
  return TAKES_NONE.includes(status) || status === 'closed' ? 'unavailable' : 'unknown'
}
