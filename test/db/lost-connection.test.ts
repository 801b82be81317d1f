import { expect, test } from 'bun:test'
import postgres from 'postgres'
import { openDatabase } from '../../src/db'
import { freshUrl } from '../support/backends'
import { until } from '../support/until'

/** As Postgres ends a transaction that is idle for too long, or an administrator does. */
test('a connection that Postgres ends within a transaction fails that transaction alone', async () => {
  const url = await freshUrl.pg()
  const database = await openDatabase(url)
  const admin = postgres(url, { max: 1, onnotice: () => {} })
  const { apps } = database.tables
  const row = (name: string) => ({ id: Bun.randomUUIDv7(), name, createdAt: 1, updatedAt: 1 })
  const others = async () =>
    (await admin`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
      .length

  const failing = database.transaction(async (tx) => {
    await tx.insert(apps).values(row('lost'))
    await admin`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`
    await until('the end of the connection', async () => (await others()) === 0)
    await tx.insert(apps).values(row('lost, too'))
  })
  const error = await failing.catch((reason: unknown) => reason)
  expect(database.isUnavailable(error)).toBe(true)

  await database.queries.insert(apps).values(row('kept'))
  expect((await database.queries.select().from(apps)).map(({ name }) => name)).toEqual(['kept'])
  await Promise.all([database.close(), admin.end()])
})
