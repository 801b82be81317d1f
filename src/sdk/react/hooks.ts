import { useEffect, useState, useSyncExternalStore } from 'react'
import { isOpen } from '../../lib/call-status'
import { refOf, type TrackedCall } from '../call-tracker'
import type { LiveState } from '../live-entries'
import type { AuthenticationChange } from '../mini-dialer'
import { type Presence, presenceOf } from '../presence'
import { useDialpad } from './dialer-store'
import { useCti } from './provider'

const NO_CALLS: readonly TrackedCall[] = []
const nothing = () => () => {}

/** Returns the calls in progress or ended within the last minute, newest first. */
export function useCalls(): readonly TrackedCall[] {
  const tracker = useCti()?.tracker
  return useSyncExternalStore(
    tracker ? (changed) => tracker.onCalls(changed) : nothing,
    () => tracker?.calls ?? NO_CALLS,
    () => NO_CALLS,
  )
}

/** Returns the call with `ref` in its custom data, once it is known. */
export function useCallByRef(ref: string | null): TrackedCall | null {
  const calls = useCalls()
  return ref === null ? null : (calls.find((call) => refOf(call) === ref) ?? null)
}

/** Returns the state of the connection to the CTI server. Null without a `CtiProvider`. */
export function useConnection(): LiveState | null {
  const tracker = useCti()?.tracker
  return useSyncExternalStore(
    tracker ? (changed) => tracker.on('state', changed) : nothing,
    () => tracker?.live.state ?? null,
    () => null,
  )
}

/** Returns why calls are not up to date. Null if they are, and without a `CtiProvider`. */
export function useProblem(): Error | null {
  const tracker = useCti()?.tracker
  return useSyncExternalStore(
    tracker ? (changed) => tracker.on('problem', changed) : nothing,
    () => tracker?.problem ?? null,
    () => null,
  )
}

/** Returns the user logged in to the page's Mini Dialer. */
export function useAuthentication(): AuthenticationChange {
  const service = useDialpad()
  const [authentication, setAuthentication] = useState<AuthenticationChange>({ authenticated: false, user_id: null })
  useEffect(() => {
    setAuthentication(service?.authentication ?? { authenticated: false, user_id: null })
    return service?.on('authentication', setAuthentication)
  }, [service])
  return authentication
}

/** Returns whether a Dialpad user can take a call, from the calls in progress and the last agent status. */
export function usePresence(dialpadUserId: number): Presence {
  const tracker = useCti()?.tracker
  const calls = useCalls()
  const [lastStatus, setLastStatus] = useState<Presence>('unknown')
  useEffect(() => {
    setLastStatus('unknown')
    return tracker?.on('entry', (entry) => {
      if (entry.event === 'agent.status' && entry.dialpad_user_id === dialpadUserId) setLastStatus(presenceOf(entry))
    })
  }, [tracker, dialpadUserId])
  const talking = calls.some((call) => call.dialpad_user_id === dialpadUserId && isOpen(call.status))
  return talking ? 'on_call' : lastStatus
}

/** Returns the time, updated every second while `ticking`. */
export function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!ticking) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}
