import type { Tables } from '../db/tables'
import { type CallStatus, isOpen } from '../lib/call-status'
import type { CallRow } from './store'

export type ConversationRow = Tables['conversations']['$inferSelect']
export type Outcome = ConversationRow['outcome']

/** A leg as far as its conversation is concerned. */
export type Leg = Pick<
  CallRow,
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

/** What a call goes through, in order: the leg that is furthest decides where its conversation is. */
const ADVANCE: readonly CallStatus[] = ['ringing', 'active', 'held']

const OVER: Record<Exclude<Outcome, 'open'>, CallStatus> = {
  answered: 'ended',
  missed: 'missed',
  voicemail: 'voicemail',
  abandoned: 'missed',
  unanswered: 'ended',
  rejected: 'rejected',
}

/**
 * What the legs of a conversation come to. Queues and menus report a connection and a talk time of their own, so who
 * answered, how long the caller waited and how long they talked are the figures of the legs of people.
 * @param all at least one leg, in any order. @param now when this is worked out.
 */
export function conversationOf(all: Leg[], now: number): ConversationRow {
  const legs = countedLegs(all)
  const first = legs[0]!
  const people = legs.filter(isPersons)
  const talked = people.filter(isTalk).sort(byAnswer)
  const answeredAt = talked[0]?.connectedAt ?? null
  const outcome = outcomeOf(legs, people, answeredAt !== null)
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

/** In the order the caller went through them: a queue before the person it rang at the same instant. */
function countedLegs(all: Leg[]): Leg[] {
  const offered = all.filter(({ learned }) => learned?.supervised !== true)
  return (offered.length > 0 ? offered : all).toSorted(
    (a, b) =>
      a.startedAt - b.startedAt || Number(isPersons(a)) - Number(isPersons(b)) || a.dialpadCallId - b.dialpadCallId,
  )
}

/** Whether the leg rang a person; one that says nothing of what it rang is taken for a person's. */
const isPersons = ({ target }: Leg): boolean => !target?.type || target.type === 'user'

/** A voicemail box connects too. */
const isTalk = ({ connectedAt, status }: Leg): boolean => connectedAt !== null && status !== 'voicemail'

const byAnswer = (a: Leg, b: Leg) => a.connectedAt! - b.connectedAt! || a.dialpadCallId - b.dialpadCallId

function outcomeOf(legs: Leg[], people: Leg[], isAnswered: boolean): Outcome {
  const has = (status: CallStatus) => legs.some((leg) => leg.status === status)
  if (legs.some(({ status }) => isOpen(status))) return 'open'
  if (isAnswered) return 'answered'
  if (has('voicemail')) return 'voicemail'
  if (has('rejected')) return 'rejected'
  if (legs[0]!.direction === 'outbound') return 'unanswered'
  return people.length > 0 ? 'missed' : 'abandoned'
}

function furthest(legs: Leg[]): CallStatus {
  const advance = Math.max(...legs.map(({ status }) => ADVANCE.indexOf(status)))
  return ADVANCE[advance]!
}

/** Dialpad's figure; until it comes, the time between the answer and the end. */
function talkOf({ talkSeconds, connectedAt, endedAt }: Leg): number {
  if (talkSeconds !== null) return talkSeconds
  return connectedAt === null || endedAt === null ? 0 : secondsBetween(connectedAt, endedAt)
}

/** Whom the call was for, when nobody answered it: the person it rang, unless it rang several. */
function onlyUser(people: Leg[]): number | null {
  const users = new Set(people.map(({ dialpadUserId }) => dialpadUserId))
  return users.size === 1 ? [...users][0]! : null
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
const secondsBetween = (from: number, to: number) => Math.max(0, Math.round((to - from) / 1000))
