import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Database } from '../../src/db/database'

/** The number of a copy, from 0, in the expressions of `copyRow`. */
export const copyNumber = sql.raw('copies.n')

/** An id for each copy, the same in every table. */
export const copyId = sql`printf('01900000-0000-7000-8000-%012x', ${copyNumber})`

/**
 * Inserts copies of a row, which SQLite makes itself: ten thousand rows take a fraction of what it takes to send them.
 * @param changes expressions for the columns that differ from copy to copy.
 */
export async function copyRow<Table extends SQLiteTable>(
  database: Database,
  table: Table,
  row: Table['$inferSelect'],
  count: number,
  changes: Partial<Record<keyof Table['$inferSelect'], SQL>>,
): Promise<void> {
  const values = Object.entries(getTableColumns(table)).map(
    ([key, column]) => changes[key as keyof typeof changes] ?? sql`${sql.param(row[key as keyof typeof row], column)}`,
  )
  await database.queries
    .insert(table)
    .select(
      sql`with recursive copies(n) as (select 0 union all select n + 1 from copies where n < ${count - 1}) select ${sql.join(values, sql`, `)} from copies`,
    )
}
