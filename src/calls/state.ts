import type { CallStatus } from '../lib/call-status'

/**
 * A call's status is a function of the set of its states, ordered by Dialpad's clock. The same set gives the same status,
 * in whatever order and however often its states arrive. An end is final. Otherwise the newest state decides.
 */

export interface TimedState {
  state: string
  /** Dialpad's clock, ms since the epoch. */
  at: number
}

/** State that this server adds to a call without events for too long. */
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
  abandoned: 'missed',
  blocked: 'rejected',
  [STALE]: 'stale',
  hangup: 'hangup',
}

/** States that add data to a call without changing its status, and the event of each. */
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
  coach: 'call.updated',
  eavesdrop: 'call.updated',
  admin: 'call.updated',
}

/** States of a supervisor's leg. Such a leg rings nobody, so it cannot be missed. */
const SUPERVISION = new Set(['monitor', 'barge', 'coach', 'eavesdrop', 'takeover'])
export const isSupervision = (state: string): boolean => SUPERVISION.has(state)

const STATUS_OF: Record<Exclude<Kind, 'hangup'>, CallStatus> = {
  ring: 'ringing',
  active: 'active',
  held: 'held',
  voicemail: 'voicemail',
  missed: 'missed',
  rejected: 'rejected',
  stale: 'ended',
}

/** Order of states with the same time: the later stage wins. */
const STAGES: Kind[] = ['ring', 'active', 'held', 'voicemail', 'missed', 'rejected', 'stale', 'hangup']

export const isKnownState = (state: string): boolean => Object.hasOwn(KINDS, state) || Object.hasOwn(ENRICHMENTS, state)
export const movesCall = (state: string): boolean => Object.hasOwn(KINDS, state)
const kindOf = (state: string): Kind | undefined => (movesCall(state) ? KINDS[state] : undefined)
/** Stage of a call with this state, 0 to 8. States that only add data have the last stage. */
export const stageOf = (state: string): number => {
  const kind = kindOf(state)
  return kind ? STAGES.indexOf(kind) : STAGES.length
}
/** Whether a call with this state is answered. */
export const isAnswered = (state: string): boolean => KINDS[state] === 'active' || KINDS[state] === 'held'
/** Whether an event with this state may set the end of a call. A ring or an answer may not. */
export const mayEnd = (state: string): boolean => {
  const kind = kindOf(state)
  return !kind || ['hangup', 'missed', 'rejected'].includes(kind)
}

export interface CallFacts {
  direction: 'inbound' | 'outbound'
  connectedAt: number | null
  /** End of the call, as reported by an event after the end. */
  endedAt: number | null
  /** Whether the caller left a message. */
  leftVoicemail?: boolean
  /** Whether the leg belongs to a supervisor. */
  supervised?: boolean
}

/** @returns the status of this leg alone: `missed` if nobody answered it, whatever the outcome of its conversation. */
export function statusOf(states: TimedState[], call: CallFacts): CallStatus {
  const has = (kind: Kind) => states.some(({ state }) => KINDS[state] === kind)
  const connected = call.connectedAt !== null || has('active') || has('held')
  const messageOnly = call.leftVoicemail === true && !connected
  if (has('hangup') || call.endedAt !== null) {
    if (has('rejected')) return 'rejected'
    if (has('voicemail') || messageOnly) return 'voicemail'
    if (connected || call.supervised) return 'ended'
    return has('missed') || call.direction === 'inbound' ? 'missed' : 'ended'
  }
  const latest = states.length > 0 ? states.reduce((a, b) => (byTime(a, b) > 0 ? a : b)) : null
  const kind = latest && KINDS[latest.state]
  if (messageOnly && (!kind || kind === 'ring' || kind === 'missed')) return 'voicemail'
  if (kind === 'missed' && (connected || call.supervised)) return 'ended'
  if (kind && kind !== 'hangup') return STATUS_OF[kind]
  return connected || call.supervised ? 'active' : 'ringing'
}

function byTime(a: TimedState, b: TimedState): number {
  return a.at - b.at || STAGES.indexOf(KINDS[a.state] ?? 'ring') - STAGES.indexOf(KINDS[b.state] ?? 'ring')
}

/** The facts about a call that determine its events. */
export interface CallProgress {
  status: CallStatus
  states: TimedState[]
  /** Whether an event after the end of the call reported the end. */
  saidEnded?: boolean
}

const isEnded = ({ states, saidEnded }: CallProgress): boolean =>
  saidEnded === true || states.some(({ state }) => KINDS[state] === 'hangup' || KINDS[state] === 'stale')

/**
 * Returns the stream events of a state, in order, or none if nothing changed. Never includes `call.missed`, which depends
 * on the whole conversation.
 * @param before null for a new call. @param changed whether a column that clients see changed.
 */
export function eventsFor(state: string, before: CallProgress | null, after: CallProgress, changed: boolean): string[] {
  const ended = isEnded(after) && !(before && isEnded(before))
  const updated = changed && !ended ? ['call.updated'] : []
  const end = ended ? ['call.ended'] : []
  const enrichment = ENRICHMENTS[state]
  if (enrichment) return enrichment === 'call.updated' ? [...end, ...updated] : [...end, enrichment]
  const kind = KINDS[state]
  const first = !before?.states.some(({ state }) => KINDS[state] === kind)
  switch (kind) {
    case undefined:
      return []
    case 'ring':
      return before === null ? ['call.ring'] : updated
    case 'active':
      if (after.status !== 'active' || before?.status === 'active') return updated
      return before?.status === 'held' ? ['call.resumed'] : ['call.started']
    case 'held':
      return after.status === 'held' && before?.status !== 'held' ? ['call.held'] : updated
    case 'voicemail':
      return first ? ['call.voicemail'] : updated
    case 'rejected':
      return first ? ['call.rejected'] : updated
    case 'missed':
      return after.status === 'missed' && before?.status !== 'missed' ? [] : updated
    default:
      return ended ? end : updated
  }
}
