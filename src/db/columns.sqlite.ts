import * as sqlite from 'drizzle-orm/sqlite-core'

/** Column builders for SQLite. All tables and queries use their types. */
export const sqliteColumns = {
  table: sqlite.sqliteTable,
  index: sqlite.index,
  uniqueIndex: sqlite.uniqueIndex,
  primaryKey: sqlite.primaryKey,
  text: () => sqlite.text(),
  oneOf: <const T extends readonly [string, ...string[]]>(values: T) =>
    sqlite.text({ enum: values as unknown as [T[number], ...T[number][]] }),
  integer: () => sqlite.integer(),
  /** A Dialpad id or a stream sequence: 64 bits in the database, at most 2^53-1 in code. */
  int64: () => sqlite.integer(),
  boolean: () => sqlite.integer({ mode: 'boolean' }),
  timestampMs: () => sqlite.integer(),
  json: <T>() => sqlite.text({ mode: 'json' }).$type<T>(),
}

export type Columns = typeof sqliteColumns
