export * from './cti'
export { type CallButtonProps, default as CallButton } from './react/call-button'
export { useDialpad } from './react/dialer-store'
export { type DialpadCTIProps, default as DialpadCTI } from './react/dialpad-cti'
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
