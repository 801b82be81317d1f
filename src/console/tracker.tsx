import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { Emitter } from '../lib/emitter'
import type { CallTracker } from '../sdk/call-tracker'
import type { LiveState } from '../sdk/live-entries'
import type { Entry } from '../sdk/records'
import { clientOf } from './api'
import { queryClient } from './queries'

const MOST_ENTRIES = 60
/** Entries that arrive together make what they are about stale once. */
const GATHER_MS = 400

export interface Live {
  tracker: CallTracker
  /** The latest entries, newest first. */
  entries: readonly Entry[]
}

/** What lists and figures are about: the first part of their query keys. */
export type Topic = 'calls' | 'messages' | 'voicemails' | 'presence' | 'everything'

const TOPICS_OF: [start: string, topics: Topic[]][] = [
  ['call.', ['calls', 'presence']],
  ['message.', ['messages']],
  ['voicemail.', ['voicemails']],
  ['agent.', ['presence']],
]

const stale = new Emitter<Record<Topic, undefined>>()

/** Calls `changed` soon after entries of a topic came in. @returns a function that removes it. */
export const onTopic = (topic: Topic, changed: () => void): (() => void) => stale.on(topic, changed)

function refresh(topics: Iterable<Topic>, appId: string): void {
  for (const topic of topics) {
    void queryClient.invalidateQueries({ queryKey: [topic, appId] })
    stale.emit(topic)
  }
}

/** After an outage or a new login everything may have changed. Lists read their top again, not all they have. */
export function reloadEverything(): void {
  void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'list' })
  for (const topic of stale.events()) stale.emit(topic)
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
    const gathered = new Set<Topic>()
    let timer: ReturnType<typeof setTimeout> | undefined
    let wasLive = false
    tracker.on('entry', (entry) => {
      setLive((before) => ({ tracker, entries: [entry, ...(before?.entries ?? [])].slice(0, MOST_ENTRIES) }))
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
      // Back after an outage: everything may have changed meanwhile.
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

/** Calls going on in the chosen app, newest first. */
export function useLiveCalls() {
  const tracker = useLive()?.tracker
  return useSyncExternalStore(
    tracker ? (changed) => tracker.onCalls(changed) : () => () => {},
    () => tracker?.calls ?? NO_CALLS,
  )
}
const NO_CALLS: CallTracker['calls'] = []
