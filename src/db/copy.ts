import { eq, getTableColumns, sql } from 'drizzle-orm'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Database, Queries } from './database'
import * as sqliteTables from './schema.sqlite'
import type { Tables } from './tables'

/** Copies all rows from one database into another, empty one, of either dialect, and verifies that both are equal. */

type TableName = keyof Tables
const SCHEMA: Record<TableName, SQLiteTable> = { ...sqliteTables }
type CopiedRow = Record<string, unknown>

export interface CopyStep {
  phase: 'copy' | 'verify'
  /** Number of this table, starting at 1, and number of tables. */
  table: string
  index: number
  tables: number
  /** Rows copied and total rows of this table. */
  done: number
  total: number
}

export interface CopiedTable {
  table: string
  rows: number
  /** Sum of the hashes of all rows, in hexadecimal. */
  checksum: string
}

class CopyRefused extends Error {}

const BATCH = 200
/** Key of the row in `copy_progress` that contains the source's address. */
const SOURCE = 'source'
/** Tables about the running processes or the database itself. They are not copied. */
const NOT_COPIED = new Set<TableName>(['copyProgress', 'instances', 'jobRuns', 'consoleSessions', 'loadSamples'])
const CHECKSUM_MODULUS = 1n << 128n

/**
 * @param source name of the source. The target stores it until the copy is complete, so that only the same copy resumes.
 * @returns each table with its number of rows and checksum, equal in both databases.
 * @throws CopyRefused if the target is not empty, or if the databases differ after the copy.
 */
export async function copyDatabase(
  from: Database,
  to: Database,
  source: string,
  report: (step: CopyStep) => void = () => {},
): Promise<CopiedTable[]> {
  await claimTarget(to, source)
  const names = tablesInOrder()
  for (const [at, name] of names.entries())
    await copyTable(from, to, name, (done, total) => report(step('copy', name, at, names.length, done, total)))
  const copied: CopiedTable[] = []
  for (const [at, name] of names.entries()) {
    const counted = (done: number, total: number) => report(step('verify', name, at, names.length, done, total))
    copied.push(await verifyTable(from, to, name, counted))
  }
  const { copyProgress } = to.tables
  await to.queries.delete(copyProgress).returning({ id: copyProgress.id })
  return copied
}

/** The source's address of an unfinished copy into this database, or null. */
async function unfinishedCopyOf({ queries, tables: { copyProgress } }: Database): Promise<string | null> {
  const [row] = await queries.select().from(copyProgress).where(eq(copyProgress.id, SOURCE))
  return row ? String(row.value) : null
}

/** @throws CopyRefused while a copy into this database is unfinished, because the server would serve incomplete data. */
export async function refuseUnfinishedCopy(database: Database): Promise<void> {
  const source = await unfinishedCopyOf(database)
  if (source !== null)
    throw new CopyRefused(
      `This database contains an unfinished copy of ${source}. Run the same \`cti-server copy\` again to resume it.`,
    )
}

async function claimTarget(to: Database, source: string): Promise<void> {
  const earlier = await unfinishedCopyOf(to)
  if (earlier === source) return
  if (earlier !== null)
    throw new CopyRefused(
      `The target contains an unfinished copy of ${earlier}. Finish that copy, or empty the target.`,
    )
  for (const name of tablesInOrder()) {
    const [row] = await to.queries.select().from(to.tables[name]).limit(1)
    if (row)
      throw new CopyRefused(`The target is not empty: its table ${tableName(name)} has rows. Use an empty database.`)
  }
  await to.queries.insert(to.tables.copyProgress).values({ id: SOURCE, value: source })
}

async function copyTable(from: Database, to: Database, name: TableName, report: (done: number, total: number) => void) {
  const { copyProgress } = to.tables
  const id = tableName(name)
  const [saved] = await to.queries.select().from(copyProgress).where(eq(copyProgress.id, id))
  const progress = (saved?.value ?? { after: null, rows: 0 }) as { after: unknown[] | null; rows: number }
  const total = await from.queries.$count(from.tables[name])
  let { rows: done } = progress
  for await (const rows of pages(from, name, progress.after)) {
    done += rows.length
    // biome-ignore lint/style/noNonNullAssertion: pages() yields no empty page
    const value = { after: keyOf(name, rows.at(-1)!), rows: done }
    await to.transaction(async (tx) => {
      await tx.insert(to.tables[name]).values(rows.map((row) => storable(row, to)) as never)
      await tx
        .insert(copyProgress)
        .values({ id, value })
        .onConflictDoUpdate({ target: copyProgress.id, set: { value } })
    })
    report(done, total)
  }
}

async function verifyTable(
  from: Database,
  to: Database,
  name: TableName,
  report: (done: number, total: number) => void,
): Promise<CopiedTable> {
  const total = await to.queries.$count(to.tables[name])
  const source = await checksumOf(from, to, name, (done) => report(Math.min(done, total), total))
  const target = await checksumOf(to, to, name, () => {})
  if (source.rows !== target.rows || source.checksum !== target.checksum)
    throw new CopyRefused(
      `The table ${tableName(name)} differs: ${source.rows} rows in the source, ${target.rows} in the target. ` +
        'Stop the server of the source, empty the target, and copy again.',
    )
  return { table: tableName(name), ...target }
}

/** Returns the same checksum for the same rows, in any order and on either database. */
async function checksumOf(database: Database, to: Database, name: TableName, report: (done: number) => void) {
  let rows = 0
  let sum = 0n
  for await (const page of pages(database, name, null)) {
    for (const row of page) sum = (sum + hashOf(storable(row, to))) % CHECKSUM_MODULUS
    rows += page.length
    report(rows)
  }
  return { rows, checksum: sum.toString(16).padStart(32, '0') }
}

function hashOf(row: CopiedRow): bigint {
  const digest = new Bun.CryptoHasher('sha256').update(canonicalJson(row)).digest('hex')
  return BigInt(`0x${digest.slice(0, 32)}`)
}

/** Sorts members, because Postgres changes the order of the members of a JSON object. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

/** Removes what SQLite can store and Postgres cannot: NUL characters and lone surrogates. */
function storable(row: CopiedRow, to: Database): CopiedRow {
  return to.dialect === 'pg' ? (clean(row) as CopiedRow) : row
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed()
  if (Array.isArray(value)) return value.map(clean)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [clean(key), clean(member)]))
}

/** The rows after the key `after`, ordered by primary key. */
async function* pages(database: Database, name: TableName, after: unknown[] | null): AsyncGenerator<CopiedRow[]> {
  const table = database.tables[name]
  const columns = getTableColumns(table) as unknown as Record<string, SQLiteTable['_']['columns'][string]>
  // biome-ignore lint/style/noNonNullAssertion: primaryKey() names columns of this table
  const key = primaryKey(name).map((column) => columns[column]!)
  const keyColumns = sql.join(key, sql`, `)
  for (let last = after; ; ) {
    const values = last?.map((value, at) => sql.param(value, key[at]))
    const rows = (await (database.queries as Queries)
      .select()
      .from(table)
      .where(values ? sql`(${keyColumns}) > (${sql.join(values, sql`, `)})` : undefined)
      .orderBy(...key)
      .limit(BATCH)) as CopiedRow[]
    if (rows.length > 0) yield rows
    const final = rows.at(BATCH - 1)
    if (!final) return
    last = keyOf(name, final)
  }
}

const keyOf = (name: TableName, row: CopiedRow) => primaryKey(name).map((column) => row[column])

const tableName = (name: TableName) => getTableConfig(SCHEMA[name]).name

/** The columns of the primary key by their names in code. */
function primaryKey(name: TableName): string[] {
  const table = SCHEMA[name]
  const [composite] = getTableConfig(table).primaryKeys
  const columns = Object.entries(getTableColumns(table))
  if (!composite) return columns.filter(([, column]) => column.primary).map(([key]) => key)
  // biome-ignore lint/style/noNonNullAssertion: the columns of a key are columns of its table
  return composite.columns.map((wanted) => columns.find(([, column]) => column === wanted)![0])
}

/** All tables, each after the tables it references. */
function tablesInOrder(): TableName[] {
  const names = (Object.keys(SCHEMA) as TableName[]).filter((name) => !NOT_COPIED.has(name))
  const ordered: TableName[] = []
  const visit = (name: TableName) => {
    if (ordered.includes(name)) return
    for (const { reference } of getTableConfig(SCHEMA[name]).foreignKeys) {
      const parent = names.find((other) => SCHEMA[other] === reference().foreignTable)
      if (parent && parent !== name) visit(parent)
    }
    ordered.push(name)
  }
  for (const name of names) visit(name)
  return ordered
}

const step = (
  phase: CopyStep['phase'],
  name: TableName,
  at: number,
  tables: number,
  done: number,
  total: number,
): CopyStep => ({ phase, table: tableName(name), index: at + 1, tables, done, total })
