import { type CallStatus, isTalking, type Phase, phaseOf } from '../lib/call-status'

/**
 * A call's status is a function of the set of its states, ordered by Dialpad's clock. The same set gives the same status,
 * in whatever order and however often its states arrive. An end is final. Otherwise the newest state decides.
 */

export interface TimedState {
  state: string
  /** Dialpad's clock, ms since the epoch. */
  at: number
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

const STATUS_OF: Record<Exclude<Phase, 'hangup'>, CallStatus> = {
  ringing: 'ringing',
  active: 'active',
  held: 'held',
  voicemail: 'voicemail',
  missed: 'missed',
  rejected: 'rejected',
  stale: 'ended',
}

/** Order of states with the same time: the later stage wins. */
const STAGES: Phase[] = ['ringing', 'active', 'held', 'voicemail', 'missed', 'rejected', 'stale', 'hangup']

export const movesCall = (state: string): boolean => phaseOf(state) !== undefined
export const isKnownState = (state: string): boolean => movesCall(state) || Object.hasOwn(ENRICHMENTS, state)
/** Stage of a call with this state, 0 to 8. States that only add data have the last stage. */
export const stageOf = (state: string): number => {
  const phase = phaseOf(state)
  return phase ? STAGES.indexOf(phase) : STAGES.length
}
/** Whether a call with this state is answered. */
export const isAnswered = (state: string): boolean => isTalking(phaseOf(state) ?? '')
/** Whether an event with this state may set the end of a call. A ring or an answer may not. */
export const mayEnd = (state: string): boolean => {
  const phase = phaseOf(state)
  return !phase || ['hangup', 'missed', 'rejected'].includes(phase)
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
  const has = (phase: Phase) => states.some(({ state }) => phaseOf(state) === phase)
  const connected = call.connectedAt !== null || has('active') || has('held')
  const messageOnly = call.leftVoicemail === true && !connected
  if (has('hangup') || call.endedAt !== null) {
    if (has('rejected')) return 'rejected'
    if (has('voicemail') || messageOnly) return 'voicemail'
    if (connected || call.supervised) return 'ended'
    return has('missed') || call.direction === 'inbound' ? 'missed' : 'ended'
  }
  const latest = states.length > 0 ? states.reduce((a, b) => (byTime(a, b) > 0 ? a : b)) : null
  const phase = latest && phaseOf(latest.state)
  if (messageOnly && (!phase || phase === 'ringing' || phase === 'missed')) return 'voicemail'
  if (phase === 'missed' && (connected || call.supervised)) return 'ended'
  if (phase && phase !== 'hangup') return STATUS_OF[phase]
  return connected || call.supervised ? 'active' : 'ringing'
}

function byTime(a: TimedState, b: TimedState): number {
  return a.at - b.at || STAGES.indexOf(phaseOf(a.state) ?? 'ringing') - STAGES.indexOf(phaseOf(b.state) ?? 'ringing')
}

/** The facts about a call that determine its events. */
export interface CallProgress {
  status: CallStatus
  states: TimedState[]
  /** Whether an event after the end of the call reported the end. */
  saidEnded?: boolean
}

const isEnded = ({ states, saidEnded }: CallProgress): boolean =>
  saidEnded === true || states.some(({ state }) => phaseOf(state) === 'hangup' || phaseOf(state) === 'stale')

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
  const phase = phaseOf(state)
  const first = !before?.states.some(({ state }) => phaseOf(state) === phase)
  switch (phase) {
    case undefined:
      return []
    case 'ringing':
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
