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

/** What instances notify each other of; the payload is an app id, and for `stream` nothing more is needed. */
export type Channel = 'stream' | 'keys' | 'queue' | 'webhooks' | 'endpoints'

export interface Transaction extends Queries {
  /** Notifies every instance, this one included, once the transaction has committed. */
  notify(channel: Channel, payload: string): void
  /**
   * Stores rows with one prepared statement, however many there are. No key may stand twice among them.
   * @returns the `id`s (or the values of `returning`) of the rows that were stored.
   */
  insertMany<Table extends SQLiteTable>(
    table: Table,
    rows: Table['$inferInsert'][],
    conflict: Conflict<Table['$inferInsert']>,
    returning?: keyof Table['$inferInsert'] & string,
  ): Promise<Set<unknown>>
  /** Stores rows anew that stand in the table by their `id`; only columns that differ are written, and only their indexes. */
  updateMany<Table extends SQLiteTable>(
    table: Table,
    rows: { before: Table['$inferSelect']; after: Table['$inferSelect'] }[],
  ): Promise<void>
}

export interface Database {
  readonly dialect: 'sqlite' | 'pg'
  readonly tables: Tables
  /** Each statement by itself. On SQLite what only reads has a connection of its own and never waits for a writer. */
  readonly queries: Queries
  /** Builds a select once; run it with `rows` of this database or of one of its transactions. */
  prepare<Row>(build: (queries: Queries) => PromiseLike<Row[]>): Prepared<Row>
  /** Stores rows in one commit of their own. */
  insertMany: Transaction['insertMany']
  /** Runs `work` in one transaction; rolls back when it throws. Inside it only its own handle may be used. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Locks the selected rows until commit; with `skipLocked` passes over rows another worker holds. SQLite has one writer. */
  forUpdate<T>(select: T, options?: { skipLocked: boolean }): T
  /** `column in (values)`, as one statement however many values there are. A placeholder takes them as `JSON.stringify` gives them. */
  isAnyOf(column: Column, values: readonly (string | number)[] | Placeholder): SQL
  isUniqueViolation(error: unknown): boolean
  /** Whether several instances may share this database. */
  readonly isShared: boolean
  /** The database's clock, ms since the epoch: one for all instances. */
  readonly nowMs: SQL<number>
  /** Whether the error says that the database cannot serve now, whatever is asked of it. */
  isUnavailable(error: unknown): boolean
  /**
   * Calls `receive` for every notification until the database closes; `resync` after a lost
   * connection is back, or on SQLite after another process has committed.
   */
  listen(channel: Channel, receive: (payload: string) => void, resync: () => void): Promise<void>
  migrate(): Promise<string[]>
  /** Rejects when `migrate` would: the database is newer, damaged, or cannot be written. Changes nothing. */
  checkMigrations(): Promise<void>
  /** Resolves when the database answers; rejects when it cannot be reached. */
  ping(): Promise<void>
  close(): Promise<void>
}
