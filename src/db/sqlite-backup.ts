import { SQLiteError, Database as SqliteFile } from 'bun:sqlite'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { refuseNewer } from './migrations'

/** What a database file holds, as read back from it. */
export interface FileContents {
  bytes: number
  /** Rows by table. */
  rows: Record<string, number>
}

/** A file that cannot serve as a database of this server: the message says why and what to do. */
export class UnusableFile extends Error {}

/** Whether SQLite says that a file is damaged, or no database at all. */
export function isDamage(error: unknown): boolean {
  const cause = error instanceof Error && error.cause ? error.cause : error
  return cause instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB)/.test(cause.code ?? '')
}

/**
 * Copies a SQLite database into a new file while a server may be writing to it, and reads the copy back.
 * @throws UnusableFile when the target exists, or the source is missing, damaged, or of another program.
 */
export function backUpSqlite(source: string, target: string): FileContents {
  if (existsSync(target)) throw new UnusableFile(`${target} exists: name a new file.`)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const unfinished = `${target}.part`
  try {
    vacuumInto(source, unfinished)
    const contents = inspectSqlite(unfinished)
    renameSync(unfinished, target)
    syncToDisk(dirname(target))
    return contents
  } finally {
    rmSync(unfinished, { force: true })
  }
}

/**
 * Reads a database file completely and checks it. @returns what it holds.
 * @throws UnusableFile when it is missing, damaged, or of another program; NewerDatabase when a newer version made it.
 */
export function inspectSqlite(path: string): FileContents {
  return withFile(path, (file) => {
    const one = (sql: string) => file.query(sql).values()[0]?.[0]
    const names = file.query("SELECT name FROM sqlite_master WHERE type = 'table'").values().flat() as string[]
    if (!names.includes('schema_migrations') || !names.includes('apps'))
      throw new UnusableFile(`${path} is a database, but not one of this server.`)
    refuseNewer('sqlite', file.query('SELECT tag FROM schema_migrations').values().flat())
    const integrity = one('PRAGMA integrity_check(1)')
    if (integrity !== 'ok') throw new UnusableFile(`${path} is damaged: ${integrity}`)
    const orphan = one('PRAGMA foreign_key_check')
    if (orphan !== undefined) throw new UnusableFile(`${path} is damaged: ${orphan} has rows that belong to nothing.`)
    const tables = names.filter((name) => !name.startsWith('sqlite_')).sort()
    const rows = Object.fromEntries(tables.map((name) => [name, Number(one(`SELECT count(*) FROM "${name}"`))]))
    return { bytes: statSync(path).size, rows }
  })
}

/**
 * Puts a copy of `source` in the place of the database `target`, and keeps what was there beside it.
 * @param stamp becomes part of the kept file's name.
 * @returns the kept file, or null when there was none.
 * @throws UnusableFile when the source cannot serve, or a process has the target open.
 */
export function replaceSqlite(target: string, source: string, stamp: string): FileContents & { kept: string | null } {
  if (resolve(source) === resolve(target)) throw new UnusableFile(`${source} is the database itself: name a backup.`)
  inspectSqlite(source)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const restored = `${target}.restoring`
  try {
    vacuumInto(source, restored)
    const contents = inspectSqlite(restored)
    const kept = existsSync(target) ? `${target}.replaced-${stamp}` : null
    if (kept) setAside(target, kept)
    renameSync(restored, target)
    syncToDisk(dirname(target))
    return { ...contents, kept }
  } finally {
    rmSync(restored, { force: true })
  }
}

/** Moves a database that nobody has open, complete in one file, or as it is when it is damaged. */
function setAside(path: string, kept: string): void {
  try {
    withFile(path, (file) => {
      file.run('PRAGMA busy_timeout = 0')
      // Leaving WAL mode takes the only connection there is: it fails while a server has the database open.
      file.run('PRAGMA journal_mode = DELETE')
    })
  } catch (error) {
    if (error instanceof SQLiteError && error.code?.startsWith('SQLITE_BUSY'))
      throw new UnusableFile(`A server has ${path} open: stop it first.`)
    if (!(error instanceof UnusableFile)) throw error
  }
  for (const suffix of ['-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix)
  renameSync(path, kept)
}

/** A consistent copy of one moment, made by a connection of its own. The owner alone can read it. */
function vacuumInto(source: string, target: string): void {
  rmSync(target, { force: true })
  writeFileSync(target, '', { mode: 0o600 })
  chmodSync(target, 0o600)
  withFile(source, (file) => {
    file.run('PRAGMA busy_timeout = 60000')
    file.run('VACUUM INTO ?', [target])
  })
  syncToDisk(target)
}

function withFile<T>(path: string, work: (file: SqliteFile) => T): T {
  if (!existsSync(path)) throw new UnusableFile(`There is no file ${path}.`)
  if (statSync(path).size === 0) throw new UnusableFile(`${path} is empty.`)
  try {
    const file = new SqliteFile(path, { readwrite: true, create: false })
    try {
      return work(file)
    } finally {
      file.close()
    }
  } catch (error) {
    if (isDamage(error)) throw new UnusableFile(`${path} is damaged or no database: ${(error as Error).message}.`)
    throw error
  }
}

function syncToDisk(path: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
