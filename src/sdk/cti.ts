/// <reference lib="dom" preserve="true" />
export { isOpen, isOver, OPEN_STATUSES } from '../lib/call-status'
export { CallTracker, type TrackedCall, type TrackedChange } from './call-tracker'
export { type CallFilters, CtiClient, type CtiClientOptions } from './cti-client'
export { CtiError } from './cti-error'
export { dialableNumber, readableNumber } from './dialable-number'
export { DialpadError, type DialpadErrorCode } from './dialpad-error'
export { LiveEntries, type LiveEvents, type LiveOptions, type LiveState, type WebSocketLike } from './live-entries'
export {
  type AuthenticationChange,
  type CallRinging,
  type DialpadEvents,
  DialpadService,
  type DialpadServiceOptions,
  type IdentityType,
  type InitiateCallOptions,
  MAX_CUSTOM_DATA_LENGTH,
} from './mini-dialer'
export { dialpadService } from './page-dialer'
export { type Presence, presenceOf } from './presence'
export * from './records'
export type { Region } from './region'
export type { RingingCall } from './wire'
