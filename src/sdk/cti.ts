export { type CallChange, CallTracker, type TrackedCall } from './call-tracker'
export { type CallFilters, CtiClient, type CtiClientOptions, type PlaceCall, type TransferCall } from './cti-client'
export { CtiError } from './cti-error'
export { dialableNumber, type Region, readableNumber } from './dialable-number'
export { DialpadError, type DialpadErrorCode } from './dialpad-error'
export { LiveEntries, type LiveEvents, type LiveOptions, type LiveState } from './live-entries'
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
export { type Presence, presenceOf } from './presence'
export * from './records'
export type { Party, RingingCall } from './wire'
