import { resolve } from 'node:path'
import { replaceSqlite } from '../db/sqlite-backup'
import { backupName } from '../maintenance/backups'
import { summary } from './backup'
import { commandLine, databaseFlags } from './own-command'
import { answeringCommand, print } from './print'
import { configOf } from './session'
import { sqlitePath } from './sqlite-path'

export const restore = () =>
  answeringCommand('restore', 'restore a backup of the SQLite database of a stopped server; keeps the old database')
    .argument('<file>', 'a backup')
    .action((file: string, flags) => {
      const { databaseUrl } = configOf(flags)
      const target = sqlitePath(databaseUrl)
      if (target === null)
        throw new Error(
          `The database is Postgres. Restore it with pg_restore: pg_restore --clean --if-exists --dbname="$DATABASE_URL" ${file}\n` +
            `To copy a SQLite backup to an empty Postgres database: ${commandLine('copy', '--from', `sqlite:${file}`)} --to "$DATABASE_URL"`,
        )
      const stamp = backupName(Date.now()).slice('cti-'.length, -'.db'.length)
      const { kept, ...contents } = replaceSqlite(target, resolve(file), stamp)
      const lines = [
        `Restored ${target}: ${summary(contents)}.`,
        ...(kept ? [`The old database is now ${kept}.`] : []),
        `Start the server with the same secrets, then recover newer calls from Dialpad: ${commandLine('backfill', ...databaseFlags())}`,
      ]
      print(flags.json, { file: target, kept, ...contents }, lines.join('\n'))
    })
