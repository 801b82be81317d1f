/** All statuses of a call. */
export const CALL_STATUSES = ['ringing', 'active', 'held', 'ended', 'missed', 'rejected', 'voicemail'] as const
export type CallStatus = (typeof CALL_STATUSES)[number]

/** The statuses of a call in progress. */
export const OPEN_STATUSES = ['ringing', 'active', 'held'] as const satisfies readonly CallStatus[]

/** Whether a call with this status is in progress. False for an unknown status. */
export const isOpen = (status: string | null | undefined): boolean =>
  (OPEN_STATUSES as readonly (string | null | undefined)[]).includes(status)

/** Whether the call is over. `voicemail` counts as over, although Dialpad may still be recording. */
export const isOver = (status: string): boolean => !isOpen(status)
