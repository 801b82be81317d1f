import { Database as SqliteFile } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { eq, sql } from 'drizzle-orm'
import postgres from 'postgres'
import { openDatabase } from '../../src/db'
import type { Database } from '../../src/db/database'
import { insertApp } from '../support/apps'
import { backends, emptyUrl, freshUrl } from '../support/backends'
import { until } from '../support/until'

describe.each(backends)('%s', (_name, open) => {
  let database: Database
  beforeEach(async () => {
    database = await open()
  })
  afterEach(() => database.close())

  const names = async () => (await database.queries.select().from(database.tables.apps)).map(({ name }) => name).sort()
  const row = (name: string) => ({ id: Bun.randomUUIDv7(), name, createdAt: 1, updatedAt: 1 })
  const { promise: never } = Promise.withResolvers<void>()

  test('rolls back an async transaction that throws after a pause', async () => {
    const failing = database.transaction(async (tx) => {
      await tx.insert(database.tables.apps).values(row('lost'))
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('no')
    })
    expect(failing).rejects.toThrow('no')
    await failing.catch(() => {})
    expect(await names()).toEqual([])
  })

  test('a statement outside an open transaction does not join it', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    const { promise: release, resolve: go } = Promise.withResolvers<void>()
    const failing = database
      .transaction(async (tx) => {
        await tx.insert(database.tables.apps).values(row('inside'))
        open()
        await release
        throw new Error('no')
      })
      .catch(() => {})
    await opened
    const outside = insertApp(database, 'outside', 1)
    go()
    await Promise.all([failing, outside])
    expect(await names()).toEqual(['outside'])
  })

  test('the outer handle and a second transaction are errors inside a transaction', async () => {
    const { queries, tables } = database
    const outer = database.transaction(async () => void (await queries.select().from(tables.apps)))
    expect(outer).rejects.toThrow("the transaction's handle")
    await outer.catch(() => {})
    const nested = database.transaction(async () => database.transaction(async () => never))
    expect(nested).rejects.toThrow("the transaction's handle")
    await nested.catch(() => {})
    const { apps } = tables
    const inserted = database.transaction(async () => database.insertMany(apps, [row('outside')], 'fail'))
    expect(inserted).rejects.toThrow("the transaction's handle")
    await inserted.catch(() => {})
    expect(await names()).toEqual([])
  })

  test('notifies once committed, and never of what was rolled back', async () => {
    const received: string[] = []
    await database.listen(
      'stream',
      (payload) => received.push(payload),
      () => {},
    )
    await database.transaction(async (tx) => {
      tx.notify('stream', 'first')
      expect(received).toEqual([])
    })
    await database
      .transaction(async (tx) => {
        tx.notify('stream', 'lost')
        throw new Error('no')
      })
      .catch(() => {})
    await database.transaction(async (tx) => tx.notify('keys', 'elsewhere'))
    await database.transaction(async (tx) => tx.notify('stream', 'last'))
    await until('the last notification', () => received.includes('last'))
    expect(received).toEqual(['first', 'last'])
  })

  test('a listener that fails affects neither the committed transaction nor the other listeners', async () => {
    const received: string[] = []
    await database.listen(
      'endpoints',
      () => {
        throw new Error('a broken listener')
      },
      () => {},
    )
    await database.listen(
      'endpoints',
      (payload) => received.push(payload),
      () => {},
    )
    await database.transaction(async (tx) => tx.notify('endpoints', 'one'))
    expect(received).toEqual(['one'])
  })

  test('refuses a row whose key exists, however it is inserted', async () => {
    const one = row('one')
    const { apps } = database.tables
    await database.queries.insert(apps).values(one)
    await expect(Promise.resolve(database.queries.insert(apps).values(one))).rejects.toThrow()
    await expect(database.insertMany(apps, [one], 'fail')).rejects.toThrow()
    expect(await database.queries.select({ id: apps.id }).from(apps).where(eq(apps.id, one.id))).toHaveLength(1)
  })

  test('a prepared update outside a transaction is written, and returns its rows', async () => {
    const { apps } = database.tables
    const id = await insertApp(database, 'before', 1)
    const rename = database.prepare((q) =>
      q
        .update(apps)
        .set({ name: sql`${sql.placeholder('name')}` })
        .where(eq(apps.id, sql.placeholder('id')))
        .returning({ id: apps.id }),
    )
    expect(await database.queries.rows(rename, { id, name: 'after' })).toEqual([{ id }])
    expect(await names()).toEqual(['after'])
  })

  test('keeps 64-bit ids, JSON and booleans as they are', async () => {
    const appId = await insertApp(database, 'one', 1)
    const { apps } = database.tables
    await database.queries.update(apps).set({ orgId: Number.MAX_SAFE_INTEGER, active: false }).where(eq(apps.id, appId))
    expect(await database.queries.select().from(apps)).toMatchObject([
      { orgId: Number.MAX_SAFE_INTEGER, active: false },
    ])
  })

  test('has nothing to migrate a second time', async () => {
    expect(await database.migrate()).toEqual([])
  })
})

test('an empty Postgres is migrated once, however many instances start at the same time', async () => {
  const url = await emptyUrl.pg()
  const starting = await Promise.all([openDatabase(url), openDatabase(url), openDatabase(url)])
  const applied = (await Promise.all(starting.map((database) => database.migrate()))).flat()
  expect(applied.length).toBeGreaterThan(0)
  expect(new Set(applied).size).toBe(applied.length)
  for (const database of starting) await database.close()
})

test('a Postgres is migrated by one version at a time: a release waits for the lock that every other takes', async () => {
  const url = await freshUrl.pg()
  const [database, another] = [await openDatabase(url), postgres(url, { max: 1, onnotice: () => {} })]
  await another`SELECT pg_advisory_lock(7265001)`
  let isDone = false
  const migrating = database.migrate().finally(() => {
    isDone = true
  })
  const waiting = async () => {
    const [row] = await another`
      SELECT count(*)::int AS count FROM pg_locks
      WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
    return row?.count === 1
  }
  await until('the migration to wait, or to be over', async () => isDone || (await waiting()))
  expect(isDone).toBe(false)
  await another`SELECT pg_advisory_unlock(7265001)`
  expect(await migrating).toEqual([])
  await Promise.all([database.close(), another.end()])
})

test('a database newer than the binary is refused, and left as it is', async () => {
  const url = await freshUrl.sqlite()
  const database = await openDatabase(url)
  await database.migrate()
  await database.close()
  const file = new SqliteFile(url.slice('sqlite:'.length))
  file.run("INSERT INTO schema_migrations VALUES ('9999_from_the_future')")
  file.close()
  const reopened = await openDatabase(url)
  expect(reopened.migrate()).rejects.toThrow('9999_from_the_future')
  await reopened.migrate().catch(() => {})
  await reopened.close()
})

test('the error of a transaction that SQLite has rolled back by itself is the one it had, and the next one commits', async () => {
  const url = await freshUrl.sqlite()
  // As after an error of the disk: the transaction is over when the statement fails.
  const file = new SqliteFile(url.slice('sqlite:'.length))
  file.run(`CREATE TRIGGER disk BEFORE INSERT ON apps WHEN NEW.name = 'lost'
    BEGIN SELECT RAISE(ROLLBACK, 'the disk failed'); END`)
  file.close()
  const database = await openDatabase(url)
  const { apps } = database.tables
  const insert = (name: string) =>
    database.transaction(async (tx) => {
      await tx.insertMany(apps, [{ id: name, name, createdAt: 1, updatedAt: 1 }], 'fail')
    })
  await expect(insert('lost')).rejects.toThrow('the disk failed')
  await insert('kept')
  expect((await database.queries.select().from(apps)).map(({ name }) => name)).toEqual(['kept'])
  await database.close()
})

test('SQLite is durable at every commit', async () => {
  const url = await freshUrl.sqlite()
  const database = await openDatabase(url)
  await database.migrate()
  const file = new SqliteFile(url.slice('sqlite:'.length))
  expect(file.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  file.close()
  await database.close()
})
