import { isOver } from '../lib/call-status'
import { normalizePhoneNumber, type Region } from '../lib/phone-number'
import { createTake, differsBeside } from '../lib/snapshot'
import type { CallChange } from '../payload/call'
import { type HeardState, isKnownState, movesCall, statusOf } from './state'
import type { CallRow } from './store'

export interface MergeContext {
  appId: string
  source: CallRow['source']
  region: Region
  now: number
  newId(): string
}

/**
 * The call after one more event: a pure function of what was stored and what was heard. Events are snapshots and may come
 * late: an older one only fills what is still unknown, and first times stay the earliest, last times the latest heard.
 * @param heard the call's states, this change's included.
 */
export function mergeCall(
  before: CallRow | null,
  change: CallChange,
  heard: HeardState[],
  context: MergeContext,
): CallRow {
  const newer = before === null || change.at >= before.snapshotAt
  const take = createTake(newer)
  const earliest = (known: number | null | undefined, said: number | null) => fold(Math.min, known, said)
  const latest = (known: number | null | undefined, said: number | null) => fold(Math.max, known, said)
  const phone = (text: string | null) => normalizePhoneNumber(text, context.region)

  const direction = before?.direction ?? change.direction ?? 'inbound'
  const external = before?.externalNumber ?? phone(change.externalNumber)
  const known = direction === 'inbound' ? before?.toNumber : before?.fromNumber
  const internal = known ?? phone(change.internalNumber)
  const answers = heard.filter(({ state }) => state === 'connected').map(({ at }) => at)
  const firstAnswer = answers.length > 0 ? Math.min(...answers) : null
  const connectedAt = earliest(earliest(before?.connectedAt, change.connectedAt), firstAnswer)
  const saysEnded = change.state === 'hangup' || !movesCall(change.state)
  const endedAt = latest(before?.endReason === 'stale' ? null : before?.endedAt, saysEnded ? change.endedAt : null)
  const status = statusOf(heard, { direction, connectedAt, endedAt })
  const hangup = heard.find(({ state }) => state === 'hangup')
  const stale = heard.findLast(({ state }) => state === 'stale')
  const over = hangup !== undefined || (isOver(status) && status !== 'voicemail')
  const end = over ? (endedAt ?? hangup?.at ?? stale?.at ?? change.at) : null
  const reportedSeconds = latest(before && reportedDuration(before), change.durationSeconds)

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
    startedAt: Math.min(
      before?.startedAt ?? Number.POSITIVE_INFINITY,
      change.startedAt ?? before?.startedAt ?? change.at,
    ),
    rangAt: earliest(before?.rangAt, change.rangAt ?? (change.state === 'ringing' ? change.at : null)),
    connectedAt,
    endedAt: end,
    durationSeconds: end === null ? null : (reportedSeconds ?? secondsBetween(connectedAt, end)),
    talkSeconds: latest(before?.talkSeconds, change.talkSeconds),
    endReason: hangup ? 'hangup' : status === 'ended' && stale ? 'stale' : null,
    dialpadUserId: take(before?.dialpadUserId, change.dialpadUserId),
    contact: take(before?.contact, change.contact),
    target: take(before?.target, change.target),
    customerId: take(before?.customerId, change.customerId),
    jobId: take(before?.jobId, change.jobId),
    customData: take(before?.customData, change.customData),
    isInternal: (before?.isInternal ?? false) || change.isInternal,
    isTransferred: (before?.isTransferred ?? false) || change.isTransferred,
    recordingSourceUrl: take(before?.recordingSourceUrl, change.recordingUrl),
    transcript: take(before?.transcript, change.transcript),
    recap: newer ? join(before?.recap, change.recap) : join(change.recap, before?.recap),
    labels: [...new Set([...(before?.labels ?? []), ...change.labels])],
    source: before?.source ?? context.source,
    snapshotAt: Math.max(before?.snapshotAt ?? 0, change.at),
    createdAt: before?.createdAt ?? context.now,
    updatedAt: context.now,
  }
}

const secondsBetween = (connectedAt: number | null, endedAt: number) =>
  connectedAt === null ? 0 : Math.max(0, Math.round((endedAt - connectedAt) / 1000))

/** Null where the stored duration was worked out from the times: it follows them when a late event mends them. */
function reportedDuration({ connectedAt, endedAt, durationSeconds }: CallRow): number | null {
  return endedAt !== null && durationSeconds === secondsBetween(connectedAt, endedAt) ? null : durationSeconds
}

/** The parts of a recap come one by one; where both have a part, the second's stays. */
function join(first: CallRow['recap'] | undefined, second: CallRow['recap'] | undefined): CallRow['recap'] {
  return first || second ? { ...first, ...second } : null
}

function fold(
  choose: (a: number, b: number) => number,
  known: number | null | undefined,
  said: number | null,
): number | null {
  if (known === null || known === undefined) return said
  return said === null ? known : choose(known, said)
}

/** Whether the visible call differs: bookkeeping columns aside. */
export const differs = (before: CallRow | null, after: CallRow): boolean =>
  before === null || differsBeside(before, after, ['updatedAt', 'snapshotAt', 'conversationId'])

/** The states a call is heard in, with one more: a set, so a repetition adds nothing. */
export function withState(heard: HeardState[], change: Pick<CallChange, 'state' | 'at'>): HeardState[] {
  if (!isKnownState(change.state) || !movesCall(change.state)) return heard
  if (heard.some(({ state, at }) => state === change.state && at === change.at)) return heard
  return [...heard, { state: change.state, at: change.at }].sort((a, b) => a.at - b.at)
}
