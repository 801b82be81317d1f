/** Every status a call can have. */
export const CALL_STATUSES = ['ringing', 'active', 'held', 'ended', 'missed', 'rejected', 'voicemail'] as const
export type CallStatus = (typeof CALL_STATUSES)[number]

/** The statuses of a call that is going on. */
export const OPEN_STATUSES = ['ringing', 'active', 'held'] as const satisfies readonly CallStatus[]

/** Whether a call with this status is going on. A status that is not known is not open. */
export const isOpen = (status: string | null | undefined): boolean =>
  (OPEN_STATUSES as readonly (string | null | undefined)[]).includes(status)

/** Whether nobody talks, waits or is called any more: voicemail counts, although Dialpad may still record it. */
export const isOver = (status: string): boolean => !isOpen(status)
