import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import type { CallTracker } from '../sdk/call-tracker'
import type { LiveState } from '../sdk/live-entries'
import type { Entry } from '../sdk/records'
import { clientOf } from './api'

const MOST_ENTRIES = 60

export interface Live {
  tracker: CallTracker
  /** The latest entries, newest first. */
  entries: readonly Entry[]
}

const LiveContext = createContext<Live | null>(null)

/** The chosen app's live stream; null until it is opened. */
export const useLive = (): Live | null => useContext(LiveContext)

export function WithLive({ appId, children }: { appId: string | null; children: ReactNode }) {
  const [live, setLive] = useState<Live | null>(null)
  useEffect(() => {
    if (appId === null) return
    const tracker = clientOf(appId).track()
    setLive({ tracker, entries: [] })
    tracker.on('entry', (entry) =>
      setLive((before) => ({ tracker, entries: [entry, ...(before?.entries ?? [])].slice(0, MOST_ENTRIES) })),
    )
    return () => {
      tracker.close()
      setLive(null)
    }
  }, [appId])
  return <LiveContext value={live}>{children}</LiveContext>
}

export function useLiveState(): LiveState | null {
  const tracker = useLive()?.tracker
  return useSyncExternalStore(
    tracker ? (changed) => tracker.on('state', changed) : () => () => {},
    () => tracker?.live.state ?? null,
  )
}

/** Calls going on in the chosen app, newest first. */
export function useLiveCalls() {
  const tracker = useLive()?.tracker
  return useSyncExternalStore(
    tracker ? (changed) => tracker.onCalls(changed) : () => () => {},
    () => tracker?.calls ?? NO_CALLS,
  )
}
const NO_CALLS: CallTracker['calls'] = []
