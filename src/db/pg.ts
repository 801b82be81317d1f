import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import postgres from 'postgres'
import type { Channel, Database, Queries, Transaction } from './database'
import { codesOf } from './error-codes'
import { type Conflict, type InsertStatement, pgInsert, valueIn } from './insert-many'
import { createListeners } from './listeners'
import { checkMigrations, type MigrationConnection, migrate } from './migrations'
import { createNotifier } from './notifier'
import { createOuterHandleGuard } from './outer-handle-guard'
import { prepare } from './prepared'
import * as tables from './schema.pg'
import { asJson } from './sql'

const MIGRATION_LOCK = 7265001
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  '25P03',
  '57P01',
  '57P03',
  '53300',
])

type Lockable<T> = { for(strength: 'no key update', config?: { skipLocked: true }): T }

/** Postgres ends a transaction that is idle for longer, for example after its machine failed, and releases its locks. */
const IDLE_IN_TRANSACTION_MS = 5_000

/** @param isPooled whether the URL is a pooler in transaction mode. */
function connect(url: string, isPooled: boolean, max: number) {
  return postgres(url, {
    max,
    onnotice: () => {},
    connect_timeout: 5,
    // The driver's own backoff grows to 20 s while queries wait. Requests should fail sooner.
    backoff: (attempt: number) => Math.min(1, 0.05 * 2 ** attempt),
    prepare: !isPooled,
    connection: {
      application_name: 'cti-server',
      // A pooler rejects unknown session parameters.
      ...(isPooled ? {} : { idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS }),
    },
  })
}

/**
 * Opens Postgres with the same query interface as SQLite.
 * @param directUrl address of Postgres itself, if `url` is a pooler. LISTEN and locks need a session and use it.
 */
export function openPg(url: string, directUrl: string | null): Database {
  const client = connect(url, directUrl !== null, 10)
  const direct = directUrl === null ? client : connect(directUrl, false, 1)
  const db = drizzle(preparing(client), { casing: 'snake_case' })
  const guard = createOuterHandleGuard()
  const listeners = createListeners()
  const others = createNotifier(
    (channels, payloads) =>
      client`SELECT pg_notify(c, p) FROM unnest(${channels}::text[], ${payloads}::text[]) AS n(c, p)`,
  )
  async function withMigrationLock<T>(work: (connection: MigrationConnection) => Promise<T>): Promise<T> {
    const connection = await direct.reserve()
    try {
      await connection`SELECT pg_advisory_lock(${MIGRATION_LOCK})`
      return await work({
        execute: (sql) => connection.unsafe(sql),
        column: async (sql) => (await connection.unsafe(sql).values()).flat(),
      })
    } finally {
      await connection`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`.catch(() => {})
      connection.release()
    }
  }

  return {
    dialect: 'pg',
    isShared: true,
    nowMs: sql`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    isUnavailable: (error) => codesOf(error).some((code) => UNAVAILABLE_CODES.has(code)),
    tables: tables as unknown as Database['tables'],
    queries: guard.guarded(withRows(db)),
    prepare: (build) => prepare(() => build(withRows(db))),
    async transaction(work) {
      guard.check()
      const notifications: [Channel, string, unknown][] = []
      const result = await guard.enter(() =>
        db.transaction((tx) =>
          work(
            Object.assign(withRows(tx), {
              notify: (channel: Channel, payload: string, detail?: unknown) =>
                void notifications.push([channel, payload, detail]),
              insertMany: insertMany(tx),
              updateMany: updateMany(tx),
            }) satisfies Transaction,
          ),
        ),
      )
      // Deliver locally first: when a revocation is answered, this instance already rejects the key.
      for (const [channel, payload, detail] of notifications) {
        listeners.emit(channel, { payload, detail })
        others.notify(channelName(channel), payload)
      }
      return result
    },
    insertMany: async (...insert) => {
      guard.check()
      return insertMany(db)(...insert)
    },
    isAnyOf: (column, values) => {
      const elements = sql`select jsonb_array_elements_text(${asJson(values)}::text::jsonb)`
      return column.getSQLType() === 'bigint'
        ? sql`${column} = any(array(select v::bigint from (${elements}) as t(v)))`
        : sql`${column} = any(array(${elements}))`
    },
    listed: (values) => sql`jsonb_array_elements_text(${asJson(values)}::text::jsonb) as listed(value)`,
    jsonArray: (column, orderBy) => sql`cast(coalesce(json_agg(${column} order by ${orderBy}), '[]') as text)`,
    // Not `for update`: other transactions may still insert rows that reference a locked row.
    forUpdate: (select, options) =>
      (select as unknown as Lockable<typeof select>).for(
        'no key update',
        options?.skipLocked ? { skipLocked: true } : undefined,
      ),
    async listen(channel, receive, resync) {
      listeners.on(channel, ({ payload, detail }) => receive(payload, detail))
      let connected = false
      const receiveOthers = (text: string) => {
        const payload = others.read(text)
        if (payload !== null) receive(payload)
      }
      await direct.listen(channelName(channel), receiveOthers, () => {
        if (connected) resync()
        connected = true
      })
    },
    migrate: () => withMigrationLock((connection) => migrate('pg', connection)),
    checkMigrations: () => withMigrationLock((connection) => checkMigrations('pg', connection)),
    ping: async () => void (await client`SELECT 1`),
    async close() {
      await others.flush()
      await Promise.all([client, direct].map((one) => one.end({ timeout: 5 })))
    },
  }
}

interface PreparingSession {
  session: { client: { unsafe(text: string, parameters: unknown[]): Promise<unknown[]> } }
}

/** Drizzle's handle plus `rows`, which runs prepared selects on the same connection. */
function withRows(handle: object): Queries {
  const { session } = handle as unknown as PreparingSession
  const rows: Queries['rows'] = async (query, values) =>
    query.decode(await session.client.unsafe(query.sql, query.bind(values)))
  return Object.assign(handle as unknown as Queries, { rows })
}

const channelName = (channel: Channel) => `cti_${channel}`

/** Only statements with few parameters are prepared: statements of varying length would use too much memory. */
const MAX_PREPARED_PARAMETERS = 40

type Client = ReturnType<typeof postgres>

/** Prepares statements on the connection, because drizzle's unprepared statements cost a second round trip each. */
function preparing(client: Client, isAllowed = client.options.prepare): Client {
  return new Proxy(client, {
    get(target, property) {
      if (property === 'unsafe')
        return (text: string, parameters: [] = [], options = {}) =>
          target.unsafe(text, parameters, {
            prepare: isAllowed && parameters.length <= MAX_PREPARED_PARAMETERS,
            ...options,
          })
      if (property === 'begin')
        return (...begin: unknown[]) => {
          const work = begin.pop() as (inner: Client) => unknown
          return (target.begin as (...all: unknown[]) => unknown)(...begin, (inner: Client) =>
            work(preparing(inner, isAllowed)),
          )
        }
      return Reflect.get(target, property)
    },
  })
}

/** Statements of `insertMany` by table, key of the conflict and returned column. */
const inserts = new Map<SQLiteTable, Map<string, InsertStatement>>()

function insertOf(table: SQLiteTable, conflict: Conflict<Record<string, unknown>>, returning: string): InsertStatement {
  const ofTable = inserts.get(table) ?? new Map<string, InsertStatement>()
  inserts.set(table, ofTable)
  const key = `${returning} ${JSON.stringify(conflict)}`
  const statement = ofTable.get(key) ?? pgInsert(table, conflict, returning)
  ofTable.set(key, statement)
  return statement
}

function insertMany(handle: object): Transaction['insertMany'] {
  const { client } = (handle as unknown as PreparingSession).session
  return async (table, rows, conflict, returning = 'id' as never) => {
    if (rows.length === 0) return new Set()
    const { columns, sql: text } = insertOf(table, conflict as Conflict<Record<string, unknown>>, returning)
    const values = (rows as Record<string, unknown>[]).map((row) =>
      Object.fromEntries(columns.map((column) => [column.name, valueIn(row, column)])),
    )
    const stored = (await client.unsafe(text, [JSON.stringify(values)])) as Record<string, unknown>[]
    return new Set(stored.map((row) => Object.values(row)[0]))
  }
}

function updateMany(handle: object): Transaction['updateMany'] {
  const insert = insertMany(handle)
  return async (table, rows) => {
    const after = rows.map((row) => row.after) as (typeof table)['$inferInsert'][]
    await insert(table, after, { update: ['id' as never] })
  }
}
