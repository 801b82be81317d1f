/** Figures that add up: of a group, of a quarter of an hour, of a month. */
export interface Figures {
  offered: number
  answered: number
  missed: number
  voicemail: number
  abandoned: number
  answeredInbound: number
  /** How long callers waited until somebody answered, in seconds, of `answeredInbound`. */
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

export const noFigures = (): Figures => Object.fromEntries(FIGURES.map((name) => [name, 0])) as unknown as Figures

/** Adds the second's figures to the first. */
export function addFigures(total: Figures, more: Partial<Figures>): void {
  for (const name of FIGURES) {
    const value = Number(more[name] ?? 0)
    total[name] = name === 'longestWaitSeconds' ? Math.max(total[name], value) : total[name] + value
  }
}
