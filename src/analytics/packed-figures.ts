import { addFigures, FIGURES, type Figures, noFigures } from './figures'

/** The figures of all groups of a bucket, column by column: JSON of it is short, and quick to parse and to add up. */
export interface PackedFigures extends Partial<Record<keyof Figures, number[]>> {
  keys: string[]
  /** Left out when no group has one. */
  labels?: (string | null)[]
}

export type Packer = ReturnType<typeof createPacker>

/** Adds up the groups of a bucket. */
export function createPacker() {
  const groups = new Map<string, Group>()

  function groupOf(key: string): Group {
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

/** @returns JSON of PackedFigures; columns of zeros are left out. */
export function packed({ groups }: Packer): string {
  const rows = [...groups.values()]
  const made: PackedFigures = { keys: [...groups.keys()] }
  if (rows.some(({ label }) => label !== null)) made.labels = rows.map(({ label }) => label)
  for (const name of FIGURES)
    if (rows.some(({ figures }) => figures[name] !== 0)) made[name] = rows.map(({ figures }) => figures[name])
  return JSON.stringify(made)
}

/** A group, while its figures are added up. */
export interface Group {
  label: string | null
  figures: Figures
}

/** Adds a bucket's figures. @param groups one for each of the bucket's keys. */
export function addPacked(bucket: PackedFigures, groups: Group[]): void {
  if (bucket.labels)
    for (const [index, label] of bucket.labels.entries()) {
      const group = groups[index]
      if (group) group.label = label ?? group.label
    }
  for (const name of FIGURES) {
    const values = bucket[name]
    if (values) addColumn(name, values, groups)
  }
}

/** Half a million values pass here for a month by customer, so a plain loop. */
function addColumn(name: keyof Figures, values: number[], groups: Group[]): void {
  for (let index = 0; index < groups.length; index++) {
    const figures = groups[index]?.figures
    const value = values[index] ?? 0
    if (!figures || value === 0) continue
    if (name !== 'longestWaitSeconds') figures[name] += value
    else if (figures[name] < value) figures[name] = value
  }
}
