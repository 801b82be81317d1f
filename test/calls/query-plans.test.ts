import { type SQLQueryBindings, Database as SqliteFile } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import postgres from 'postgres'
import { createCallStore } from '../../src/calls/store'
import type { CallCriteria, CallOrder } from '../../src/calls/store-criteria'
import { openDatabase } from '../../src/db'
import type { Database, Queries } from '../../src/db/database'
import type { Prepared } from '../../src/db/prepared'
import { CALL_STATUSES } from '../../src/lib/call-status'
import { newId } from '../../src/lib/id'
import { freshUrl } from '../support/backends'

const CALLS = 6000
const AT = Date.UTC(2026, 0, 29, 12)
const newest: CallOrder = { by: 'started_at', descending: true }
const oldest: CallOrder = { by: 'started_at', descending: false }
const longest: CallOrder = { by: 'duration_seconds', descending: true }
const after = { value: AT + 1_000_000, id: 'x' }

/** Filters as clients ask for them, and the index that must give both their rows and the order. */
const FILTERS: [filter: string, criteria: CallCriteria, order: CallOrder, index: string][] = [
  ['none', {}, newest, 'calls_app_id_started_at'],
  ['none, oldest first', {}, oldest, 'calls_app_id_started_at'],
  ['none, longest first', {}, longest, 'calls_app_id_duration'],
  ['a status', { statuses: ['missed'] }, newest, 'calls_over'],
  ['an open status', { statuses: ['held'] }, newest, 'calls_open'],
  ['several statuses', { statuses: ['missed', 'rejected', 'ringing'] }, newest, 'calls_over'],
  ['a number', { externalNumber: '+15550000007' }, newest, 'calls_app_id_external_number'],
  ['a caller', { fromNumber: '+15550000007' }, newest, 'calls_app_id_from_number'],
  ['a called number', { toNumber: '+15551000007' }, newest, 'calls_app_id_to_number'],
  ['a Dialpad user', { dialpadUserIds: [7] }, newest, 'calls_app_id_user'],
  ['several Dialpad users', { dialpadUserIds: [7, 8, 9] }, newest, 'calls_app_id_user'],
  ['a job', { jobId: 'job_7' }, newest, 'calls_job'],
  ['a customer', { customer: { id: 'customer_7', phones: [] } }, newest, 'calls_customer'],
  ['a customer with numbers', { customer: { id: 'c', phones: ['+15550000007'] } }, newest, 'external_number'],
  ['a conversation', { conversationId: newId() }, oldest, 'calls_app_id_conversation_id'],
  ['a time', { startedAfter: AT + 5000, startedBefore: AT + 9000 }, newest, 'calls_app_id_started_at'],
]

type Explain = (query: Prepared<unknown>, values: Record<string, unknown>) => Promise<string>

/** The same calls in a database of each kind, and what explains how it would run a query. */
const plans: [name: string, open: () => Promise<{ database: Database; explain: Explain; close(): Promise<void> }>][] = [
  [
    'SQLite',
    async () => {
      const url = await freshUrl.sqlite()
      const database = await openDatabase(url)
      await database.migrate()
      const file = new SqliteFile(url.slice('sqlite:'.length), { readonly: true })
      return {
        database,
        explain: async (query, values) =>
          file
            .query(`EXPLAIN QUERY PLAN ${query.sql}`)
            .all(...(query.bind(values) as SQLQueryBindings[]))
            .map((row) => (row as { detail: string }).detail)
            .join('\n'),
        close: async () => file.close(),
      }
    },
  ],
  [
    'Postgres',
    async () => {
      const url = await freshUrl.pg()
      const database = await openDatabase(url)
      await database.migrate()
      const client = postgres(url, { max: 1, onnotice: () => {} })
      return {
        database,
        async explain(query, values) {
          await client`ANALYZE calls`
          const rows = await client.unsafe(`EXPLAIN ${query.sql}`, query.bind(values) as never[])
          return rows.map((row) => row['QUERY PLAN'] as string).join('\n')
        },
        close: () => client.end(),
      }
    },
  ],
]

/** What neither database may do for a page: look at every call, or sort all it found. */
const WALKS = /SCAN calls|Seq Scan|SEARCH calls.*\nUSE TEMP B-TREE|Sort {2}|Bitmap/

describe.each(plans)('%s', (_name, open) => {
  let opened: Awaited<ReturnType<(typeof plans)[0][1]>>
  let plan: (run: (queries: Queries) => Promise<unknown>) => Promise<string>
  let store: ReturnType<typeof createCallStore>
  const appId = newId()

  beforeAll(async () => {
    opened = await open()
    const { database, explain } = opened
    store = createCallStore(database)
    await insertCalls(database, appId)
    plan = async (run) => {
      let text = ''
      const rows: Queries['rows'] = async (query, values) => {
        text = await explain(query, values)
        return database.queries.rows(query, values)
      }
      await run({ rows } as Queries)
      return text
    }
  })
  afterAll(async () => {
    await opened.close()
    await opened.database.close()
  })

  test('a page of the calls that changed since is found by its index', async () => {
    const changed = { updatedAfter: AT + 5_999_000 }
    const text = await plan((queries) => store.page(queries, appId, changed, newest, 51, null, 0))
    expect(text).toContain('calls_app_id_updated_at')
    expect(text).not.toMatch(/SCAN calls|Seq Scan/)
  })

  test.each(FILTERS)(
    'a page of calls by %s comes from its index, in order',
    async (_filter, criteria, order, index) => {
      for (const position of [null, order.by === 'started_at' ? after : { value: 30, id: 'x' }]) {
        const text = await plan((queries) => store.page(queries, appId, criteria, order, 51, position, 0))
        expect(text).toContain(index)
        expect(text).not.toMatch(WALKS)
      }
    },
  )

  test('active calls come from an index that holds no other calls', async () => {
    const text = await plan((queries) => store.active(queries, appId, undefined, 1000))
    expect(text).toContain('calls_open')
    expect(text).not.toMatch(WALKS)
    expect(await plan((queries) => store.active(queries, appId, [7, 8], 1000))).toContain('calls_open')
  })
})

async function insertCalls(database: Database, appId: string): Promise<void> {
  const { apps, calls } = database.tables
  const stamps = { createdAt: AT, updatedAt: AT }
  await database.transaction(async (tx) => {
    await tx.insert(apps).values({ id: appId, name: 'Calls', ...stamps })
    for (let i = 0; i < CALLS; i += 500)
      await tx.insert(calls).values(
        Array.from({ length: 500 }, (_, n) => {
          const call = i + n
          return {
            id: newId(),
            appId,
            dialpadCallId: call,
            conversationId: newId(),
            direction: 'inbound' as const,
            // Few calls go on.
            status: call % 300 === 0 ? CALL_STATUSES[call % 3]! : CALL_STATUSES[3 + (call % 4)]!,
            fromNumber: `+1555000${String(call % 2000).padStart(4, '0')}`,
            toNumber: `+1555100${String(call % 500).padStart(4, '0')}`,
            externalNumber: `+1555000${String(call % 2000).padStart(4, '0')}`,
            startedAt: AT + call * 1000,
            durationSeconds: call % 3600,
            dialpadUserId: call % 200,
            customerId: call % 10 === 0 ? `customer_${call}` : null,
            jobId: call % 10 === 0 ? `job_${call}` : null,
            labels: [],
            source: 'webhook' as const,
            snapshotAt: AT,
            ...stamps,
          }
        }),
      )
  })
}
