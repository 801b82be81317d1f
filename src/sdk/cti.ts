export { dialableNumber, type Region, readableNumber } from './dialable-number'
export { DialpadError, type DialpadErrorCode } from './dialpad-error'
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
export type { Party, RingingCall } from './wire'
