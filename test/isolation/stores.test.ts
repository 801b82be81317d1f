import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Glob } from 'bun'
import { eq } from 'drizzle-orm'
import type { Database, Transaction } from '../../src/db/database'
import { backends } from '../support/backends'
import { dump, insertAppRow, insertMachinery, insertRecords, insertStream, rowsOf, seededApp } from './seed'
import { storeCases } from './store-cases'

/**
 * Two apps hold the same natural keys. Each method is run for the one beside the other and for the one alone: answers and
 * rows must be the same, and the other's rows must not change. A query that lost its app filter differs in one of them.
 */

const small = seededApp('019a4f6e-0a10-7c55-9d21-000000000001', 3)
const large = seededApp('019a4f6e-0a10-7c55-9d22-000000000001', 4)
const apps = [small, large]

/** Tables whose rows belong to no app. */
const OF_NO_APP = new Set(['instances', 'copyProgress', 'jobRuns', 'consoleSessions', 'loadSamples'])

type Run = (store: object, tx: Transaction, me: typeof small, other: typeof small) => Promise<unknown>
const runsOf = (entry: unknown): Run[] =>
  Array.isArray(entry) ? (entry as Run[]) : typeof entry === 'function' ? [entry as Run] : []

describe.each(backends)('%s', (_name, open) => {
  let database: Database
  let seeded: string[]

  beforeAll(async () => {
    database = await open()
    await database.transaction(async (tx) => {
      for (const app of apps)
        for (const insert of [insertAppRow, insertRecords, insertMachinery, insertStream])
          await insert(tx, database, app)
    })
    seeded = await dump(database.queries, database)
  })
  afterAll(() => database.close())

  /** What the method answers and what all tables hold after it; nothing of it stays. */
  async function outcome(run: Run, store: object, me: typeof small, alone: boolean) {
    const undo = new Error('undo')
    let seen: { answer: unknown; rows: string[] } | undefined
    const other = apps.find((app) => app !== me)!
    const { tables } = database
    const work = database.transaction(async (tx) => {
      if (alone) {
        await tx.delete(tables.apps).where(eq(tables.apps.id, other.id))
        await tx.delete(tables.oneTimeTokens).where(eq(tables.oneTimeTokens.appId, other.id))
      }
      const answer = plain(await run(store, tx, me, other))
      seen = { answer, rows: await dump(tx, database) }
      throw undo
    })
    await work.catch((error) => {
      if (error !== undo) throw error
    })
    return seen!
  }

  test('the two apps have rows in every table, and each row names its app', () => {
    for (const app of apps)
      for (const table of Object.keys(database.tables).filter((name) => !OF_NO_APP.has(name)))
        expect(
          rowsOf(seeded, app).some((row) => row.startsWith(`${table} `)),
          `${table} of ${app.id}`,
        ).toBe(true)
    expect(rowsOf(seeded, small).length + rowsOf(seeded, large).length).toBe(seeded.length)
  })

  for (const [factory, { create, cases }] of Object.entries(storeCases))
    describe(factory, () => {
      const methods = Object.entries(cases).filter(([, entry]) => runsOf(entry).length > 0)
      test.each(methods)('%s reads, changes and deletes what is of its own app alone', async (_method, entry) => {
        const store = create(database)
        for (const run of runsOf(entry)) {
          let shown = false
          for (const me of apps) {
            const other = apps.find((app) => app !== me)!
            const beside = await outcome(run, store, me, false)
            const alone = await outcome(run, store, me, true)
            expect(beside.answer).toEqual(alone.answer)
            expect(rowsOf(beside.rows, me)).toEqual(rowsOf(alone.rows, me))
            expect(rowsOf(beside.rows, other)).toEqual(rowsOf(seeded, other))
            const changed = !Bun.deepEquals(rowsOf(beside.rows, me), rowsOf(seeded, me))
            shown ||= changed || !isEmpty(beside.answer)
          }
          expect(shown, 'the case shows something of an app').toBe(true)
        }
      })
    })

  test('every method of every store has a case here, or the reason why it serves the whole server', async () => {
    const missing: string[] = []
    for (const [factory, create] of await storesOfSource()) {
      const known = storeCases[factory]
      for (const method of Object.keys(create(database))) {
        const entry = known?.cases[method] as { whole?: string } | undefined
        if (runsOf(entry).length === 0 && !entry?.whole) missing.push(`${factory}.${method}`)
      }
    }
    expect(missing).toEqual([])
  })
})

test('no source but the stores and the database room builds queries', async () => {
  const strays: string[] = []
  for (const { path, text } of await sources())
    if (/from 'drizzle-orm/.test(text) && !/(^|\/)db\/|store(-[\w-]+)?\.ts$/.test(path)) strays.push(path)
  expect(strays).toEqual([])
})

const SOURCE = `${import.meta.dir}/../../src`

async function sources(): Promise<{ path: string; text: string }[]> {
  const paths = await Array.fromAsync(new Glob('**/*.ts').scan(SOURCE))
  return Promise.all(paths.sort().map(async (path) => ({ path, text: await Bun.file(`${SOURCE}/${path}`).text() })))
}

/** Whatever makes an object of queries: the exported `create…Store` of every file that builds queries. */
async function storesOfSource(): Promise<[name: string, create: (database: Database) => object][]> {
  const found: [string, (database: Database) => object][] = []
  for (const { path, text } of await sources()) {
    if (!path.endsWith('store.ts') || !text.includes("from 'drizzle-orm'")) continue
    const made = Object.entries(await import(`${SOURCE}/${path}`)).filter(([name]) => /^create\w*Store$/.test(name))
    expect(made.length, `${path} exports its create…Store`).toBeGreaterThan(0)
    for (const [name, create] of made) found.push([name, create as (database: Database) => object])
  }
  expect(found.map(([name]) => name).sort()).toEqual(Object.keys(storeCases).sort())
  return found
}

/** Rows in one order, so that two answers compare. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return [...value].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  if (value instanceof Set) return [...value].sort()
  return value
}

const isEmpty = (answer: unknown): boolean =>
  answer === undefined || answer === null || answer === false || answer === 0 || (answer as unknown[]).length === 0
