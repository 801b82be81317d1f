import { type Column, eq, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from './database'

/**
 * Prepares a select of the rows with any of some keys. A single key is compared with `=`, because reading a list takes longer
 * than finding one row.
 * @returns a function that runs it. `values` fill its other placeholders. Without keys it returns no rows.
 */
export function prepareLookup<Row>(
  database: Database,
  build: (queries: Queries, hasKey: (column: Column) => SQL) => PromiseLike<Row[]>,
) {
  const single = database.prepare((q) => build(q, (column) => eq(column, sql.placeholder('key'))))
  const several = database.prepare((q) => build(q, (column) => database.isAnyOf(column, sql.placeholder('keys'))))
  return async (
    q: Queries,
    keys: readonly (string | number)[],
    values: Record<string, unknown> = {},
  ): Promise<Row[]> => {
    if (keys.length === 0) return []
    if (keys.length === 1) return q.rows(single, { ...values, key: keys[0] })
    return q.rows(several, { ...values, keys: JSON.stringify(keys) })
  }
}
