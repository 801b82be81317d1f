export * from './cti'
export { CallButton, type CallButtonProps } from './react/call-button'
export { useDialpad } from './react/dialer-store'
export { DialpadCTI, type DialpadCTIProps } from './react/dialpad-cti'
export {
  useAuthentication,
  useCallByRef,
  useCalls,
  useConnection,
  usePresence,
  useProblem,
} from './react/hooks'
export type { IncomingCall, PhoneCall } from './react/incoming'
export { CtiProvider, useCti } from './react/provider'
