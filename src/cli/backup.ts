import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { backUpSqlite, type FileContents } from '../db/sqlite-backup'
import { backupName } from '../maintenance/backups'
import { commandLine } from './own-command'
import { answeringCommand, print } from './print'
import { configOf } from './session'
import { sqlitePath } from './sqlite-path'

export const backup = () =>
  answeringCommand('backup', 'back up the SQLite database of a running or stopped server, and verify the backup')
    .argument('<file>', 'new file, or an existing directory')
    .action((file: string, flags) => {
      const { databaseUrl } = configOf(flags)
      const source = sqlitePath(databaseUrl)
      if (source === null)
        throw new Error(
          `Back up Postgres with its own tool: pg_dump --format=custom --file=${file} "$DATABASE_URL"\n` +
            `For a copy as a SQLite file: ${commandLine('copy', '--to', `sqlite:${file}`)} --from "$DATABASE_URL"`,
        )
      const target = resolve(isDirectory(file) ? join(file, backupName(Date.now())) : file)
      const contents = backUpSqlite(source, target)
      print(flags.json, { file: target, ...contents }, `Backed up to ${target}: ${summary(contents)}. Verified.`)
    })

/** Summarizes size and rows. */
export const summary = ({ bytes, rows }: FileContents) => {
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB, ${total.toLocaleString('en')} rows`
}

const isDirectory = (path: string) => existsSync(path) && statSync(path).isDirectory()
