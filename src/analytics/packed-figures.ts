import { addFigures, FIGURES, type Figures, noFigures } from './figures'

/** The figures of all groups of a bucket by column, because this JSON is short and fast to parse and add up. */
export interface PackedFigures extends Partial<Record<keyof Figures, number[]>> {
  keys: string[]
  /** Omitted if no group has a label. */
  labels?: (string | null)[]
}

export type Packer = ReturnType<typeof createPacker>

/** Adds up the groups of a bucket. */
export function createPacker() {
  const groups = new Map<string, FiguresGroup>()

  function groupOf(key: string): FiguresGroup {
    const known = groups.get(key)
    if (known) return known
    const made = { label: null, figures: noFigures() }
    groups.set(key, made)
    return made
  }

  return {
    groups,
    isEmpty: () => groups.size === 0,
    add(key: string, label: string | null, figures: Partial<Figures>): void {
      const group = groupOf(key)
      group.label = label ?? group.label
      addFigures(group.figures, figures)
    },
    addAll: (bucket: PackedFigures): void => addPacked(bucket, bucket.keys.map(groupOf)),
  }
}

/** @returns JSON of PackedFigures; columns of zeros are omitted. */
export function packed({ groups }: Packer): string {
  const rows = [...groups.values()]
  const made: PackedFigures = { keys: [...groups.keys()] }
  if (rows.some(({ label }) => label !== null)) made.labels = rows.map(({ label }) => label)
  for (const name of FIGURES)
    if (rows.some(({ figures }) => figures[name] !== 0)) made[name] = rows.map(({ figures }) => figures[name])
  return JSON.stringify(made)
}

/** A group whose figures are being added up. */
export interface FiguresGroup {
  label: string | null
  figures: Figures
}

/** Adds a bucket's figures. @param groups one per key of the bucket. */
export function addPacked(bucket: PackedFigures, groups: FiguresGroup[]): void {
  if (bucket.labels)
    for (const [index, label] of bucket.labels.entries()) {
      const group = groups[index]
      if (group) group.label = label ?? group.label
    }
  const { offered, answered, missed, voicemail, abandoned, answeredInbound } = bucket
  const { answerSeconds, talkSeconds, holdSeconds, longestWaitSeconds, messagesIn, messagesOut } = bucket
  // Written out, because a loop over `FIGURES` made a month of 20,000 customers 30 ms slower.
  for (let index = 0; index < groups.length; index++) {
    const figures = groups[index]?.figures
    if (!figures) continue
    figures.offered += offered?.[index] ?? 0
    figures.answered += answered?.[index] ?? 0
    figures.missed += missed?.[index] ?? 0
    figures.voicemail += voicemail?.[index] ?? 0
    figures.abandoned += abandoned?.[index] ?? 0
    figures.answeredInbound += answeredInbound?.[index] ?? 0
    figures.answerSeconds += answerSeconds?.[index] ?? 0
    figures.talkSeconds += talkSeconds?.[index] ?? 0
    figures.holdSeconds += holdSeconds?.[index] ?? 0
    figures.messagesIn += messagesIn?.[index] ?? 0
    figures.messagesOut += messagesOut?.[index] ?? 0
    figures.longestWaitSeconds = Math.max(figures.longestWaitSeconds, longestWaitSeconds?.[index] ?? 0)
  }
}
