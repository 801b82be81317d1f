import { type Outcome, outcomeColumns } from './merge'
import type { CallRow } from './store'

/** The stored legs of one conversation. */
export interface Conversation {
  legs: CallRow[]
  /** Whether Dialpad named a leg that has no event yet. */
  hasUnseen: boolean
}

const isUnanswered = ({ status, learned }: CallRow): boolean => status === 'missed' || learned?.outcome !== undefined
const isGoing = ({ status }: CallRow): boolean => status === 'ringing' || status === 'active' || status === 'held'
const wasAnswered = ({ status, connectedAt }: CallRow): boolean =>
  connectedAt !== null || status === 'active' || status === 'held'

/**
 * Decides the outcome of unanswered legs. If a leg of the conversation is answered, the others were answered
 * elsewhere. While another leg rings, they are ended and undecided. When the last leg has ended, they were missed, and only
 * an answer changes that. `call.missed` is published once no named leg is unseen.
 * @returns the legs that changed.
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
