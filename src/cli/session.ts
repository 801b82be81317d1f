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

/** Exit codes, after sysexits.h where it has one. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unavailable: 69, config: 78 } as const

const flagOf = (name: SettingName) => `--${name.toLowerCase().replaceAll('_', '-')}`

/** A command that takes every setting as a flag of the same name. */
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

/** Runs a piece of work over the configured database, migrated, and closes it. */
export async function withServices<T>(
  flags: Record<string, unknown>,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const config = configOf(flags)
  await startLogging({ ...config, log: { ...config.log, level: 'warning' } })
  const database = openDatabase(config.databaseUrl, config.databaseDirectUrl)
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

/** What went wrong, for a person at a terminal. @returns the exit code. */
export function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error('The settings do not allow a start:\n')
    for (const { name, message } of error.problems) console.error(`  ${name}  ${message}`)
    console.error('\nSet them in the environment, in .env or as flags; `cti-server serve --help` lists them all.')
    return EXIT.config
  }
  const reason = error instanceof Error ? error : new Error(String(error))
  const cause = reason.cause instanceof Error ? `: ${errorText(reason.cause)}` : ''
  const code = 'code' in reason ? String(reason.code) : ''
  console.error(`${errorText(reason)}${cause}`)
  if (['ECONNREFUSED', 'ENOTFOUND', 'CONNECT_TIMEOUT'].includes(code)) {
    console.error(
      'Check DATABASE_URL (or the DB_* settings) and that the database runs and accepts connections from here.',
    )
    return EXIT.unavailable
  }
  if (isDamage(error)) {
    console.error(
      'The database is damaged. Stop every process that uses it, then restore a backup (what is there stays beside it):\n' +
        '  cti-server restore FILE      scheduled backups are in DATA_DIR/backups\n' +
        'Without a backup, the command .recover of the sqlite3 tool may save a part.',
    )
    return EXIT.unavailable
  }
  if (code === 'EADDRINUSE')
    console.error('Another program listens there already; stop it, or set PORT to another port.')
  return EXIT.failed
}
