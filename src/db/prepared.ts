import {
  Column,
  fillPlaceholders,
  getTableColumns,
  is,
  noopDecoder,
  type Placeholder,
  type SQL,
  sql,
} from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'

/**
 * A select, or an `UPDATE … RETURNING`, whose SQL is built once, because building takes longer than running it. Columns have
 * their names in code, so the driver's rows are used directly and only columns with another representation are decoded.
 */
export interface Prepared<Row> {
  sql: string
  bind(values: Record<string, unknown>): unknown[]
  decode(rows: unknown[]): Row[]
}

type Decoder = { mapFromDriverValue(value: unknown): unknown }
type Raw = Record<string, unknown>

type Field = Column | SQL.Aliased

interface Built {
  toSQL(): { sql: string; params: unknown[] }
  _: { selectedFields: Record<string, Field> }
  /** Present only for an update. */
  config: { returning?: { path: string[]; field: Field }[] }
}

function compile<Row>(query: PromiseLike<Row[]>): Prepared<Row> {
  const built = query as unknown as Built
  const { sql: text, params } = built.toSQL()
  const fields = built.config.returning?.map(({ path, field }): [string, Field] => [path.join('.'), field])
  const decoded = (fields ?? Object.entries(built._.selectedFields)).flatMap(([name, field]): [string, Decoder][] => {
    const decoder = (is(field, Column) ? field : (field.sql as unknown as { decoder: Decoder }).decoder) as Decoder
    return takesAnyValue(decoder) ? [] : [[name, decoder]]
  })
  return {
    sql: text,
    bind: (values) => fillPlaceholders(params, values),
    decode(rows) {
      for (const row of rows as Raw[])
        for (const [name, decoder] of decoded) if (row[name] !== null) row[name] = decoder.mapFromDriverValue(row[name])
      return rows as Row[]
    },
  }
}

const takesAnyValue = (decoder: Decoder) =>
  decoder.mapFromDriverValue === Column.prototype.mapFromDriverValue ||
  decoder.mapFromDriverValue === noopDecoder.mapFromDriverValue

type Named<Table extends SQLiteTable> = {
  [Key in keyof Table['_']['columns']]: SQL.Aliased<Table['$inferSelect'][Key & keyof Table['$inferSelect']]>
}

/** All columns of a table with their names in code, for a prepared select. */
export function named<Table extends SQLiteTable>(table: Table): Named<Table> {
  const columns = Object.entries(getTableColumns(table)).map(([name, column]) => [
    name,
    sql`${column}`.mapWith(column).as(name),
  ])
  return Object.fromEntries(columns) as Named<Table>
}

/**
 * A query that is compiled when it is first used, because compiling all of them delays the start. A column whose database
 * name differs from its field needs an alias (`named`, `.as()`).
 */
export function prepare<Row>(build: () => PromiseLike<Row[]>): Prepared<Row> {
  let compiled: Prepared<Row> | undefined
  const get = () => {
    compiled ??= compile(build())
    return compiled
  }
  return {
    get sql() {
      return get().sql
    },
    bind: (values) => get().bind(values),
    decode: (rows) => get().decode(rows),
  }
}

/** Caches one value per key. Clears the cache when it grows too large. */
export function createPreparedQueries<Row>(limit = 500) {
  const made = new Map<string, Prepared<Row>>()
  return (shape: string, make: () => Prepared<Row>): Prepared<Row> => {
    const known = made.get(shape)
    if (known) return known
    if (made.size >= limit) made.clear()
    const fresh = make()
    made.set(shape, fresh)
    return fresh
  }
}

/**
 * `column in (…)` for a prepared query. The list is padded with its last value to a power of two, so that there are few
 * distinct statements.
 */
export function placeholders(name: string, count: number): Placeholder[] {
  return Array.from({ length: sizeFor(count) }, (_, i) => sql.placeholder(`${name}_${i}`))
}

/** @returns the values for `placeholders(name, values.length)`. `values` must not be empty. */
export const fillList = (name: string, values: unknown[]): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: sizeFor(values.length) }, (_, i) => [`${name}_${i}`, values[i] ?? values.at(-1)]),
  )

/** The smallest power of two that is not less than a length. */
export const sizeFor = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, count)))
