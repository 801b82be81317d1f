/**
 * Joins snapshots that arrive in any order, field by field: the newest snapshot that has a field decides it, and one that
 * leaves it out erases nothing. The result is the same for every order of arrival.
 */

/** A snapshot's place in time: of two snapshots, the one with the higher rank is the newer. */
export type Rank = number

/** Settles snapshots of one instant: `stage` is 0 to 15. */
export const rankOf = (at: number, stage: number): Rank => at * 16 + stage

/** The ranks behind a row's fields. */
export interface FieldRanks {
  /** Of the newest snapshot; the fields that `older` does not name are from it. */
  rank: Rank
  /** Of the fields that the newest snapshot left out. */
  older?: Record<string, Rank>
}

/** The rank of a value that any other replaces: a default, a number that is withheld. */
export const WEAK: Rank = 0

/** @param before null for a row's first snapshot. */
export function createFieldMerge(before: FieldRanks | null, rank: Rank) {
  const newest = before === null ? rank : Math.max(before.rank, rank)
  let older: Record<string, Rank> | undefined
  const note = (field: string, winner: Rank) => {
    if (winner === newest) return
    older ??= {}
    older[field] = winner
  }

  return {
    /** @param known the stored value. @param given the snapshot's. @param givenRank when it is not the snapshot's own. */
    take<T>(field: string, known: T | null | undefined, given: T | null, givenRank: Rank = rank): T | null {
      const isKnown = known !== null && known !== undefined
      if (!isKnown && given === null) return null
      const knownRank = isKnown && before !== null ? (before.older?.[field] ?? before.rank) : -1
      const replaces =
        given !== null && (givenRank > knownRank || (givenRank === knownRank && isKnown && isAfter(given, known)))
      note(field, replaces ? givenRank : knownRank)
      return replaces ? given : (known as T)
    },
    /** The earliest instant given; until one is given, the earliest `fallback`. */
    takeFirst(field: string, known: number | undefined, given: number | null, fallback: number): number {
      const isGiven = known !== undefined && before?.older?.[field] !== WEAK
      if (given !== null) return isGiven ? Math.min(known, given) : given
      if (isGiven) return known
      note(field, WEAK)
      return Math.min(known ?? fallback, fallback)
    },
    ranks: (): FieldRanks => (older ? { rank: newest, older } : { rank: newest }),
  }
}

/** An order of values that says nothing but is the same everywhere, for snapshots of one rank that contradict each other. */
function isAfter(a: unknown, b: unknown): boolean {
  return a !== b && canonical(a) > canonical(b)
}

/** JSON with its keys in order: a database may give an object back with others. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}

/** Whether two rows differ in any but the named columns. */
export function differsBeside<Row extends object>(before: Row, after: Row, bookkeeping: (keyof Row)[]): boolean {
  const passedOver = bookkeeping as PropertyKey[]
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Row>) {
    const [was, is] = [before[name], after[name]]
    if (was !== is && !passedOver.includes(name) && !Bun.deepEquals(was ?? null, is ?? null)) return true
  }
  return false
}
