import { afterEach, describe, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogFlush } from '../../src/db/log-flush'
import { openSqlite } from '../../src/db/sqlite'
import { insertApp } from '../support/apps'
import { scratchDir } from '../support/scratch'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

describe('the flush of the write-ahead log', () => {
  test('is shared by everybody who asks while one runs, and begins after they asked', async () => {
    const path = join(scratchDir('flush'), 'log')
    writeFileSync(path, 'x')
    const log = createLogFlush(path)
    opened.push(log)
    const first = log.flushed()
    const [second, third] = [log.flushed(), log.flushed()]
    expect(second).toBe(third)
    expect(second).not.toBe(first)
    const order: string[] = []
    await Promise.all([first.then(() => order.push('first')), second.then(() => order.push('second'))])
    expect(order).toEqual(['first', 'second'])
  })

  test('that failed once fails from then on, because nobody knows what is on disk', async () => {
    const path = join(scratchDir('flush'), 'missing', 'log')
    const log = createLogFlush(path)
    opened.push(log)
    expect(log.flushed()).rejects.toThrow('could not be flushed to disk')
    await log.flushed().catch(() => {})
    expect(log.flushed()).rejects.toThrow('Check the disk, then restart the server')
    expect(log.check).toThrow('could not be flushed')
  })

  test('every write waits for it: if it fails, the write is an error and the database is not healthy', async () => {
    const path = join(scratchDir('flush'), 'cti.db')
    const database = openSqlite(path)
    opened.push(database)
    await database.migrate()
    await insertApp(database, 'One', 1)
    expect(await database.ping()).toBeUndefined()
    await database.close()
    opened.pop()

    const broken = openSqlite(path)
    opened.push(broken)
    broken.queries.$count(broken.tables.apps)
    rmSync(`${path}-wal`, { force: true })
    expect(insertApp(broken, 'Two', 2)).rejects.toThrow()
    const transaction = broken.transaction(async (tx) => tx.notify('keys', 'app'))
    expect(transaction).rejects.toThrow('could not be flushed to disk')
    expect(broken.ping()).rejects.toThrow('Check the disk')
  })
})

test('SQLite restarts its log, however many reads there are at every commit', async () => {
  const path = join(scratchDir('log'), 'cti.db')
  const database = openSqlite(path)
  opened.push(database)
  await database.migrate()
  const { apps } = database.tables
  const row = (name: string) => ({ id: Bun.randomUUIDv7(), name, createdAt: 1, updatedAt: 1 })
  const read = () => database.queries.select({ id: apps.id }).from(apps).limit(1)
  let largest = 0
  for (let round = 0; round < 60; round++) {
    const large = database.queries.insert(apps).values(row('x'.repeat(1_000_000)))
    const small = database.transaction(async (tx) => void (await tx.insert(apps).values(row('y'))))
    await Promise.all([read(), large, small, read()])
    largest = Math.max(largest, Bun.file(`${path}-wal`).size)
  }
  expect(largest).toBeLessThan(45_000_000)
})
