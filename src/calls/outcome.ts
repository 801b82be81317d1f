import { isOpen, isTalking } from '../lib/call-status'
import { byAnswer, isPersons } from './conversation'
import { type LegOutcome, outcomeColumns } from './merge'
import type { CallRow } from './store'

/** The stored legs of one conversation. */
export interface StoredLegs {
  legs: CallRow[]
  /** Whether Dialpad named a leg that has no event yet. */
  hasUnseen: boolean
}

const isUnanswered = ({ status, learned }: CallRow): boolean => status === 'missed' || learned?.outcome !== undefined
const wasAnswered = ({ status, connectedAt }: CallRow): boolean => connectedAt !== null || isTalking(status)

/**
 * Decides the outcome of unanswered legs. If a leg of the conversation is answered, the others were answered
 * elsewhere. While another leg rings, they are ended and undecided. When the last leg has ended, they were missed, and only
 * an answer changes that. `call.missed` is published once no named leg is unseen.
 * @returns the legs that changed.
 */
export function decideOutcomes({ legs, hasUnseen }: StoredLegs): CallRow[] {
  const answered = legs.some(wasAnswered)
  const open: LegOutcome = legs.some(({ status }) => isOpen(status)) ? 'undecided' : hasUnseen ? 'unseen' : 'missed'
  return legs.filter(isUnanswered).flatMap((leg) => {
    const before = leg.learned?.outcome
    const outcome = answered ? 'answered_elsewhere' : before === 'missed' ? 'missed' : open
    return outcome === before ? [] : [withOutcome(leg, outcome)]
  })
}

/**
 * Decides which of the legs that Dialpad marks as transferred were transferred to another leg. If several people answered,
 * the last one received the transfer and did not pass the call on. @returns the legs that changed.
 */
export function decideTransfers({ legs }: StoredLegs): CallRow[] {
  const people = legs.filter((leg) => leg.connectedAt !== null && isPersons(leg) && leg.learned?.supervised !== true)
  const last = people.length > 1 ? people.toSorted(byAnswer).at(-1) : undefined
  return legs.filter(isMarkedTransferred).flatMap((leg) => {
    const endReason = leg.dialpadCallId === last?.dialpadCallId ? 'hangup' : 'transferred'
    return endReason === leg.endReason ? [] : [{ ...leg, endReason }]
  })
}

const isMarkedTransferred = ({ isTransferred, connectedAt, status, endReason }: CallRow): boolean =>
  isTransferred && connectedAt !== null && status === 'ended' && (endReason === 'hangup' || endReason === 'transferred')

const withOutcome = (leg: CallRow, outcome: LegOutcome): CallRow => ({
  ...leg,
  ...outcomeColumns(outcome),
  learned: { ...(leg.learned ?? { rank: 0 }), outcome },
})
