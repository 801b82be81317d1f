import type { CallStatus } from '../lib/call-status'

/**
 * A call's status is a function of the set of states received of it, folded by Dialpad's clock: whatever the order and
 * however often they arrive, the same set gives the same status. An end is final; everything else yields to newer.
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
  abandoned: 'missed',
  blocked: 'rejected',
  [STALE]: 'stale',
  hangup: 'hangup',
}

/** States that add to a call without moving it, and the event of each. */
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

/** States of a supervisor who joins a call: such a leg offers the call to nobody, so nobody misses it. */
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

/** Settles states of the same instant: the later stage of a call wins. */
const STAGES: Kind[] = ['ring', 'active', 'held', 'voicemail', 'missed', 'rejected', 'stale', 'hangup']

export const isKnownState = (state: string): boolean => Object.hasOwn(KINDS, state) || Object.hasOwn(ENRICHMENTS, state)
export const movesCall = (state: string): boolean => Object.hasOwn(KINDS, state)
/** Where in its life a call is with this state, 0 to 8; what is added to it comes after its end. */
export const stageOf = (state: string): number => (movesCall(state) ? STAGES.indexOf(KINDS[state]!) : STAGES.length)
/** Whether somebody is on the line with this state. */
export const isAnswered = (state: string): boolean => KINDS[state] === 'active' || KINDS[state] === 'held'
/** Whether the dates of an event with this state may say when the call ended: a ring or an answer is a mere snapshot. */
export const mayEnd = (state: string): boolean =>
  !movesCall(state) || ['hangup', 'missed', 'rejected'].includes(KINDS[state]!)

export interface CallFacts {
  direction: 'inbound' | 'outbound'
  connectedAt: number | null
  /** When the call ended, from an event after its end. */
  endedAt: number | null
  /** The caller left a message. */
  leftVoicemail?: boolean
  /** The leg is a supervisor's. */
  supervised?: boolean
}

/** @returns the status of this leg by itself: `missed` when nobody answered it, whatever its conversation came to. */
export function statusOf(heard: HeardState[], call: CallFacts): CallStatus {
  const has = (kind: Kind) => heard.some(({ state }) => KINDS[state] === kind)
  const connected = call.connectedAt !== null || has('active') || has('held')
  const messageOnly = call.leftVoicemail === true && !connected
  if (has('hangup') || call.endedAt !== null) {
    if (has('rejected')) return 'rejected'
    if (has('voicemail') || messageOnly) return 'voicemail'
    if (connected || call.supervised) return 'ended'
    return has('missed') || call.direction === 'inbound' ? 'missed' : 'ended'
  }
  const latest = heard.length > 0 ? heard.reduce((a, b) => (byTime(a, b) > 0 ? a : b)) : null
  const kind = latest && KINDS[latest.state]
  if (messageOnly && (!kind || kind === 'ring' || kind === 'missed')) return 'voicemail'
  if (kind === 'missed' && (connected || call.supervised)) return 'ended'
  if (kind && kind !== 'hangup') return STATUS_OF[kind]
  return connected || call.supervised ? 'active' : 'ringing'
}

function byTime(a: HeardState, b: HeardState): number {
  return a.at - b.at || STAGES.indexOf(KINDS[a.state] ?? 'ring') - STAGES.indexOf(KINDS[b.state] ?? 'ring')
}

/** A call as far as events are concerned. */
export interface Seen {
  status: CallStatus
  heard: HeardState[]
  /** An event after the call's end has said when it was. */
  saidEnded?: boolean
}

const isEnded = ({ heard, saidEnded }: Seen): boolean =>
  saidEnded === true || heard.some(({ state }) => KINDS[state] === 'hangup' || KINDS[state] === 'stale')

/**
 * The events of a state, in order; none when subscribers learn nothing from it. `call.missed` is not among them: whether a
 * call was missed is decided with its conversation.
 * @param before null for a call never heard of. @param changed whether the visible call differs from before.
 */
export function eventsFor(state: string, before: Seen | null, after: Seen, changed: boolean): string[] {
  const ended = isEnded(after) && !(before && isEnded(before))
  const updated = changed && !ended ? ['call.updated'] : []
  const end = ended ? ['call.ended'] : []
  const enrichment = ENRICHMENTS[state]
  if (enrichment) return enrichment === 'call.updated' ? [...end, ...updated] : [...end, enrichment]
  const kind = KINDS[state]
  const first = !before?.heard.some((heard) => KINDS[heard.state] === kind)
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
