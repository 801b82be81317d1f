import { type SQLQueryBindings, Database as SqliteFile } from 'bun:sqlite'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { drizzle } from 'drizzle-orm/sqlite-proxy'
import type { Channel, Database, Queries, Transaction } from './database'
import { codesOf } from './error-codes'
import {
  type Conflict,
  changedColumns,
  columnsOf,
  type InsertColumn,
  type InsertStatement,
  sqliteInsert,
  sqliteUpdate,
  valueIn,
} from './insert-many'
import { createListeners } from './listeners'
import { createLogFlush } from './log-flush'
import { checkMigrations, migrate } from './migrations'
import { createOuterHandleGuard } from './outer-handle-guard'
import { type Prepared, prepare } from './prepared'
import * as tables from './schema.sqlite'
import { asJson } from './sql'

/** How often to check for commits of other processes. */
const POLL_MS = 1000
type Remote = Parameters<typeof drizzle>[0]
const UNAVAILABLE_CODES = new Set(['SQLITE_BUSY', 'SQLITE_IOERR', 'SQLITE_FULL', 'SQLITE_READONLY', 'SQLITE_CANTOPEN'])

/**
 * Opens SQLite with drizzle's proxy driver, so that a transaction may await as on Postgres.
 * One connection writes. A statement outside the open transaction waits, because it would otherwise join the transaction.
 * Another connection reads. It sees everything committed before its statement started, and never waits.
 */
export function openSqlite(path: string): Database {
  if (path !== ':memory:') prepareFile(path)
  const file = new SqliteFile(path, { create: true, strict: true })
  file.run('PRAGMA busy_timeout = 5000')
  // Applies only to new files. With the default of 4,096 bytes, one event fills most of a page and wastes the rest.
  file.run('PRAGMA page_size = 8192')
  file.run('PRAGMA journal_mode = WAL')
  // `committed` waits for the flush of a commit without blocking the event loop.
  file.run('PRAGMA synchronous = NORMAL')
  file.run('PRAGMA foreign_keys = ON')
  // 32 MB. More frequent checkpoints would write the same pages repeatedly and delay deliveries.
  file.run('PRAGMA wal_autocheckpoint = 4000')

  const guard = createOuterHandleGuard()
  const listeners = createListeners()
  // biome-ignore lint/style/noNonNullAssertion: SQLite always answers this pragma with one row
  const version = () => file.query<{ data_version: number }, []>('PRAGMA data_version').get()!.data_version
  let poll: Timer | undefined
  let seen = version()
  /** Another process, such as the command line, has committed. SQLite does not report what changed. */
  function notice(): void {
    const before = seen
    try {
      seen = version()
    } catch {
      return
    }
    if (seen !== before) listeners.emit('resync')
  }
  let turn: Promise<unknown> = Promise.resolve()
  const afterTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    guard.check()
    const result = turn.then(work, work)
    turn = result.catch(() => {})
    return result
  }

  const log = path === ':memory:' ? null : createLogFlush(`${path}-wal`)
  /** Runs the work in turn on the writing connection. Resolves when its commit is on disk. */
  const committed = async <T>(work: () => Promise<T>): Promise<T> => {
    const result = await afterTurn(() => {
      snapshot?.end()
      return work()
    })
    await log?.flushed()
    return result
  }

  const reader = path === ':memory:' ? null : openReader(path)
  const snapshot = reader && createSharedSnapshot(reader)
  const reads = reader && remote(reader)
  const writes = remote(file)
  const direct = drizzle(writes, undefined, { casing: 'snake_case' })
  const queued = drizzle(
    (...statement) => {
      guard.check()
      if (!READS.test(statement[0])) return committed(() => writes(...statement))
      if (!reads) return afterTurn(() => writes(...statement))
      snapshot?.begin()
      return reads(...statement)
    },
    undefined,
    { casing: 'snake_case' },
  )
  const rowsOf = async <Row>(connection: SqliteFile, query: Prepared<Row>, values: Record<string, unknown>) =>
    query.decode(connection.query(query.sql).all(...(query.bind(values) as SQLQueryBindings[])))
  const ofTransaction = { rows: (query, values) => rowsOf(file, query, values) } satisfies Pick<Queries, 'rows'>
  const queries: Queries = Object.assign(queued, {
    rows: <Row>(query: Prepared<Row>, values: Record<string, unknown>) => {
      if (!reader || !READS.test(query.sql)) return committed(() => rowsOf(file, query, values))
      snapshot?.begin()
      return rowsOf(reader, query, values)
    },
  })

  const inserts = new Map<SQLiteTable, Map<string, InsertStatement>>()
  function insertOf(table: SQLiteTable, conflict: Conflict<Record<string, unknown>>): InsertStatement {
    const ofTable = inserts.get(table) ?? new Map<string, InsertStatement>()
    inserts.set(table, ofTable)
    const key = JSON.stringify(conflict)
    const known = ofTable.get(key) ?? sqliteInsert(table, conflict)
    ofTable.set(key, known)
    return known
  }
  const insertMany: Transaction['insertMany'] = async (table, rows, conflict, returning) => {
    const stored = new Set<unknown>()
    const { columns, sql: text } = insertOf(table, conflict as Conflict<Record<string, unknown>>)
    const statement = file.query(text)
    for (const row of rows as Record<string, unknown>[]) {
      const values = columns.map((column) => encoded(valueIn(row, column), column))
      if (statement.run(...values).changes > 0) stored.add(row[returning ?? 'id'])
    }
    return stored
  }

  const columnsOfTable = new Map<SQLiteTable, ReturnType<typeof columnsOf>>()
  const updateMany: Transaction['updateMany'] = async (table, rows) => {
    const columns = columnsOfTable.get(table) ?? columnsOf(table)
    columnsOfTable.set(table, columns)
    for (const { before, after } of rows as Record<'before' | 'after', Record<string, unknown>>[]) {
      const changed = changedColumns(columns, before, after)
      if (changed.length === 0) continue
      const values = changed.map((column) => encoded(valueIn(after, column), column))
      file.query(sqliteUpdate(table, changed)).run(...values, after.id as string)
    }
  }

  async function atomically<T>(work: () => Promise<T>): Promise<T> {
    file.query('BEGIN IMMEDIATE').run()
    try {
      const result = await work()
      snapshot?.end()
      file.query('COMMIT').run()
      return result
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (file.inTransaction) file.query('ROLLBACK').run()
      throw error
    }
  }

  const connection = {
    execute: async (sql: string) => file.run(sql),
    column: async (sql: string) => file.query(sql).values().flat(),
  }

  return {
    dialect: 'sqlite',
    tables,
    queries: guard.guarded(queries),
    prepare: (build) => prepare(() => build(Object.assign(direct, ofTransaction))),
    async transaction(work) {
      const notifications: [Channel, string, unknown][] = []
      const result = await committed(() =>
        guard.enter(() =>
          atomically(() => {
            const notify = (channel: Channel, payload: string, detail?: unknown) =>
              void notifications.push([channel, payload, detail])
            return work(Object.assign(Object.create(direct), { ...ofTransaction, notify, insertMany, updateMany }))
          }),
        ),
      )
      for (const [channel, payload, detail] of notifications) listeners.emit(channel, { payload, detail })
      return result
    },
    isShared: false,
    nowMs: sql`cast(unixepoch('subsec') * 1000 as integer)`,
    isUnavailable: (error) => codesOf(error).some((code) => UNAVAILABLE_CODES.has(code)),
    insertMany(table, rows, conflict, returning) {
      return this.transaction((tx) => tx.insertMany(table, rows, conflict, returning))
    },
    forUpdate: (select) => select,
    isAnyOf: (column, values) => sql`${column} in (select value from json_each(${asJson(values)}))`,
    listed: (values) => sql`json_each(${asJson(values)}) as listed`,
    jsonArray: (column, orderBy) => sql`json_group_array(${column} order by ${orderBy})`,
    async listen(channel, receive, resync) {
      listeners.on(channel, ({ payload, detail }) => receive(payload, detail))
      listeners.on('resync', resync)
      poll ??= setInterval(notice, POLL_MS)
      poll.unref()
    },
    migrate: () => committed(() => migrate('sqlite', connection)),
    checkMigrations: () => afterTurn(() => checkMigrations('sqlite', connection)),
    ping: async () => {
      log?.check()
      file.query('SELECT 1').get()
    },
    close: async () => {
      clearInterval(poll)
      await turn
      log?.close()
      snapshot?.end()
      reader?.close()
      file.close()
    },
  }
}

/** Only the server's user may read the database. SQLite uses the same mode for its other files. */
function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  if (process.platform === 'win32') return
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o600)
}

/** Drizzle statements with this prefix are read-only. */
const READS = /^\s*select\b/i
/** Maximum compiled statements per connection, about the number of distinct statements. */
SqliteFile.MAX_QUERY_CACHE_SIZE = 200

function openReader(path: string): SqliteFile {
  const file = new SqliteFile(path, { readonly: true, strict: true })
  file.run('PRAGMA busy_timeout = 5000')
  file.run('PRAGMA cache_size = -16000')
  return file
}

/**
 * Lets the reads of one turn of the event loop share a transaction, because taking and releasing its locks takes as long as
 * most statements. The transaction ends before every commit, so that the next statement sees the new rows and SQLite can
 * restart its log, which an open snapshot prevents.
 */
function createSharedSnapshot(reader: SqliteFile) {
  const [begin, commit] = [reader.query('BEGIN'), reader.query('COMMIT')]
  let pending: NodeJS.Immediate | null = null
  function end(): void {
    if (pending === null) return
    clearImmediate(pending)
    pending = null
    commit.run()
  }
  return {
    begin(): void {
      if (pending !== null) return
      begin.run()
      pending = setImmediate(end)
    },
    end,
  }
}

function remote(file: SqliteFile): Remote {
  return async (sql, params, method) => {
    const statement = file.query(sql)
    const bindings = params as SQLQueryBindings[]
    if (method === 'run') {
      statement.run(...bindings)
      return { rows: [] }
    }
    const rows = statement.values(...bindings) as unknown[][]
    return { rows: method === 'get' ? (rows[0] as unknown[]) : rows }
  }
}

const encoded = (value: unknown, { column }: InsertColumn): SQLQueryBindings =>
  (value === null ? null : column.mapToDriverValue(value)) as SQLQueryBindings
