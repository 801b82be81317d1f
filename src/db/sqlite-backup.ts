import { SQLiteError, Database as SqliteFile } from 'bun:sqlite'
import {
  chmodSync,
  chownSync,
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

/** The contents of a database file, read back from it. */
export interface FileContents {
  bytes: number
  /** Rows by table. */
  rows: Record<string, number>
}

/** A file that this server cannot use as its database. The message states the reason and the fix. */
class UnusableFile extends Error {}

/** Whether SQLite reports a file as damaged or as not a database. */
export function isDamage(error: unknown): boolean {
  const cause = error instanceof Error && error.cause ? error.cause : error
  return cause instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB)/.test(cause.code ?? '')
}

/**
 * Copies a SQLite database to a new file, even while a server writes to it, and verifies the copy.
 * @throws UnusableFile if the target exists, or the source is missing, damaged or from another program.
 */
export function backUpSqlite(source: string, target: string): FileContents {
  if (existsSync(target)) throw new UnusableFile(`${target} already exists. Choose a new file name.`)
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
 * Reads and checks a complete database file. @returns its contents.
 * @throws UnusableFile if it is missing, damaged or from another program; NewerDatabase if a newer version created it.
 */
export function inspectSqlite(path: string): FileContents {
  return withFile(path, (file) => {
    const one = (sql: string) => file.query(sql).values()[0]?.[0]
    const names = file.query("SELECT name FROM sqlite_master WHERE type = 'table'").values().flat() as string[]
    if (!names.includes('schema_migrations') || !names.includes('apps'))
      throw new UnusableFile(`${path} is not a database of this server.`)
    refuseNewer('sqlite', file.query('SELECT tag FROM schema_migrations').values().flat())
    const integrity = one('PRAGMA integrity_check(1)')
    if (integrity !== 'ok') throw new UnusableFile(`${path} is damaged: ${integrity}`)
    const orphan = one('PRAGMA foreign_key_check')
    if (orphan !== undefined)
      throw new UnusableFile(`${path} is damaged: ${orphan} has rows that reference missing rows.`)
    const tables = names.filter((name) => !name.startsWith('sqlite_')).sort()
    const rows = Object.fromEntries(tables.map((name) => [name, Number(one(`SELECT count(*) FROM "${name}"`))]))
    return { bytes: statSync(path).size, rows }
  })
}

/**
 * Replaces the database `target` with a copy of `source` and keeps the old file next to it.
 * @param stamp part of the old file's new name.
 * @returns the path of the old file, or null if there was none.
 * @throws UnusableFile if the source is unusable, or a process has the target open.
 */
export function replaceSqlite(target: string, source: string, stamp: string): FileContents & { kept: string | null } {
  if (resolve(source) === resolve(target))
    throw new UnusableFile(`${source} is the current database. Choose a backup file.`)
  inspectSqlite(source)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const restored = `${target}.restoring`
  try {
    vacuumInto(source, restored)
    const contents = inspectSqlite(restored)
    const kept = existsSync(target) ? `${target}.replaced-${stamp}` : null
    if (kept) setAside(target, kept)
    giveToOwnerOf(dirname(target), restored)
    renameSync(restored, target)
    syncToDisk(dirname(target))
    return { ...contents, kept }
  } finally {
    rmSync(restored, { force: true })
  }
}

/** Gives a file to the owner of its directory, so that the server can read a file that root made. */
export function giveToOwnerOf(directory: string, path: string): void {
  const { uid, gid } = statSync(directory)
  if (process.getuid?.() === 0) chownSync(path, uid, gid)
}

/** Moves a database that no process has open. Merges its WAL into the file first, unless the file is damaged. */
function setAside(path: string, kept: string): void {
  try {
    withFile(path, (file) => {
      file.run('PRAGMA busy_timeout = 0')
      // SQLite can leave WAL mode only with a single connection, so this fails while a server has the database open.
      file.run('PRAGMA journal_mode = DELETE')
    })
  } catch (error) {
    if (error instanceof SQLiteError && error.code?.startsWith('SQLITE_BUSY'))
      throw new UnusableFile(`A server is using ${path}. Stop it first.`)
    if (!(error instanceof UnusableFile)) throw error
  }
  for (const suffix of ['-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix)
  renameSync(path, kept)
}

/** Makes a consistent copy with its own connection. Only the owner can read the copy. */
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
  if (!existsSync(path)) throw new UnusableFile(`${path} does not exist.`)
  if (statSync(path).size === 0) throw new UnusableFile(`${path} is empty.`)
  try {
    const file = new SqliteFile(path, { readwrite: true, create: false })
    try {
      return work(file)
    } finally {
      file.close()
    }
  } catch (error) {
    if (isDamage(error)) throw new UnusableFile(`${path} is damaged or not a database: ${(error as Error).message}.`)
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
