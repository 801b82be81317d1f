import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'
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

/** What instances tell each other; the payload is an app id, and for `stream` nothing more is needed. */
export type Channel = 'stream' | 'keys' | 'queue'

export interface Transaction extends Queries {
  /** Tells every instance, this one included, once the transaction has committed. */
  notify(channel: Channel, payload: string): Promise<void>
}

export interface Database {
  readonly dialect: 'sqlite' | 'pg'
  readonly tables: Tables
  /** Each statement by itself. On SQLite what only reads has a connection of its own and never waits for a writer. */
  readonly queries: Queries
  /** Builds a select once; run it with `rows` of this database or of one of its transactions. */
  prepare<Row>(build: (queries: Queries) => PromiseLike<Row[]>): Prepared<Row>
  /** Runs `work` in one transaction; rolls back when it throws. Inside it only its own handle may be used. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Locks the selected rows until commit; with `skipLocked` passes over rows another worker holds. SQLite has one writer. */
  forUpdate<T>(select: T, options?: { skipLocked: boolean }): T
  isUniqueViolation(error: unknown): boolean
  /** Calls `hear` for every notification until the database closes; `resync` after a lost connection is back. */
  listen(channel: Channel, hear: (payload: string) => void, resync: () => void): Promise<void>
  migrate(): Promise<string[]>
  /** Resolves when the database answers; rejects when it cannot be reached. */
  ping(): Promise<void>
  close(): Promise<void>
}
