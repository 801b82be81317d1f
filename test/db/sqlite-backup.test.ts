import { Database as SqliteFile } from 'bun:sqlite'
import { beforeEach, describe, expect, test } from 'bun:test'
import { chownSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../src/db'
import type { Database } from '../../src/db/database'
import { backUpSqlite, inspectSqlite, replaceSqlite } from '../../src/db/sqlite-backup'
import { insertApp } from '../support/apps'
import { scratchDir } from '../support/scratch'

let dir: string
let live: string
let copy: string
beforeEach(async () => {
  dir = scratchDir('backup')
  live = join(dir, 'cti.db')
  copy = join(dir, 'copies', 'copy.db')
  await withDatabase(live, (database) => insertApp(database, 'One', 1))
})

async function withDatabase<T>(path: string, work: (database: Database) => Promise<T>) {
  const database = await openDatabase(`sqlite:${path}`)
  try {
    await database.migrate()
    return await work(database)
  } finally {
    await database.close()
  }
}
const namesIn = (path: string) =>
  withDatabase(path, async ({ queries, tables }) => (await queries.select().from(tables.apps)).map(({ name }) => name))

/** Overwrites the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0x5a, bytes.length / 4, bytes.length - 100)
  writeFileSync(path, bytes)
}

describe('a backup', () => {
  test('is one file that holds what was committed, readable by its owner alone', async () => {
    const { rows, bytes } = await withDatabase(live, async (database) => {
      await insertApp(database, 'Not yet in the main file', 2)
      return backUpSqlite(live, copy)
    })
    expect([rows.apps, bytes]).toEqual([2, statSync(copy).size])
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    expect(existsSync(`${copy}-wal`)).toBe(false)
    expect((await namesIn(copy)).sort()).toEqual(['Not yet in the main file', 'One'])
  })

  test('overwrites nothing', () => {
    backUpSqlite(live, copy)
    expect(() => backUpSqlite(live, copy)).toThrow('already exists')
  })

  test('of a damaged database fails and leaves no file', () => {
    damage(live)
    expect(() => backUpSqlite(live, copy)).toThrow('damaged')
    expect(existsSync(copy) || existsSync(`${copy}.part`)).toBe(false)
  })

  test('is refused when its content is inconsistent', () => {
    const file = new SqliteFile(live)
    file.run("INSERT INTO call_links (app_id, dialpad_call_id, conversation_id) VALUES ('nobody', 1, 'c')")
    file.close()
    expect(() => backUpSqlite(live, copy)).toThrow('call_links has rows that reference missing rows')
  })
})

describe('a restore', () => {
  test('replaces the database with the backup, and keeps the old one complete beside it', async () => {
    backUpSqlite(live, copy)
    await withDatabase(live, (database) => insertApp(database, 'Two', 2))
    const { kept, rows } = replaceSqlite(live, copy, 'stamp')
    expect([kept, rows.apps]).toEqual([`${live}.replaced-stamp`, 1])
    expect(await namesIn(live)).toEqual(['One'])
    expect((await namesIn(kept!)).sort()).toEqual(['One', 'Two'])
    expect(statSync(live).mode & 0o777).toBe(0o600)
  })

  test.skipIf(process.getuid?.() !== 0)('leaves the file to the owner of its directory when root restores it', () => {
    backUpSqlite(live, copy)
    chownSync(dir, 65534, 65534)
    replaceSqlite(live, copy, 'now')
    expect([statSync(live).uid, statSync(live).gid, statSync(live).mode & 0o777]).toEqual([65534, 65534, 0o600])
  })

  test('works where there is no database yet, and where the one there is damaged', async () => {
    backUpSqlite(live, copy)
    expect(replaceSqlite(join(dir, 'new', 'cti.db'), copy, 'stamp').kept).toBeNull()
    damage(live)
    const damaged = readFileSync(live)
    const { kept } = replaceSqlite(live, copy, 'stamp')
    expect(readFileSync(kept!).equals(damaged)).toBe(true)
    expect(await namesIn(live)).toEqual(['One'])
  })

  test('refuses while a server has the database open, and changes nothing', async () => {
    backUpSqlite(live, copy)
    await withDatabase(live, async (database) => {
      await insertApp(database, 'Two', 2)
      expect(() => replaceSqlite(live, copy, 'stamp')).toThrow('A server is using')
      await insertApp(database, 'Three', 3)
    })
    expect((await namesIn(live)).sort()).toEqual(['One', 'Three', 'Two'])
    expect(existsSync(`${live}.restoring`) || existsSync(`${live}.replaced-stamp`)).toBe(false)
  })

  test.each([
    ['is missing', () => {}, 'does not exist'],
    ['is empty', (path: string) => writeFileSync(path, ''), 'is empty'],
    ['is no database', (path: string) => writeFileSync(path, 'text '.repeat(1000)), 'damaged or not a database'],
    [
      'is damaged',
      (path: string) => {
        copyFileSync(live, path)
        damage(path)
      },
      'damaged',
    ],
    [
      'is of another program',
      (path: string) => void new SqliteFile(path).run('CREATE TABLE t (x)'),
      'not a database of this server',
    ],
    [
      'was made by a newer version',
      (path: string) => {
        backUpSqlite(live, path)
        const file = new SqliteFile(path)
        file.run("INSERT INTO schema_migrations VALUES ('9999_later')")
        file.close()
      },
      'newer than this binary',
    ],
  ])('refuses a file that %s', async (_what, make, message) => {
    const file = join(dir, 'given.db')
    make(file)
    expect(() => replaceSqlite(live, file, 'stamp')).toThrow(message)
    expect(await namesIn(live)).toEqual(['One'])
  })

  test('refuses the database itself', () => {
    expect(() => replaceSqlite(live, live, 'stamp')).toThrow('is the current database')
  })

  test('takes a backup of an older version, which the next start brings up to date', () => {
    backUpSqlite(live, copy)
    const file = new SqliteFile(copy)
    file.run("DELETE FROM schema_migrations WHERE tag = '0007_copy_progress'")
    file.run('DROP TABLE copy_progress')
    file.close()
    expect(replaceSqlite(live, copy, 'stamp').rows.apps).toBe(1)
    expect(inspectSqlite(live).rows.apps).toBe(1)
  })
})
