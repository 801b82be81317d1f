import { type Outcome, outcomeColumns } from './merge'
import type { CallRow } from './store'

/** The legs of one conversation, as far as they are known. */
export interface Conversation {
  legs: CallRow[]
  /** Dialpad has named a leg of which no event was received yet. */
  hasUnseen: boolean
}

const isUnanswered = ({ status, learned }: CallRow): boolean => status === 'missed' || learned?.outcome !== undefined
const isGoing = ({ status }: CallRow): boolean => status === 'ringing' || status === 'active' || status === 'held'
const wasAnswered = ({ status, connectedAt }: CallRow): boolean =>
  connectedAt !== null || status === 'active' || status === 'held'

/**
 * Decides what became of the legs that nobody answered. Once a leg of the conversation is answered, they were answered
 * elsewhere. While another leg rings, they are ended and undecided. When the last leg has ended, they were missed, and only an
 * answer changes that; it is announced when Dialpad has named no leg that is yet to be seen.
 * @returns the legs that differ from before.
 */
export function decideOutcomes({ legs, hasUnseen }: Conversation): CallRow[] {
  const answered = legs.some(wasAnswered)
  const open: Outcome = legs.some(isGoing) ? 'undecided' : hasUnseen ? 'unseen' : 'missed'
  return legs.filter(isUnanswered).flatMap((leg) => {
    const before = leg.learned?.outcome
    const outcome = answered ? 'answered_elsewhere' : before === 'missed' ? 'missed' : open
    return outcome === before ? [] : [withOutcome(leg, outcome)]
  })
}

const withOutcome = (leg: CallRow, outcome: Outcome): CallRow => ({
  ...leg,
  ...outcomeColumns(outcome),
  learned: { ...(leg.learned ?? { rank: 0 }), outcome },
})
