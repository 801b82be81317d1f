import type { CallLearned } from '../db/tables'
import { secondsBetween } from '../lib/clock'
import { normalizePhoneNumber, type Region } from '../lib/phone-number'
import { searchTextOf } from '../lib/search-text'
import { createFieldMerge, differsExcept, rankOf, WEAK } from '../lib/snapshot'
import type { CallChange } from '../payload/call'
import {
  type CallProgress,
  isAnswered,
  isKnownState,
  isSupervision,
  mayEnd,
  movesCall,
  stageOf,
  statusOf,
  type TimedState,
} from './state'
import type { CallRow } from './store'

export interface MergeContext {
  appId: string
  source: CallRow['source']
  region: Region
  now: number
  newId(): string
}

/**
 * Merges an event into a call. A pure function with the same result for every order of the same events: each field has the
 * value of the newest snapshot that contains it, first times are the earliest and last times the latest ones received.
 * @param states the call's states, including the state of this change.
 */
export function mergeCall(
  before: CallRow | null,
  change: CallChange,
  states: TimedState[],
  context: MergeContext,
): CallRow {
  const known = before && learnedOf(before)
  const fields = createFieldMerge(known, rankOf(change.at, stageOf(change.state)))
  const { take } = fields
  const phone = (text: string | null) => normalizePhoneNumber(text, context.region)
  const takeNumber = (field: string, stored: string | null | undefined, given: string | null) =>
    take(field, stored, given, given === null || isNumber(given) ? undefined : WEAK)

  const wasInbound = before?.direction === 'inbound'
  const direction =
    take('direction', before?.direction, change.direction ?? 'inbound', change.direction ? undefined : WEAK) ??
    'inbound'
  const external = takeNumber('externalNumber', before?.externalNumber, phone(change.externalNumber))
  const storedInternal = wasInbound ? before?.toNumber : before?.fromNumber
  const internal = takeNumber('internalNumber', storedInternal, phone(change.internalNumber))

  const facts = learn(known, change)
  const connectedAt = earliest(earliest(before?.connectedAt, change.connectedAt), firstAnswer(states))
  const leg = {
    direction,
    connectedAt,
    endedAt: facts.saidEnded ? (facts.endedAt ?? null) : null,
    leftVoicemail: facts.leftVoicemailAt !== undefined,
    supervised: facts.supervised === true,
  }
  const status = statusOf(states, leg)
  // A recording that an API token can fetch replaces one that only administrators can open.
  const recordingRank = change.recordingIsAdmins ? WEAK : undefined
  const recording = take('recording', known?.recording, change.recording, recordingRank)
  const outcome = status === 'missed' ? known?.outcome : undefined
  const isTransferred = (before?.isTransferred ?? false) || change.isTransferred
  // Only a guess: the conversation decides whether the call was transferred from this leg or to it.
  const isHandedOver = isTransferred && connectedAt !== null && status === 'ended' && isOverFor(states, facts)
  const endedAt = endOf(status, states, facts)
  const contact = take('contact', before?.contact, change.contact)
  const target = take('target', before?.target, change.target)

  return {
    id: before?.id ?? context.newId(),
    appId: context.appId,
    dialpadCallId: change.dialpadCallId,
    conversationId: before?.conversationId ?? '',
    direction,
    status,
    fromNumber: direction === 'inbound' ? external : internal,
    toNumber: direction === 'inbound' ? internal : external,
    externalNumber: external,
    startedAt: fields.takeFirst('startedAt', before?.startedAt, change.startedAt, change.at),
    rangAt: earliest(before?.rangAt, change.rangAt ?? (change.state === 'ringing' ? change.at : null)),
    connectedAt,
    endedAt,
    durationSeconds: endedAt === null ? null : (facts.durationSeconds ?? secondsBetween(connectedAt, endedAt)),
    // Snapshots of an open call contain the talk time so far, which is wrong if the hangup is lost.
    talkSeconds: latest(before?.talkSeconds, isFinal(change) ? change.talkSeconds : null),
    holdSeconds: latest(before?.holdSeconds, change.holdSeconds),
    endReason: isHandedOver ? 'transferred' : endReasonOf(status, states, facts),
    dialpadUserId: take('dialpadUserId', before?.dialpadUserId, change.dialpadUserId),
    contact,
    target,
    searchText: searchTextOf([contact?.name, target?.name, external, internal]),
    customerId: take('customerId', before?.customerId, change.customerId),
    jobId: take('jobId', before?.jobId, change.jobId),
    customData: take('customData', before?.customData, change.customData),
    isInternal: (before?.isInternal ?? false) || change.isInternal,
    isTransferred,
    recordingSourceUrl: take('recordingSourceUrl', before?.recordingSourceUrl, change.recordingUrl, recordingRank),
    transcript: take('transcript', before?.transcript, change.transcript),
    recap: takeParts(before?.recap, change.recap, fields),
    labels: union(before?.labels, change.labels),
    source: before?.source ?? context.source,
    snapshotAt: Math.max(before?.snapshotAt ?? 0, change.at),
    learned: { ...facts, ...fields.ranks(), ...(recording ? { recording } : {}), ...(outcome ? { outcome } : {}) },
    createdAt: before?.createdAt ?? context.now,
    updatedAt: context.now,
    ...(outcome ? outcomeColumns(outcome) : {}),
  }
}

export type LegOutcome = NonNullable<CallLearned['outcome']>

const OUTCOMES: Record<LegOutcome, Pick<CallRow, 'status' | 'endReason'>> = {
  undecided: { status: 'ended', endReason: 'unknown' },
  unseen: { status: 'missed', endReason: 'unknown' },
  missed: { status: 'missed', endReason: 'hangup' },
  answered_elsewhere: { status: 'ended', endReason: 'answered_elsewhere' },
}
/** The status and end reason of an unanswered leg, given the outcome of its conversation. */
export const outcomeColumns = (outcome: LegOutcome): Pick<CallRow, 'status' | 'endReason'> => OUTCOMES[outcome]

type Facts = Pick<CallLearned, 'endedAt' | 'durationSeconds' | 'saidEnded' | 'leftVoicemailAt' | 'supervised'>
type FieldMerge = ReturnType<typeof createFieldMerge>

/** Rows of earlier versions have one snapshot time for all fields. */
function learnedOf(row: CallRow): CallLearned {
  if (row.learned) return row.learned
  const guessed = row.endReason === 'stale'
  return {
    rank: rankOf(row.snapshotAt, 0),
    ...(row.endedAt === null || guessed ? {} : { endedAt: row.endedAt }),
    ...(row.durationSeconds === null || guessed ? {} : { durationSeconds: row.durationSeconds }),
  }
}

function learn(known: CallLearned | null, { state, at, endedAt, durationSeconds }: CallChange): Facts {
  const facts: Facts = {}
  const end = latest(known?.endedAt, mayEnd(state) ? endedAt : null)
  const longest = latest(known?.durationSeconds, mayEnd(state) ? durationSeconds : null)
  const left = earliest(known?.leftVoicemailAt, state === 'voicemail_uploaded' ? at : null)
  if (end !== null) facts.endedAt = end
  if (longest !== null) facts.durationSeconds = longest
  if (known?.saidEnded || (!movesCall(state) && endedAt !== null)) facts.saidEnded = true
  if (left !== null) facts.leftVoicemailAt = left
  if (known?.supervised || isSupervision(state)) facts.supervised = true
  return facts
}

/** End of the call: the time an event reported, else the time of the state that ended it. Null for an open call. */
function endOf(status: CallRow['status'], states: TimedState[], facts: Facts): number | null {
  const at = (state: string) => states.find((one) => one.state === state)?.at
  const hangupAt = at('hangup')
  const given = facts.endedAt ?? hangupAt
  if (hangupAt !== undefined || facts.saidEnded) return given ?? null
  if (status === 'voicemail') return facts.leftVoicemailAt ?? null
  if (status === 'missed' || status === 'rejected')
    return given ?? at('missed') ?? at('blocked') ?? at('abandoned') ?? null
  return status === 'ended'
    ? (given ?? states.findLast(({ state }) => state === 'stale')?.at ?? at('missed') ?? null)
    : null
}

function endReasonOf(status: CallRow['status'], states: TimedState[], facts: Facts): string | null {
  if (status === 'missed' || states.some(({ state }) => state === 'hangup')) return 'hangup'
  if (facts.saidEnded) return 'unknown'
  return status === 'ended' && states.some(({ state }) => state === 'stale') ? 'stale' : null
}

const isFinal = ({ state, endedAt }: CallChange): boolean => (movesCall(state) ? mayEnd(state) : endedAt !== null)

/** Whether an event from Dialpad ended the call. False if the call is stale. */
const isOverFor = (states: TimedState[], facts: Facts): boolean =>
  facts.saidEnded === true || states.some(({ state }) => state === 'hangup')

/** Dialpad sends the parts of a recap separately. Each part has its newest value. */
function takeParts(known: CallRow['recap'] | undefined, given: CallRow['recap'], fields: FieldMerge): CallRow['recap'] {
  if (!known && !given) return null
  const names = new Set([...Object.keys(known ?? {}), ...Object.keys(given ?? {})])
  return Object.fromEntries(
    [...names].map((name) => [name, fields.take(`recap.${name}`, known?.[name], given?.[name] ?? null)]),
  )
}

function union(known: string[] | undefined, given: string[]): string[] {
  if (known && given.every((label) => known.includes(label))) return known
  return [...new Set([...(known ?? []), ...given])].sort()
}

function firstAnswer(states: TimedState[]): number | null {
  let first: number | null = null
  for (const { state, at } of states) if (isAnswered(state) && (first === null || at < first)) first = at
  return first
}

const isNumber = (text: string): boolean => /^\+\d/.test(text)

const earliest = (known: number | null | undefined, given: number | null) => fold(Math.min, known, given)
const latest = (known: number | null | undefined, given: number | null) => fold(Math.max, known, given)

function fold(
  choose: (a: number, b: number) => number,
  known: number | null | undefined,
  given: number | null,
): number | null {
  if (known === null || known === undefined) return given
  return given === null ? known : choose(known, given)
}

/** Whether the call differs in a column that clients see. */
export const differs = (before: CallRow | null, after: CallRow): boolean =>
  before === null || differsExcept(before, after, ['updatedAt', 'snapshotAt', 'conversationId', 'learned'])

export const progressOf = ({ status, learned }: CallRow, states: TimedState[]): CallProgress => ({
  status,
  states,
  saidEnded: learned?.saidEnded === true,
})

/** Adds a state to a call's states, unless it is a duplicate. */
export function withState(states: TimedState[], change: Pick<CallChange, 'state' | 'at'>): TimedState[] {
  if (!isKnownState(change.state) || !movesCall(change.state)) return states
  if (states.some(({ state, at }) => state === change.state && at === change.at)) return states
  return [...states, { state: change.state, at: change.at }].sort((a, b) => a.at - b.at)
}
