/**
 * Merges snapshots that arrive in any order, field by field. Each field has the value of the newest snapshot that contains
 * it. The result does not depend on the order of arrival.
 */

/** Orders snapshots: the one with the higher rank is newer. */
export type Rank = number

/** @param stage 0 to 15, orders snapshots with the same time. */
export const rankOf = (at: number, stage: number): Rank => at * 16 + stage

/** The ranks of a row's fields. */
export interface FieldRanks {
  /** Rank of the newest snapshot, and of every field that is not in `older`. */
  rank: Rank
  /** Ranks of the fields that are missing in the newest snapshot. */
  older?: Record<string, Rank>
}

/** Rank of a value that any other value replaces, such as a default or a withheld number. */
export const WEAK: Rank = 0

/** @param before the row's ranks, null for its first snapshot. */
export function createFieldMerge(before: FieldRanks | null, rank: Rank) {
  const newest = before === null ? rank : Math.max(before.rank, rank)
  let older: Record<string, Rank> | undefined
  const note = (field: string, winner: Rank) => {
    if (winner === newest) return
    older ??= {}
    older[field] = winner
  }

  return {
    /** @param known the stored value. @param given the snapshot's value. @param givenRank overrides the snapshot's rank. */
    take<T>(field: string, known: T | null | undefined, given: T | null, givenRank: Rank = rank): T | null {
      const isKnown = known !== null && known !== undefined
      if (!isKnown && given === null) return null
      const knownRank = isKnown && before !== null ? (before.older?.[field] ?? before.rank) : -1
      const replaces =
        given !== null && (givenRank > knownRank || (givenRank === knownRank && isKnown && isAfter(given, known)))
      note(field, replaces ? givenRank : knownRank)
      return replaces ? given : (known as T)
    },
    /** The earliest given time, or the earliest `fallback` while none is given. */
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

/** An arbitrary but stable order, for contradicting snapshots of the same rank. */
function isAfter(a: unknown, b: unknown): boolean {
  return a !== b && canonical(a) > canonical(b)
}

/** JSON with sorted keys, because a database may return an object with another order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}

/** Whether two rows differ in any column that is not in `ignored`. */
export function differsExcept<Row extends object>(before: Row, after: Row, ignored: (keyof Row)[]): boolean {
  const ignoredKeys = ignored as PropertyKey[]
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Row>) {
    const [was, is] = [before[name], after[name]]
    if (was !== is && !ignoredKeys.includes(name) && !Bun.deepEquals(was ?? null, is ?? null)) return true
  }
  return false
}
