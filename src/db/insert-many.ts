import { type Column, getTableColumns, getTableName } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { columnName } from './sql'

/**
 * Statements that insert many rows at once. Drizzle builds an object for each value of a VALUES list, which takes longer
 * than the insert itself. So SQLite runs a prepared one-row statement in a loop, and Postgres gets one JSON parameter.
 */

/** What to do with a row whose key already exists. */
export type Conflict<Row> =
  | 'fail'
  | 'ignore'
  /** Replaces every column except the key and the columns in `keep`. */
  | { update: (keyof Row & string)[]; keep?: (keyof Row & string)[] }

export interface InsertColumn {
  key: string
  name: string
  column: Column
}

export interface InsertStatement {
  columns: InsertColumn[]
  sql: string
}

const quoted = (name: string) => `"${name}"`

export function columnsOf(table: SQLiteTable): InsertColumn[] {
  return Object.entries(getTableColumns(table)).map(([key, column]) => ({ key, name: columnName(key), column }))
}

function conflictClause(columns: InsertColumn[], conflict: Conflict<Record<string, unknown>>): string {
  if (conflict === 'fail') return ''
  if (conflict === 'ignore') return ' ON CONFLICT DO NOTHING'
  const { update, keep = [] } = conflict
  const set = columns
    .filter(({ key }) => !update.includes(key) && !keep.includes(key))
    .map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`)
  const target = update.map((key) => quoted(columnName(key))).join(', ')
  return ` ON CONFLICT (${target}) DO UPDATE SET ${set.join(', ')}`
}

/** Inserts one row, with a `?` for each column. */
export function sqliteInsert(table: SQLiteTable, conflict: Conflict<Record<string, unknown>>): InsertStatement {
  const columns = columnsOf(table)
  const names = columns.map(({ name }) => quoted(name)).join(', ')
  const marks = columns.map(() => '?').join(', ')
  return {
    columns,
    sql: `INSERT INTO ${quoted(getTableName(table))} (${names}) VALUES (${marks})${conflictClause(columns, conflict)}`,
  }
}

/** Updates the given columns of the row with an id. */
export function sqliteUpdate(table: SQLiteTable, columns: InsertColumn[]): string {
  const set = columns.map(({ name }) => `${quoted(name)} = ?`).join(', ')
  return `UPDATE ${quoted(getTableName(table))} SET ${set} WHERE "id" = ?`
}

/** The columns with different values. */
export function changedColumns(
  columns: InsertColumn[],
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): InsertColumn[] {
  return columns.filter(({ key }) => !isSame(before[key], after[key]))
}

const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))

/** Inserts all rows of the JSON array in `$1`. @param returning column that identifies the inserted rows. */
export function pgInsert(
  table: SQLiteTable,
  conflict: Conflict<Record<string, unknown>>,
  returning: string,
): InsertStatement {
  const columns = columnsOf(table)
  const names = columns.map(({ name }) => quoted(name)).join(', ')
  const types = columns.map(({ name, column }) => `${quoted(name)} ${column.getSQLType()}`).join(', ')
  return {
    columns,
    sql:
      `INSERT INTO ${quoted(getTableName(table))} (${names}) ` +
      `SELECT ${names} FROM jsonb_to_recordset($1::text::jsonb) AS r(${types})` +
      `${conflictClause(columns, conflict)} RETURNING ${quoted(columnName(returning))}`,
  }
}

/** The row's value as JSON, or encoded for the driver. */
export function valueIn(row: Record<string, unknown>, { key, column }: InsertColumn): unknown {
  return row[key] ?? (column.hasDefault && row[key] === undefined ? column.default : null)
}
