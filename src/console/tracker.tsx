import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { Emitter } from '../lib/emitter'
import type { CallTracker } from '../sdk/call-tracker'
import type { LiveState } from '../sdk/live-entries'
import type { Entry } from '../sdk/records'
import { clientOf } from './api'
import { queryClient } from './queries'

const MAX_ENTRIES = 60
/** How long entries gather before they invalidate their queries once, in ms. */
const GATHER_MS = 400

export interface Live {
  tracker: CallTracker
  /** The latest entries, newest first. */
  entries: readonly Entry[]
}

/** Topic of a list or figure: the first part of its query key. */
export type Topic = 'calls' | 'messages' | 'voicemails' | 'presence' | 'everything'

const TOPICS_OF: [start: string, topics: Topic[]][] = [
  ['call.', ['calls', 'presence']],
  ['message.', ['messages']],
  ['voicemail.', ['voicemails']],
  ['agent.', ['presence']],
]

const stale = new Emitter<Record<Topic, undefined>>()

/** Calls `changed` soon after entries of a topic arrive. @returns a function that removes it. */
export const onTopic = (topic: Topic, changed: () => void): (() => void) => stale.on(topic, changed)

function refresh(topics: Iterable<Topic>, appId: string): void {
  for (const topic of topics) {
    void queryClient.invalidateQueries({ queryKey: [topic, appId] })
    stale.emit(topic)
  }
}

/** Refreshes everything after an outage or login. Lists reload only their first page. */
export function reloadEverything(): void {
  void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'list' })
  for (const topic of stale.events()) stale.emit(topic)
}

const LiveContext = createContext<Live | null>(null)

/** Returns the chosen app's live stream. Null until it is open. */
export const useLive = (): Live | null => useContext(LiveContext)

export function WithLive({ appId, children }: { appId: string | null; children: ReactNode }) {
  const [live, setLive] = useState<Live | null>(null)
  useEffect(() => {
    if (appId === null) return
    const tracker = clientOf(appId).track()
    setLive({ tracker, entries: [] })
    const gathered = new Set<Topic>()
    let timer: ReturnType<typeof setTimeout> | undefined
    let wasLive = false
    tracker.on('entry', (entry) => {
      setLive((before) => ({ tracker, entries: [entry, ...(before?.entries ?? [])].slice(0, MAX_ENTRIES) }))
      for (const [start, topics] of TOPICS_OF)
        if (entry.event.startsWith(start)) for (const topic of topics) gathered.add(topic)
      timer ??= setTimeout(() => {
        timer = undefined
        refresh(gathered, appId)
        gathered.clear()
      }, GATHER_MS)
    })
    tracker.on('state', (state) => {
      if (state !== 'live') return
      // After an outage, everything may have changed.
      if (wasLive) reloadEverything()
      wasLive = true
    })
    return () => {
      clearTimeout(timer)
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

/** Returns the calls in progress of the chosen app, newest first. */
export function useLiveCalls() {
  const tracker = useLive()?.tracker
  return useSyncExternalStore(
    tracker ? (changed) => tracker.onCalls(changed) : () => () => {},
    () => tracker?.calls ?? NO_CALLS,
  )
}
const NO_CALLS: CallTracker['calls'] = []
