import type { Column, Placeholder, SQL } from 'drizzle-orm'
import type { BaseSQLiteDatabase, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Conflict } from './insert-many'
import type { Prepared } from './prepared'
import type { Tables } from './tables'

/** The query surface both dialects share: no `.all()`, `.get()`, `.run()`, `.execute()` or `db.query.*`. */
export interface Queries extends QueryBuilder {
  /** The rows of a prepared select; `values` fill its placeholders. */
  rows<Row>(query: Prepared<Row>, values: Record<string, unknown>): Promise<Row[]>
}

type QueryBuilder = Pick<
  BaseSQLiteDatabase<'async', unknown>,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | '$count' | 'with' | '$with'
>

/** Topics of notifications between instances. The payload is the id of what changed, or empty. */
export type Channel = 'stream' | 'keys' | 'queue' | 'webhooks' | 'endpoints' | 'route_hints' | 'sessions'

export interface Transaction extends Queries {
  /**
   * Notifies every instance, this one included, once the transaction has committed.
   * @param detail passed only to listeners in this process, so that they do not have to read the written rows.
   */
  notify(channel: Channel, payload: string, detail?: unknown): void
  /**
   * Inserts any number of rows with one prepared statement. The rows must have distinct keys.
   * @returns the `id`s (or the values of `returning`) of the inserted or updated rows.
   */
  insertMany<Table extends SQLiteTable>(
    table: Table,
    rows: Table['$inferInsert'][],
    conflict: Conflict<Table['$inferInsert']>,
    returning?: keyof Table['$inferInsert'] & string,
  ): Promise<Set<unknown>>
  /** Updates rows by `id`. Writes only the columns that differ, so only their indexes change. */
  updateMany<Table extends SQLiteTable>(
    table: Table,
    rows: { before: Table['$inferSelect']; after: Table['$inferSelect'] }[],
  ): Promise<void>
}

export interface Database {
  readonly dialect: 'sqlite' | 'pg'
  readonly tables: Tables
  /** Runs single statements outside a transaction. On SQLite reads have their own connection and never wait for a writer. */
  readonly queries: Queries
  /** Builds a select once, when it is first used. Run it with `rows` of this database or of a transaction. */
  prepare<Row>(build: (queries: Queries) => PromiseLike<Row[]>): Prepared<Row>
  /** Inserts rows in their own transaction. */
  insertMany: Transaction['insertMany']
  /** Runs `work` in one transaction and rolls back if it throws. Inside, use only the transaction's handle. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Locks the selected rows until commit. `skipLocked` skips rows another worker has locked. Does nothing on SQLite. */
  forUpdate<T>(select: T, options?: { skipLocked: boolean }): T
  /** `column in (values)` with one parameter for any number of values. Fill a placeholder with `JSON.stringify(values)`. */
  isAnyOf(column: Column, values: readonly (string | number)[] | Placeholder): SQL
  /** A source for `from` with the texts of a list as `listed.value`: faster than `isAnyOf` for a join with thousands of values. */
  listed(values: readonly string[]): SQL
  /** One JSON text with the column's values of all rows, which is read faster than thousands of rows. */
  jsonArray(column: Column, orderBy: Column): SQL<string>
  /** Whether several instances may share this database. */
  readonly isShared: boolean
  /** The database's clock in ms since the epoch, the same for all instances. */
  readonly nowMs: SQL<number>
  /** Whether the error means that the database is unavailable, whatever the statement was. */
  isUnavailable(error: unknown): boolean
  /**
   * Calls `receive` for every notification until the database closes. Calls `resync` after a lost
   * connection is restored, and on SQLite after another process commits.
   */
  listen(channel: Channel, receive: (payload: string, detail?: unknown) => void, resync: () => void): Promise<void>
  migrate(): Promise<string[]>
  /** Rejects if `migrate` would fail: the database is newer, damaged or read-only. Changes nothing. */
  checkMigrations(): Promise<void>
  /** Resolves if the database responds. Rejects if it is unreachable. */
  ping(): Promise<void>
  close(): Promise<void>
}
