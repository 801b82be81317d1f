import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Channel, Database, Queries, Transaction } from './database'
import { migrate } from './migrations'
import { createOuterHandleGuard } from './outer-handle-guard'
import { prepare } from './prepared'
import * as tables from './schema.pg'

const MIGRATION_LOCK = 7265001
const UNIQUE_VIOLATION = '23505'

type Lockable<T> = { for(strength: 'update', config?: { skipLocked: true }): T }

/** Opens Postgres behind the same query surface as SQLite. */
export function openPg(url: string): Database {
  const client = postgres(url, {
    max: 10,
    onnotice: () => {},
    connect_timeout: 5,
    // Its own backoff grows to 20 s, and queries wait for it: a request is told sooner that the database is away.
    backoff: (attempt: number) => Math.min(1, 0.05 * 2 ** attempt),
    connection: { application_name: 'cti-server' },
  })
  const db = drizzle(client, { casing: 'snake_case' })
  const guard = createOuterHandleGuard()
  /** Marks our own notifications: they are heard at once after the commit, and not again when they come back. */
  const self = crypto.randomUUID()
  const listeners: { channel: Channel; hear: (payload: string) => void }[] = []
  return {
    dialect: 'pg',
    tables: tables as unknown as Database['tables'],
    queries: guard.guarded(withRows(db)),
    prepare: (build) => prepare(build(withRows(db))),
    async transaction(work) {
      guard.check()
      const told: [Channel, string][] = []
      const result = await guard.enter(() =>
        db.transaction((tx) => {
          const session = tx as unknown as { execute(query: ReturnType<typeof notification>): Promise<unknown> }
          return work(
            Object.assign(withRows(tx), {
              async notify(channel: Channel, payload: string) {
                await session.execute(notification(channel, `${self} ${payload}`))
                told.push([channel, payload])
              },
            }) satisfies Transaction,
          )
        }),
      )
      // A revoked key is dead here when its revocation is answered.
      for (const [channel, payload] of told)
        for (const listener of listeners) if (listener.channel === channel) listener.hear(payload)
      return result
    },
    forUpdate: (select, options) =>
      (select as unknown as Lockable<typeof select>).for(
        'update',
        options?.skipLocked ? { skipLocked: true } : undefined,
      ),
    isUniqueViolation: (error) => {
      const cause = error instanceof Error && error.cause ? error.cause : error
      return cause instanceof postgres.PostgresError && cause.code === UNIQUE_VIOLATION
    },
    async listen(channel, hear, resync) {
      listeners.push({ channel, hear })
      let connected = false
      const hearOthers = (text: string) => {
        const [from, payload] = text.split(' ', 2)
        if (from !== self) hear(payload ?? '')
      }
      await client.listen(channelName(channel), hearOthers, () => {
        if (connected) resync()
        connected = true
      })
    },
    async migrate() {
      const connection = await client.reserve()
      try {
        await connection`SELECT pg_advisory_lock(${MIGRATION_LOCK})`
        return await migrate('pg', {
          execute: (sql) => connection.unsafe(sql),
          column: async (sql) => (await connection.unsafe(sql).values()).flat(),
        })
      } finally {
        await connection`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`.catch(() => {})
        connection.release()
      }
    },
    ping: async () => void (await client`SELECT 1`),
    close: () => client.end({ timeout: 5 }),
  }
}

interface Session {
  session: { client: { unsafe(text: string, parameters: unknown[]): Promise<unknown[]> } }
}

/** The handle of drizzle's with what runs prepared selects on its connection. */
function withRows(handle: object): Queries {
  const { session } = handle as unknown as Session
  const rows: Queries['rows'] = async (query, values) =>
    query.decode(await session.client.unsafe(query.sql, query.bind(values)))
  return Object.assign(handle as unknown as Queries, { rows })
}

const channelName = (channel: Channel) => `cti_${channel}`
const notification = (channel: Channel, payload: string) => sql`SELECT pg_notify(${channelName(channel)}, ${payload})`
