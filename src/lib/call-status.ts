/** All statuses of a call. */
export const CALL_STATUSES = ['ringing', 'active', 'held', 'ended', 'missed', 'rejected', 'voicemail'] as const
export type CallStatus = (typeof CALL_STATUSES)[number]

/** The statuses of a call in progress, in the order in which a call goes through them. */
export const OPEN_STATUSES = ['ringing', 'active', 'held'] as const satisfies readonly CallStatus[]

/** Whether a call with this status is in progress. False for an unknown status. */
export const isOpen = (status: string | null | undefined): boolean =>
  (OPEN_STATUSES as readonly (string | null | undefined)[]).includes(status)

/** Whether the call is over. `voicemail` counts as over, although Dialpad may still be recording. */
export const isOver = (status: string): boolean => !isOpen(status)

/** Whether somebody answered the call and it is still in progress. A held call counts. */
export const isTalking = (status: string): boolean => status === 'active' || status === 'held'

/** The phase of a call that a Dialpad state begins. */
export type Phase = (typeof OPEN_STATUSES)[number] | 'voicemail' | 'missed' | 'rejected' | 'stale' | 'hangup'

/** State that this server adds to a call without events for too long. */
export const STALE = 'stale'

const PHASES: Record<string, Phase> = {
  calling: 'ringing',
  preanswer: 'ringing',
  queued: 'ringing',
  ringing: 'ringing',
  connected: 'active',
  merged: 'active',
  takeover: 'active',
  hold: 'held',
  parked: 'held',
  voicemail: 'voicemail',
  missed: 'missed',
  abandoned: 'missed',
  blocked: 'rejected',
  [STALE]: 'stale',
  hangup: 'hangup',
}

/** The phase that a state of Dialpad begins, or undefined for a state that only adds data to a call. */
export const phaseOf = (state: string): Phase | undefined => (Object.hasOwn(PHASES, state) ? PHASES[state] : undefined)
