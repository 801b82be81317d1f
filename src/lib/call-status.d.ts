/** The one list of a call's statuses, and what each means. Stores, the kit and the console all use it. */
export declare const CALL_STATUSES: readonly ['ringing', 'active', 'held', 'ended', 'missed', 'rejected', 'voicemail']
export type CallStatus = (typeof CALL_STATUSES)[number]
/** The call is still in progress. */
export declare const OPEN_STATUSES: readonly ['ringing', 'active', 'held']
/** Nothing more can happen to the call by itself; `voicemail` ends with the recording. */
export declare const OVER_STATUSES: readonly ['ended', 'missed', 'rejected', 'voicemail']
export declare const isOpen: (status: string) => boolean
export declare const isOver: (status: string) => boolean
