import { Command, InvalidArgumentError, Option } from 'commander'
import { compose, type Services } from '../app/compose'
import { sandboxSecrets } from '../config/sandbox-secrets'
import {
  type Config,
  ConfigError,
  readConfig,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  settingValues,
} from '../config/settings'
import { refuseUnfinishedCopy } from '../db/copy'
import { openDatabase } from '../db/index'
import { isDamage } from '../db/sqlite-backup'
import { errorText } from '../lib/error-text'
import { startLogging, stopLogging } from '../observability/logging'
import { commandLine, databaseFlags } from './own-command'

/** Exit codes, from sysexits.h if possible. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unavailable: 69, config: 78 } as const

const flagOf = (name: SettingName) => `--${name.toLowerCase().replaceAll('_', '-')}`

/** A command that accepts every setting as a flag. */
export function commandWithSettings(name: string, description: string, shown: SettingName[] = []): Command {
  const command = new Command(name).description(description)
  for (const setting of SETTING_NAMES) {
    const option = new Option(`${flagOf(setting)} <value>`, SETTINGS.shape[setting].description)
    option.attributeName = () => setting
    command.addOption(shown.length === 0 || shown.includes(setting) ? option : option.hideHelp())
  }
  return command
}

export const DATABASE_SETTINGS: SettingName[] = ['DATA_DIR', 'DATABASE_URL', 'DATABASE_DIRECT_URL']

export const configOf = (flags: Record<string, unknown>): Config =>
  readConfig(settingValues(flags as Record<string, string | undefined>), sandboxSecrets)

/** Opens and migrates the configured database, runs the work and closes the database. */
export async function withServices<T>(
  flags: Record<string, unknown>,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const config = configOf(flags)
  await startLogging({ ...config, log: { ...config.log, level: 'warning' } })
  const database = await openDatabase(config.databaseUrl, config.databaseDirectUrl)
  try {
    await database.ping()
    await database.migrate()
    await refuseUnfinishedCopy(database)
    return await work(compose(config, database))
  } finally {
    await database.close()
    await stopLogging()
  }
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

const DATA_ADVICE = "Check that DATA_DIR and the file in DATABASE_URL belong to the server's user and are writable."
/** Hints by error code. */
const START_ADVICE: Record<string, string> = {
  EADDRINUSE: 'Another program is using this port. Stop it, or set PORT to another port.',
  EADDRNOTAVAIL:
    'This machine does not have this address. Set HOST to one of its addresses, or to 0.0.0.0 for all of them.',
  EINVAL: 'Set HOST to an address of this machine, or to 0.0.0.0 for all of them.',
  EACCES: DATA_ADVICE,
  EPERM: DATA_ADVICE,
  EROFS: DATA_ADVICE,
  ENOTDIR: DATA_ADVICE,
  EEXIST: DATA_ADVICE,
  ENOSPC: 'The disk is full. Free some space, or set DATA_DIR to another disk.',
  SQLITE_FULL: 'The disk is full. Free some space, or set DATA_DIR to another disk.',
  SQLITE_CANTOPEN: DATA_ADVICE,
  SQLITE_READONLY: DATA_ADVICE,
  '28P01': 'Check the password in DATABASE_URL, or DB_USER and DB_PASSWORD.',
  '28000': 'Check the user in DATABASE_URL, or DB_USER. Postgres rejected it.',
  '3D000': 'Create the database, or correct the name in DATABASE_URL or DB_NAME.',
  '42501':
    'The user in DATABASE_URL, or DB_USER, cannot create tables. Grant it CREATE on the database and its schema.',
}

/** Prints an error with a hint. @returns the exit code. */
export function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error('Invalid settings:\n')
    for (const { name, message } of error.problems) console.error(`  ${name}  ${message}`)
    console.error('\nSet them in the environment, in .env or as flags. For a list of all settings run:')
    console.error(`  ${commandLine('serve', '--help')}`)
    return EXIT.config
  }
  const reason = error instanceof Error ? error : new Error(String(error))
  const cause = reason.cause instanceof Error ? `: ${errorText(reason.cause)}` : ''
  const code = 'code' in reason ? String(reason.code) : ''
  console.error(`${errorText(reason)}${cause}`)
  if (['ECONNREFUSED', 'ENOTFOUND', 'CONNECT_TIMEOUT'].includes(code)) {
    // Only errors of fetch have the URL as their path.
    const isHttp = 'path' in reason && String(reason.path).startsWith('http')
    console.error(
      isHttp
        ? `No server responds at ${new URL(String(reason.path)).origin}. Start it again: ${commandLine('serve', ...databaseFlags())}`
        : 'Check DATABASE_URL (or the DB_* settings), and that the database is running and accepts connections from this machine.',
    )
    return EXIT.unavailable
  }
  if (isDamage(error)) {
    console.error(
      'The file in DATABASE_URL (or cti.db in DATA_DIR) is damaged or not a database. Stop every process that uses it, then restore a backup (the old file is kept next to it):\n' +
        `  ${commandLine('restore', 'FILE', ...databaseFlags())}\n` +
        'Scheduled backups are in DATA_DIR/backups. Without a backup, the command .recover of the sqlite3 tool may recover some of the data.',
    )
    return EXIT.unavailable
  }
  const advice = START_ADVICE[code] ?? START_ADVICE[codeOf(reason.cause)]
  if (advice) console.error(advice)
  return EXIT.failed
}
