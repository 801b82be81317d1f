/** Figures that can be added up, such as those of a quarter of an hour to those of a month. */
export interface Figures {
  offered: number
  answered: number
  missed: number
  voicemail: number
  abandoned: number
  answeredInbound: number
  /** Total seconds that the callers of `answeredInbound` waited for an answer. */
  answerSeconds: number
  talkSeconds: number
  holdSeconds: number
  longestWaitSeconds: number
  messagesIn: number
  messagesOut: number
}

export const FIGURES = [
  'offered',
  'answered',
  'missed',
  'voicemail',
  'abandoned',
  'answeredInbound',
  'answerSeconds',
  'talkSeconds',
  'holdSeconds',
  'longestWaitSeconds',
  'messagesIn',
  'messagesOut',
] as const satisfies readonly (keyof Figures)[]

export const noFigures = (): Figures => ({
  offered: 0,
  answered: 0,
  missed: 0,
  voicemail: 0,
  abandoned: 0,
  answeredInbound: 0,
  answerSeconds: 0,
  talkSeconds: 0,
  holdSeconds: 0,
  longestWaitSeconds: 0,
  messagesIn: 0,
  messagesOut: 0,
})

/** Adds the second argument's figures to the first. */
export function addFigures(total: Figures, more: Partial<Figures>): void {
  for (const name of FIGURES) {
    const value = Number(more[name] ?? 0)
    total[name] = name === 'longestWaitSeconds' ? Math.max(total[name], value) : total[name] + value
  }
}
