import * as pg from 'drizzle-orm/pg-core'

/** The column builders of columns.sqlite.ts for Postgres. Cast once in schema.pg.ts; test/db/parity.test.ts proves the row types equal. */
export const pgColumns = {
  table: pg.pgTable,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  primaryKey: pg.primaryKey,
  text: () => pg.text(),
  oneOf: <const T extends readonly [string, ...string[]]>(values: T) =>
    pg.text({ enum: values as unknown as [T[number], ...T[number][]] }),
  integer: () => pg.integer(),
  int64: () => pg.bigint({ mode: 'number' }),
  boolean: () => pg.boolean(),
  timestampMs: () => pg.bigint({ mode: 'number' }),
  json: <T>() => pg.jsonb().$type<T>(),
}
