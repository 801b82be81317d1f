/** All statuses of a call. Used by stores, the browser kit and the console. */
export declare const CALL_STATUSES: readonly ['ringing', 'active', 'held', 'ended', 'missed', 'rejected', 'voicemail']
export type CallStatus = (typeof CALL_STATUSES)[number]
/** Whether the call is still in progress. */
export declare const OPEN_STATUSES: readonly ['ringing', 'active', 'held']
/** Whether the call is over. `voicemail` counts as over, although Dialpad may still be recording. */
export declare const OVER_STATUSES: readonly ['ended', 'missed', 'rejected', 'voicemail']
export declare const isOpen: (status: string) => boolean
export declare const isOver: (status: string) => boolean
