import { addFigures, FIGURES, type Figures, noFigures } from './figures'

/** The figures of all groups of a bucket by column, which are added up faster than a record per group. */
export interface PackedFigures {
  keys: string[]
  /** Null if no group has a label. */
  labels: (string | null)[] | null
  /** Without columns of zeros. */
  columns: Partial<Record<keyof Figures, ArrayLike<number>>>
}

/** The stored JSON. A long text per column is parsed several times faster than its numbers. */
interface StoredFigures {
  keys: string[]
  labels?: (string | null)[]
  columns: Partial<Record<keyof Figures, string>>
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

/** A column of whole numbers in the shortest form, by its bytes per number. */
const FORMS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array }

/** Returns the bytes per number, followed by the numbers in base64. */
function encoded(values: number[]): string {
  const most = values.reduce((found, value) => Math.max(found, value), 0)
  const width = most < 2 ** 8 ? 1 : most < 2 ** 16 ? 2 : most < 2 ** 32 ? 4 : 8
  return width + new Uint8Array(new FORMS[width](values).buffer).toBase64()
}

/** @throws if the text is not from `encoded`. */
function decoded(text: string): ArrayLike<number> {
  const form = FORMS[Number(text[0]) as keyof typeof FORMS]
  return new form(Uint8Array.fromBase64(text.slice(1)).buffer)
}

/** Returns the JSON to store. */
export function packed({ groups }: Packer): string {
  const rows = [...groups.values()]
  const columns: StoredFigures['columns'] = {}
  for (const name of FIGURES)
    if (rows.some(({ figures }) => figures[name] !== 0))
      columns[name] = encoded(rows.map(({ figures }) => figures[name]))
  const stored: StoredFigures = { keys: [...groups.keys()], columns }
  if (rows.some(({ label }) => label !== null)) stored.labels = rows.map(({ label }) => label)
  return JSON.stringify(stored)
}

/** @param json from `packed`. */
export function unpacked(json: string): PackedFigures {
  const stored: StoredFigures = JSON.parse(json)
  const columns: PackedFigures['columns'] = {}
  for (const name of FIGURES) {
    const column = stored.columns[name]
    if (column) columns[name] = decoded(column)
  }
  return { keys: stored.keys, labels: stored.labels ?? null, columns }
}

/** A group whose figures are being added up. */
export interface FiguresGroup {
  label: string | null
  figures: Figures
}

/** Adds a bucket's figures. @param groups one per key of the bucket. */
export function addPacked(bucket: PackedFigures, groups: FiguresGroup[]): void {
  const { labels, columns } = bucket
  if (labels)
    for (const [index, label] of labels.entries()) {
      const group = groups[index]
      if (group) group.label = label ?? group.label
    }
  const { offered, answered, missed, voicemail, abandoned, answeredInbound } = columns
  const { answerSeconds, talkSeconds, holdSeconds, longestWaitSeconds, messagesIn, messagesOut } = columns
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
