import { getTableColumns, is, Placeholder, type SQL, sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'

/** The name in the database of a column that the code calls `key`. */
export const columnName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** `SET` of an upsert that takes the proposed row's values for every column but those named. */
export function excluded(table: SQLiteTable, except: string[]): Record<string, SQL> {
  const names = Object.keys(getTableColumns(table)).filter((name) => !except.includes(name))
  return Object.fromEntries(names.map((name) => [name, sql.raw(`excluded."${columnName(name)}"`)]))
}

/** SQLite takes at most 32,766 values in one statement, Postgres 65,534. */
const MAX_VALUES = 30_000

/** Does a statement for as many rows as fit at a time. @param columns values each row needs. */
export async function inChunks<Row, Result>(
  rows: Row[],
  columns: number,
  statement: (some: Row[]) => PromiseLike<Result[]>,
): Promise<Result[]> {
  const size = Math.floor(MAX_VALUES / columns)
  const results: Result[][] = []
  for (let at = 0; at < rows.length; at += size) results.push(await statement(rows.slice(at, at + size)))
  return results.flat()
}

/** A list as one JSON parameter; a placeholder is filled with JSON when the statement runs. */
export const asJson = (values: readonly (string | number)[] | Placeholder): string | Placeholder =>
  is(values, Placeholder) ? values : JSON.stringify(values)
