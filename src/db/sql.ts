import { getTableColumns, is, Placeholder, type SQL, sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'

/** The database name of the column `key`. */
export const columnName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The `SET` of an upsert that replaces every column except the given ones. */
export function excluded(table: SQLiteTable, except: string[]): Record<string, SQL> {
  const names = Object.keys(getTableColumns(table)).filter((name) => !except.includes(name))
  return Object.fromEntries(names.map((name) => [name, sql.raw(`excluded."${columnName(name)}"`)]))
}

/** Maximum values per statement: SQLite allows 32,766, Postgres 65,534. */
const MAX_VALUES = 30_000

/** Runs a statement for chunks of rows that fit in one statement. @param columns number of values per row. */
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

/** A list as one JSON parameter. The caller fills a placeholder with JSON. */
export const asJson = (values: readonly (string | number)[] | Placeholder): string | Placeholder =>
  is(values, Placeholder) ? values : JSON.stringify(values)
