import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { getLogger } from '@logtape/logtape'
import { Cron } from 'croner'
import type { Config } from '../config/settings'
import { type Clock, iso } from '../lib/clock'
import type { Metrics } from '../observability/metrics'
import type { Warning } from '../observability/warnings'

const log = getLogger(['cti', 'backups'])

/** Names that sort by their time, and that no other file has. */
const NAME = /^cti-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/

export interface BackupFile {
  path: string
  bytes: number
  /** When it was begun, ms since the epoch, to the second. */
  madeAt: number
}

export type Backups = ReturnType<typeof createBackups>

/** Backups by schedule: makes one, keeps the newest few, and says when one failed. */
export function createBackups(deps: {
  settings: Config['backup']
  /** Writes and verifies a backup in another process; rejects with the reason when it cannot. */
  backUp(path: string): Promise<void>
  metrics: Metrics
  clock: Clock
}) {
  const { settings, backUp, metrics, clock } = deps
  const startedAt = clock()
  let lastError: { message: string; at: number } | null = null

  /** Newest first. */
  function list(): BackupFile[] {
    const names = namesIn(settings.dir)
    return names.map((name) => {
      const path = join(settings.dir, name)
      return { path, bytes: statSync(path).size, madeAt: Date.parse(name.replace(NAME, '$1-$2-$3T$4:$5:$6Z')) }
    })
  }

  /** The time before last at which a backup was due, ms since the epoch. */
  function dueBeforeLast(schedule: string): number | null {
    const due = new Cron(schedule, { paused: true }).previousRuns(2, new Date(clock()))[1]
    return due?.getTime() ?? null
  }

  return {
    /** Makes a backup and removes those beyond the number to keep. @throws when it could not be made. */
    async run(): Promise<void> {
      if (settings.schedule === null) return
      const path = join(settings.dir, backupName(clock()))
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
        const [newest] = list()
        if (newest) metrics.backupAt.set(newest.madeAt / 1000)
      }
    },

    /** @returns what is known of the backups; `nextAt` is null without a schedule. */
    status() {
      const { schedule, keep } = settings
      const nextAt = schedule && new Cron(schedule, { paused: true }).nextRun(new Date(clock()))?.getTime()
      return { schedule, keep, last: list()[0] ?? null, lastError, nextAt: nextAt || null }
    },

    warnings(): Warning[] {
      if (settings.schedule === null) return []
      const action = `Check the space and the permissions of ${settings.dir}, then run: cti-server backup FILE.`
      if (lastError)
        return [
          { code: 'backup_failed', message: `The backup of ${iso(lastError.at)} failed: ${lastError.message}`, action },
        ]
      const newestAt = list()[0]?.madeAt ?? startedAt
      const due = dueBeforeLast(settings.schedule)
      if (due === null || newestAt >= due) return []
      return [{ code: 'backup_failed', message: `There is no backup since ${iso(newestAt)}.`, action }]
    },
  }
}

/** The name of a backup made at this time. */
export const backupName = (at: number) => `cti-${new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')}.db`

/** Names of the backups in a directory, newest first. */
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
