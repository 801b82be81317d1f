import { Database as SqliteFile } from 'bun:sqlite'
import { afterEach, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { openDatabase } from '../../src/db'
import { migrate } from '../../src/db/migrations'
import { emptyUrl } from '../support/backends'

/** Raw statements, as another version of the server or a person would make them. */
interface Raw {
  run(sql: string): Promise<unknown>
  column(sql: string): Promise<unknown[]>
  end(): Promise<unknown>
}

const connect: Record<'sqlite' | 'pg', (url: string) => Raw> = {
  sqlite(url) {
    const file = new SqliteFile(url.slice('sqlite:'.length), { create: true })
    file.run('PRAGMA foreign_keys = ON')
    return {
      run: async (sql) => file.run(sql),
      column: async (sql) => file.query(sql).values().flat(),
      end: async () => file.close(),
    }
  },
  pg(url) {
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    return {
      run: (text) => sql.unsafe(text),
      column: async (text) => (await sql.unsafe(text).values()).flat(),
      end: () => sql.end(),
    }
  },
}

const ROWS = [
  `INSERT INTO apps (id, name, created_at, updated_at, stream_seq) VALUES ('app-1', 'CRM', 1, 1, 1)`,
  `INSERT INTO api_keys (id, app_id, prefix, hash, hint, created_at) VALUES ('key-1', 'app-1', 'raw_12345678', 'hash', 'raw_…', 1)`,
  `INSERT INTO webhook_events (id, app_id, source, dedupe_key, event_type, body, status, next_attempt_at, received_at)
     VALUES ('event-1', 'app-1', 'webhook', 'key', 'ringing', '{}', 'failed', 1, 1)`,
  `INSERT INTO calls (id, app_id, dialpad_call_id, conversation_id, direction, status, external_number, started_at, labels, source, snapshot_at, created_at, updated_at)
     VALUES ('call-1', 'app-1', 5780678246121472, 'conversation-1', 'inbound', 'ended', '+15551234567', 1, '[]', 'webhook', 1, 1, 1)`,
  `INSERT INTO stream_entries (app_id, seq, event, data, created_at) VALUES ('app-1', 1, 'call.ring', '{}', 1)`,
  `INSERT INTO contacts (id, app_id, external_id, name, attributes, created_at, updated_at)
     VALUES ('contact-1', 'app-1', 'customer-42', 'Grace Hopper', '{"tier":"gold"}', 1, 1)`,
  `INSERT INTO contact_phones (contact_id, app_id, phone) VALUES ('contact-1', 'app-1', '+15551234567')`,
]

const statementsOf = (dialect: string, tag: string) =>
  readFileSync(join(import.meta.dir, '../../drizzle', dialect, `${tag}.sql`), 'utf8').split('--> statement-breakpoint')

/** A database as 0.1.0 left it: its one migration and rows in it. */
async function makeFirstVersion(dialect: 'sqlite' | 'pg', url: string): Promise<Raw> {
  const raw = connect[dialect](url)
  await raw.run('CREATE TABLE schema_migrations (tag text PRIMARY KEY NOT NULL)')
  for (const statement of statementsOf(dialect, '0000_init')) await raw.run(statement)
  await raw.run(`INSERT INTO schema_migrations VALUES ('0000_init')`)
  for (const row of ROWS) await raw.run(row)
  return raw
}

describe.each([
  ['SQLite', 'sqlite'],
  ['Postgres', 'pg'],
] as const)('the upgrade of a filled database of 0.1.0 on %s', (_name, dialect) => {
  const raws: Raw[] = []
  afterEach(async () => {
    for (const raw of raws.splice(0)) await raw.end()
  })
  async function first() {
    const url = await emptyUrl[dialect]()
    const raw = await makeFirstVersion(dialect, url)
    raws.push(raw)
    return { url, raw }
  }

  test('keeps every row, and contacts are customers', async () => {
    const { url } = await first()
    const database = await openDatabase(url)
    await database.migrate()
    const { queries, tables } = database
    const all = <T>(table: T) => queries.select().from(table as typeof tables.apps) as Promise<unknown[]>
    expect(await all(tables.apps)).toMatchObject([{ id: 'app-1', name: 'CRM', streamSeq: 1 }])
    expect(await all(tables.apiKeys)).toMatchObject([{ id: 'key-1' }])
    expect(await all(tables.webhookEvents)).toMatchObject([{ id: 'event-1', status: 'failed' }])
    expect(await all(tables.calls)).toMatchObject([{ dialpadCallId: 5780678246121472, labels: [], learned: null }])
    expect(await all(tables.streamEntries)).toMatchObject([{ seq: 1, data: '{}' }])
    expect(await all(tables.customers)).toMatchObject([
      { id: 'contact-1', externalId: 'customer-42', name: 'Grace Hopper', attributes: { tier: 'gold' } },
    ])
    expect(await all(tables.customerPhones)).toMatchObject([{ customerId: 'contact-1', phone: '+15551234567' }])
    expect(await database.migrate()).toEqual([])
    await database.close()
  })

  test('can be repeated after any interruption, with the same tables as result', async () => {
    const whole = await first()
    const reference = await openDatabase(whole.url)
    await reference.migrate()
    await reference.close()
    const tablesOf = (raw: Raw) =>
      raw.column(
        dialect === 'sqlite'
          ? 'SELECT coalesce(sql, name) FROM sqlite_master ORDER BY type, name'
          : "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1",
      )
    const expected = await tablesOf(whole.raw)

    const { url, raw } = await first()
    let interruptions = 0
    for (let allowed = 1; ; allowed++) {
      let executed = 0
      try {
        await migrate(dialect, {
          column: raw.column,
          execute(sql) {
            // A process that ends rolls back what it did not commit.
            if (sql !== 'ROLLBACK' && ++executed > allowed) throw new Error('the power failed')
            return raw.run(sql)
          },
        })
        break
      } catch (error) {
        const { cause, message } = error as Error
        expect([message, (cause as Error | undefined)?.message]).toContain('the power failed')
        interruptions++
      }
    }
    expect(interruptions).toBeGreaterThan(10)
    expect(await tablesOf(raw)).toEqual(expected)
    const database = await openDatabase(url)
    expect(await database.migrate()).toEqual([])
    expect(await database.queries.$count(database.tables.customers)).toBe(1)
    await database.close()
  })
})
