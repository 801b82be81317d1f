import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { getLogger } from '@logtape/logtape'
import { Cron } from 'croner'
import type { Config } from '../config/settings'
import { type Clock, iso } from '../lib/clock'
import { type Cursors, type PageInfo, type PageRequest, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import type { Metrics } from '../observability/metrics'
import type { Warning } from '../observability/warnings'

const log = getLogger(['cti', 'backups'])

/** File names that sort by time and match no other file. */
const NAME = /^cti-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/

export interface BackupFile {
  name: string
  path: string
  bytes: number
  /** Start of the backup, ms since the epoch, to the second. */
  madeAt: number
}

export type Backups = ReturnType<typeof createBackups>

/** Makes backups by schedule and on request, one at a time, keeps the newest ones, and warns if one failed. */
export function createBackups(deps: {
  settings: Config['backup']
  /** Whether the database is a SQLite file. Another database is backed up with its own tools. */
  available: boolean
  /** Writes and verifies a backup in another process. @throws Error with the reason. */
  backUp(path: string): Promise<void>
  cursors: Cursors
  metrics: Metrics
  clock: Clock
}) {
  const { settings, available, backUp, cursors, metrics, clock } = deps
  const startedAt = clock()
  let lastError: { message: string; at: number } | null = null
  let running: { name: string; done: Promise<void> } | null = null

  /** Returns the backups, newest first. */
  const list = (): BackupFile[] => namesIn(settings.dir).flatMap((name) => fileOf(settings.dir, name) ?? [])

  /** Returns the time before last when a backup was due, ms since the epoch. */
  function dueBeforeLast(schedule: string): number | null {
    const due = new Cron(schedule, { paused: true }).previousRuns(2, new Date(clock()))[1]
    return due?.getTime() ?? null
  }

  /** Returns the next second without a backup file. */
  function freeName(): string {
    let at = clock()
    while (existsSync(join(settings.dir, backupName(at)))) at += 1000
    return backupName(at)
  }

  async function write(path: string): Promise<void> {
    try {
      await backUp(path)
      for (const name of namesIn(settings.dir).slice(settings.keep)) rmSync(join(settings.dir, name), { force: true })
      lastError = null
      metrics.backups.inc({ outcome: 'made' })
      log.info('backup written: {path}', { path })
    } catch (error) {
      lastError = { message: (error as Error).message, at: clock() }
      metrics.backups.inc({ outcome: 'failed' })
      throw error
    } finally {
      running = null
      const [newest] = list()
      if (newest) metrics.backupAt.set(newest.madeAt / 1000)
    }
  }

  /** Starts a backup unless one is running. */
  function begin(): { name: string; done: Promise<void> } {
    if (running) return running
    const name = freeName()
    running = { name, done: write(join(settings.dir, name)) }
    return running
  }

  return {
    /** Makes a backup and deletes the oldest ones beyond the number to keep. @throws if the backup fails. */
    async run(): Promise<void> {
      if (settings.schedule !== null) await begin().done
    },

    /**
     * Starts a backup without waiting for it. `status` returns its result.
     * @returns the name of the file. @throws DomainError conflict if the database is not a SQLite file.
     */
    start(): string {
      if (!available)
        throw new DomainError('conflict', 'This server uses Postgres. Back it up with pg_dump, or use cti-server copy.')
      const { name, done } = begin()
      done.catch((error) => log.error('the backup failed: {error}', { error }))
      return name
    },

    list,

    /** Returns a page of the backups, newest first. */
    page(request: PageRequest): Promise<{ rows: BackupFile[]; pagination: PageInfo }> {
      const all = list()
      return paginate(
        cursors,
        'backups',
        request,
        async (limit, after, offset) =>
          (after ? all.filter(({ name }) => name < after.id) : all.slice(offset)).slice(0, limit),
        ({ name }) => ({ value: 0, id: name }),
        async () => all.length,
      )
    },

    /** Returns a backup. @throws DomainError backup_not_found, also for names that are not backup names. */
    find(name: string): BackupFile {
      const file = NAME.test(name) ? fileOf(settings.dir, name) : null
      if (!file) throw new DomainError('backup_not_found', 'No such backup.')
      return file
    },

    /** Returns the state of backups. `nextAt` is null without a schedule. */
    status() {
      const { schedule, keep } = settings
      const nextAt = schedule && new Cron(schedule, { paused: true }).nextRun(new Date(clock()))?.getTime()
      const inProgress = running?.name ?? null
      return { available, schedule, keep, inProgress, last: list()[0] ?? null, lastError, nextAt: nextAt || null }
    },

    warnings(): Warning[] {
      const action = `Check free space and permissions of ${settings.dir}, then run: cti-server backup FILE`
      if (lastError)
        return [
          { code: 'backup_failed', message: `The backup of ${iso(lastError.at)} failed: ${lastError.message}`, action },
        ]
      if (settings.schedule === null) return []
      const newestAt = list()[0]?.madeAt ?? startedAt
      const due = dueBeforeLast(settings.schedule)
      if (due === null || newestAt >= due) return []
      return [{ code: 'backup_failed', message: `No backup since ${iso(newestAt)}.`, action }]
    },
  }
}

/** Returns the file name of a backup made at this time. */
export const backupName = (at: number) => `cti-${new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')}.db`

/** Returns the backup file names in a directory, newest first. */
function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => NAME.test(name))
      .sort()
      .reverse()
  } catch {
    return []
  }
}

/** Null if it does not exist or is not a regular file. */
function fileOf(dir: string, name: string): BackupFile | null {
  const path = join(dir, name)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile()) return null
  return { name, path, bytes: found.size, madeAt: Date.parse(name.replace(NAME, '$1-$2-$3T$4:$5:$6Z')) }
}
