import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateDrizzleJson, generateSQLiteDrizzleJson } from 'drizzle-kit/api'
import * as pg from '../../src/db/schema.pg'
import * as sqlite from '../../src/db/schema.sqlite'

/**
 * Prints what differs between src/db/tables.ts and the migrations in drizzle/, and exits with 1 when anything does:
 * somebody changed a table and did not run `bun run db:generate`.
 */

type Dialect = 'sqlite' | 'pg'
type Schema = Record<string, unknown>

export const SCHEMAS: Record<Dialect, Schema> = { sqlite, pg }

/** Every part of the tables that the migrations do not make as the code has it, by path, on one dialect. */
export async function findDrift(dialect: Dialect, schema: Schema): Promise<string[]> {
  const inCode = partsOf(await describe(dialect, schema))
  const inMigrations = partsOf(newestSnapshot(dialect))
  const paths = new Set([...inCode.keys(), ...inMigrations.keys()])
  return [...paths].filter((path) => inCode.get(path) !== inMigrations.get(path)).sort()
}

const describe = (dialect: Dialect, schema: Schema): Promise<object> | object =>
  dialect === 'sqlite'
    ? generateSQLiteDrizzleJson(schema, undefined, 'snake_case')
    : generateDrizzleJson(schema, undefined, undefined, 'snake_case')

function newestSnapshot(dialect: Dialect): object {
  const folder = join(import.meta.dir, '../../drizzle', dialect, 'meta')
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('_snapshot.json'))
    .sort()
    .at(-1)
  return JSON.parse(readFileSync(join(folder, newest ?? ''), 'utf8'))
}

/** The leaves of a snapshot by path; its ids and the marks of its last change are not of the tables. */
function partsOf(snapshot: object): Map<string, string> {
  const { id: _, prevId: __, _meta: ___, ...described } = snapshot as Record<string, unknown>
  const parts = new Map<string, string>()
  const walk = (value: unknown, path: string): void => {
    if (value === undefined) return
    if (typeof value !== 'object' || value === null) parts.set(path, JSON.stringify(value))
    else for (const [name, inner] of Object.entries(value)) walk(inner, path ? `${path} ${name}` : name)
  }
  walk(described, '')
  return parts
}

if (import.meta.main) {
  let count = 0
  for (const [dialect, schema] of Object.entries(SCHEMAS))
    for (const path of await findDrift(dialect as Dialect, schema)) {
      console.error(`drizzle/${dialect}: ${path}`)
      count++
    }
  console.log(count === 0 ? 'Migrations make the tables.' : `${count} differences: run NAME=what bun run db:generate.`)
  process.exitCode = count === 0 ? 0 : 1
}
