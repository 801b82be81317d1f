import type { Tables } from '../db/tables'
import { type CallStatus, isOpen, OPEN_STATUSES } from '../lib/call-status'
import { secondsBetween } from '../lib/clock'

export type ConversationRow = Tables['conversations']['$inferSelect']
export type Outcome = ConversationRow['outcome']

/** The columns of a leg that its conversation is computed from. */
export type Leg = Pick<
  Tables['calls']['$inferSelect'],
  | 'appId'
  | 'dialpadCallId'
  | 'conversationId'
  | 'direction'
  | 'status'
  | 'fromNumber'
  | 'toNumber'
  | 'externalNumber'
  | 'startedAt'
  | 'connectedAt'
  | 'endedAt'
  | 'talkSeconds'
  | 'holdSeconds'
  | 'dialpadUserId'
  | 'contact'
  | 'target'
  | 'customerId'
  | 'jobId'
  | 'isInternal'
  | 'learned'
  | 'createdAt'
>

const OVER: Record<Exclude<Outcome, 'open'>, CallStatus> = {
  answered: 'ended',
  missed: 'missed',
  voicemail: 'voicemail',
  abandoned: 'missed',
  unanswered: 'ended',
  rejected: 'rejected',
}

/**
 * Computes a conversation from its legs. Queues and menus report their own connections and talk times, so the answer, the
 * wait and the talk time are computed from the legs of people only.
 * @param all at least one leg, in any order. @param now time of the computation, ms since the epoch.
 */
export function conversationOf(all: Leg[], now: number): ConversationRow {
  const legs = countedLegs(all)
  // biome-ignore lint/style/noNonNullAssertion: a conversation has at least one leg
  const first = legs[0]!
  const people = legs.filter(isPersons)
  const talked = people.filter(isTalk).sort(byAnswer)
  const answeredAt = talked[0]?.connectedAt ?? null
  const outcome = outcomeOf(first.direction, legs, people, answeredAt !== null)
  const startedAt = Math.min(...legs.map((leg) => leg.startedAt))
  const endedAt = outcome === 'open' ? null : latest(legs.map((leg) => leg.endedAt))
  const waitedUntil = answeredAt ?? endedAt
  return {
    id: first.conversationId,
    appId: first.appId,
    direction: first.direction,
    status: outcome === 'open' ? furthest(legs) : OVER[outcome],
    outcome,
    fromNumber: firstOf(legs, 'fromNumber'),
    toNumber: firstOf(legs, 'toNumber'),
    externalNumber: firstOf(legs, 'externalNumber'),
    startedAt,
    answeredAt,
    endedAt,
    durationSeconds: endedAt === null ? null : secondsBetween(startedAt, endedAt),
    waitedSeconds: waitedUntil === null ? null : secondsBetween(startedAt, waitedUntil),
    talkSeconds: sum(talked.map(talkOf)),
    holdSeconds: sum(talked.map(({ holdSeconds }) => holdSeconds ?? 0)),
    dialpadUserId: talked.length > 0 ? firstOf(talked, 'dialpadUserId') : onlyUser(people),
    contact: firstOf(legs, 'contact'),
    target: firstOf(legs, 'target'),
    customerId: firstOf(legs, 'customerId'),
    jobId: firstOf(legs, 'jobId'),
    isInternal: legs.some(({ isInternal }) => isInternal),
    legCount: legs.length,
    createdAt: Math.min(...legs.map(({ createdAt }) => createdAt)),
    updatedAt: now,
  }
}

/** Orders legs as the caller reached them: a queue before the person it rang at the same time. */
function countedLegs(all: Leg[]): Leg[] {
  const offered = all.filter(({ learned }) => learned?.supervised !== true)
  return (offered.length > 0 ? offered : all).toSorted(
    (a, b) =>
      a.startedAt - b.startedAt || Number(isPersons(a)) - Number(isPersons(b)) || a.dialpadCallId - b.dialpadCallId,
  )
}

/** Whether the leg rang a person. A leg without a target counts as a person's. */
export const isPersons = ({ target }: Pick<Leg, 'target'>): boolean => !target?.type || target.type === 'user'

/** Whether a person answered. A voicemail box also reports a connection. */
const isTalk = ({ connectedAt, status }: Leg): boolean => connectedAt !== null && status !== 'voicemail'

type Answered = Pick<Leg, 'connectedAt' | 'dialpadCallId'>
export const byAnswer = (a: Answered, b: Answered) =>
  (a.connectedAt ?? 0) - (b.connectedAt ?? 0) || a.dialpadCallId - b.dialpadCallId

function outcomeOf(direction: Leg['direction'], legs: Leg[], people: Leg[], isAnswered: boolean): Outcome {
  const has = (status: CallStatus) => legs.some((leg) => leg.status === status)
  if (legs.some(({ status }) => isOpen(status))) return 'open'
  if (isAnswered) return 'answered'
  if (has('voicemail')) return 'voicemail'
  if (has('rejected')) return 'rejected'
  if (direction === 'outbound') return 'unanswered'
  return people.length > 0 ? 'missed' : 'abandoned'
}

/** The most advanced leg in progress determines the status of the conversation. */
function furthest(legs: Leg[]): CallStatus {
  const statuses = new Set(legs.map(({ status }) => status))
  return OPEN_STATUSES.findLast((status) => statuses.has(status)) ?? 'ringing'
}

/** Dialpad's talk time, or the time between the answer and the end while Dialpad has not sent it. */
function talkOf({ talkSeconds, connectedAt, endedAt }: Leg): number {
  if (talkSeconds !== null) return talkSeconds
  return secondsBetween(connectedAt, endedAt)
}

/** User of a call that nobody answered: the person it rang, unless it rang several. */
function onlyUser(people: Leg[]): number | null {
  const [user = null, ...others] = new Set(people.map(({ dialpadUserId }) => dialpadUserId))
  return others.length === 0 ? user : null
}

function firstOf<Name extends keyof Leg>(legs: Leg[], name: Name): Leg[Name] | null {
  for (const leg of legs) if (leg[name] !== null) return leg[name]
  return null
}

function latest(instants: (number | null)[]): number | null {
  const known = instants.filter((at) => at !== null)
  return known.length > 0 ? Math.max(...known) : null
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
