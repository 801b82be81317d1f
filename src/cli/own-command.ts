import { realpathSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { settingValues } from '../config/settings'

/** How this process was started. */
export interface Started {
  /** Path of Bun, or of the compiled binary. */
  execPath: string
  /** The script that Bun runs. Null in a compiled binary. */
  script: string | null
  cwd: string
  env: Record<string, string | undefined>
  windows: boolean
  bunVersion: string
  /** @returns the file that a shell would run for a name, or null. */
  which(name: string): string | null
}

/** Builds a command line that runs this program again from the user's directory: binary, npx or bun. */
export function ownCommand(started: Started): string {
  const { script, cwd, env } = started
  // A package script always runs in the package's directory.
  const calledFrom = (script && (env.INIT_CWD ?? env.npm_config_local_prefix)) || cwd
  const enter = calledFrom === cwd ? '' : `cd ${quoted(cwd, started.windows)} && `
  const run = script === null ? binaryCommand(started) : `${bunCommand(started)} ${shortPath(script, started)}`
  return `${enter}${run}`
}

const isWindows = process.platform === 'win32'

/** The command line that runs another command of this process's program, from the directory it was started in. */
export function commandLine(...words: string[]): string {
  const program = ownCommand({
    execPath: process.execPath,
    script: Bun.isStandaloneExecutable ? null : Bun.main,
    cwd: process.cwd(),
    env: settingValues(),
    windows: isWindows,
    bunVersion: Bun.version,
    which: (name) => {
      const found = Bun.which(name)
      return found && realpathSync(found)
    },
  })
  return [program, ...words.map((word) => quoted(word, isWindows))].join(' ')
}

/** The flags of this process that select the database, so that a suggested command uses the same one. */
export function databaseFlags(argv = process.argv.slice(2)): string[] {
  const names = ['data-dir', 'database-url', 'database-direct-url'] as const
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  const { values } = parseArgs({ args: argv, options, strict: false })
  return names.flatMap((name) => (typeof values[name] === 'string' ? [`--${name}`, values[name]] : []))
}

function bunCommand({ execPath, env, bunVersion, which, windows }: Started): string {
  if (env.npm_config_user_agent?.startsWith('npm/')) return `npx -y bun@${bunVersion}`
  return which('bun') === execPath ? 'bun' : quoted(execPath, windows)
}

function binaryCommand(started: Started): string {
  const name = started.execPath.split(/[\\/]/).at(-1) ?? started.execPath
  if (started.which(name) === started.execPath) return quoted(name, started.windows)
  return shortPath(started.execPath, started, started.windows ? '.\\' : './')
}

/** The path relative to the current directory, if it is inside of it. */
function shortPath(path: string, { cwd, windows }: Started, here = ''): string {
  const short = relative(cwd, path)
  return quoted(short.startsWith('..') || isAbsolute(short) ? path : `${here}${short}`, windows)
}

/** Quotes one word of a command line. */
export function quoted(word: string, windows: boolean): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word) && (windows || !word.includes('\\'))) return word
  return windows ? `"${word}"` : `'${word.replaceAll("'", `'\\''`)}'`
}
