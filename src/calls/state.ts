import type { CallStatus } from '../lib/call-status'

/**
 * A call's status is a function of the set of states heard of it, folded by Dialpad's clock: whatever the order and
 * however often they arrive, the same set gives the same status. `hangup` is final; everything else yields to newer.
 */

export interface HeardState {
  state: string
  /** Dialpad's clock, ms since the epoch. */
  at: number
}

/** Our own state for a call that was not heard of for too long. */
export const STALE = 'stale'

type Kind = 'ring' | 'active' | 'held' | 'voicemail' | 'missed' | 'rejected' | 'stale' | 'hangup'

const KINDS: Record<string, Kind> = {
  calling: 'ring',
  preanswer: 'ring',
  queued: 'ring',
  ringing: 'ring',
  connected: 'active',
  merged: 'active',
  takeover: 'active',
  hold: 'held',
  parked: 'held',
  voicemail: 'voicemail',
  missed: 'missed',
  blocked: 'rejected',
  [STALE]: 'stale',
  hangup: 'hangup',
}

/** States that add to a call without moving it, and the event each is told as. */
const ENRICHMENTS: Record<string, string> = {
  voicemail_uploaded: 'voicemail.received',
  recording: 'call.recording.completed',
  admin_recording: 'call.recording.completed',
  transcription: 'call.transcript',
  call_transcription: 'call.transcript',
  recap_summary: 'call.recap',
  recap_outcome: 'call.recap',
  recap_purposes: 'call.recap',
  recap_action_items: 'call.recap',
  ai_playbook: 'call.recap',
  csat: 'call.updated',
  pcsat: 'call.updated',
  postcall: 'call.updated',
  dispositions: 'call.updated',
  monitor: 'call.updated',
  barge: 'call.updated',
  eavesdrop: 'call.updated',
  admin: 'call.updated',
}

const STATUS_OF: Record<Exclude<Kind, 'hangup'>, CallStatus> = {
  ring: 'ringing',
  active: 'active',
  held: 'held',
  voicemail: 'voicemail',
  missed: 'missed',
  rejected: 'rejected',
  stale: 'ended',
}

/** Settles states of the same instant: the later stage of a call wins. */
const STAGES: Kind[] = ['ring', 'active', 'held', 'voicemail', 'missed', 'rejected', 'stale', 'hangup']

const FIRST_TIME_EVENTS: Partial<Record<Kind, string>> = {
  voicemail: 'call.voicemail',
  missed: 'call.missed',
  rejected: 'call.rejected',
}

export const isKnownState = (state: string): boolean => state in KINDS || state in ENRICHMENTS
export const movesCall = (state: string): boolean => state in KINDS

export interface CallFacts {
  direction: 'inbound' | 'outbound'
  connectedAt: number | null
  endedAt: number | null
}

export function statusOf(heard: HeardState[], call: CallFacts): CallStatus {
  const has = (kind: Kind) => heard.some(({ state }) => KINDS[state] === kind)
  const connected = call.connectedAt !== null || has('active') || has('held')
  if (has('hangup')) {
    if (has('rejected')) return 'rejected'
    if (has('voicemail')) return 'voicemail'
    if (connected) return 'ended'
    return has('missed') || call.direction === 'inbound' ? 'missed' : 'ended'
  }
  const latest = heard.toSorted(byTime).at(-1)
  const kind = latest && KINDS[latest.state]
  if (kind && kind !== 'hangup') return STATUS_OF[kind]
  // Only enrichments were heard: the snapshot's dates are all there is.
  if (call.endedAt !== null) return connected || call.direction === 'outbound' ? 'ended' : 'missed'
  return connected ? 'active' : 'ringing'
}

function byTime(a: HeardState, b: HeardState): number {
  return a.at - b.at || STAGES.indexOf(KINDS[a.state] ?? 'ring') - STAGES.indexOf(KINDS[b.state] ?? 'ring')
}

/**
 * The event a state is told as, or null when subscribers learn nothing from it.
 * @param before null for a call never heard of. @param changed whether the visible call differs from before.
 */
export function eventFor(
  state: string,
  before: { status: CallStatus; heard: HeardState[] } | null,
  after: CallStatus,
  changed: boolean,
): string | null {
  const updated = changed ? 'call.updated' : null
  const enrichment = ENRICHMENTS[state]
  if (enrichment) return enrichment === 'call.updated' ? updated : enrichment
  const kind = KINDS[state]
  const first = !before?.heard.some((heard) => KINDS[heard.state] === kind)
  switch (kind) {
    case 'ring':
      return before === null ? 'call.ring' : updated
    case 'active':
      if (after !== 'active' || before?.status === 'active') return updated
      return before?.status === 'held' ? 'call.resumed' : 'call.started'
    case 'held':
      return after === 'held' && before?.status !== 'held' ? 'call.held' : updated
    case 'hangup':
    case 'stale': {
      const toldAlready = !first || before?.heard.some((heard) => heard.state === STALE)
      return toldAlready ? updated : 'call.ended'
    }
    case undefined:
      return null
    default:
      return first ? FIRST_TIME_EVENTS[kind]! : updated
  }
}
