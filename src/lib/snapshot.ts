/**
 * Joins what is known with a snapshot that may come late: a newer one replaces, an older one only fills what is unknown,
 * and neither erases.
 */
export function createTake(newer: boolean) {
  return <T>(known: T | null | undefined, said: T | null): T | null =>
    newer ? (said ?? known ?? null) : (known ?? said)
}

/** Whether two rows differ in any but the named columns. */
export function differsBeside<Row extends object>(before: Row, after: Row, bookkeeping: (keyof Row)[]): boolean {
  const visible = (row: Row) => Object.entries(row).filter(([name]) => !bookkeeping.includes(name as keyof Row))
  return !Bun.deepEquals(visible(before), visible(after))
}
