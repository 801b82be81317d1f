import { expect, test } from 'bun:test'
import { getTableConfig as pgConfig } from 'drizzle-orm/pg-core'
import { getTableConfig as sqliteConfig } from 'drizzle-orm/sqlite-core'
import type { pgColumns } from '../../src/db/columns.pg'
import type { sqliteColumns } from '../../src/db/columns.sqlite'
import * as pgSchema from '../../src/db/schema.pg'
import * as sqliteSchema from '../../src/db/schema.sqlite'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Row<F> = F extends (...args: never[]) => { _: { data: infer D; notNull: infer N; hasDefault: infer H } }
  ? [D, N, H]
  : never
type Kinds<K> = {
  [P in Exclude<keyof K, 'table' | 'index' | 'uniqueIndex' | 'primaryKey' | 'json' | 'oneOf'>]: Row<K[P]>
}
/** Fails to compile when a column kind means a different TypeScript type on one dialect. */
const sameRowTypes: Equal<Kinds<typeof pgColumns>, Kinds<typeof sqliteColumns>> = true

interface TableConfig {
  name: string
  columns: { name: string; notNull: boolean; hasDefault: boolean; primary: boolean }[]
  indexes: { config: { name?: string; unique?: boolean } }[]
  foreignKeys: { onDelete?: string | undefined }[]
  primaryKeys: { columns: { name: string }[] }[]
}

const shapes = (schema: object, configOf: (table: never) => unknown) =>
  Object.values(schema).map((table) => {
    const config = configOf(table as never) as TableConfig
    return {
      name: config.name,
      columns: config.columns.map(({ name, notNull, hasDefault, primary }) => ({ name, notNull, hasDefault, primary })),
      indexes: config.indexes.map(({ config: { name, unique } }) => [name, unique ?? false]),
      foreignKeys: config.foreignKeys.map(({ onDelete }) => onDelete ?? 'no action'),
      primaryKeys: config.primaryKeys.map(({ columns }) => columns.map(({ name }) => name)),
    }
  })

test('both dialects define the same tables', () => {
  expect(sameRowTypes).toBe(true)
  expect(shapes(pgSchema, pgConfig)).toEqual(shapes(sqliteSchema, sqliteConfig))
})
