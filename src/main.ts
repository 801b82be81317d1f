import { Command } from 'commander'
import { explain } from './cli/session'
import { VERSION } from './config/version'

/** All commands. Only the called one is loaded, because loading every one takes a tenth of the time to start. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./cli/serve')).serve(),
  migrate: async () => (await import('./cli/migrate')).migrate(),
  events: async () => (await import('./cli/events')).events(),
  apps: async () => (await import('./cli/apps')).apps(),
  keys: async () => (await import('./cli/keys')).keys(),
  analytics: async () => (await import('./cli/analytics')).analytics(),
  endpoints: async () => (await import('./cli/endpoints')).endpoints(),
  backfill: async () => (await import('./cli/backfill')).backfill(),
  backup: async () => (await import('./cli/backup')).backup(),
  restore: async () => (await import('./cli/restore')).restore(),
  copy: async () => (await import('./cli/copy')).copy(),
  simulate: async () => (await import('./cli/simulate')).simulate(),
  openapi: async () => (await import('./cli/openapi')).openapi(),
  config: async () => (await import('./cli/config')).config(),
  doctor: async () => (await import('./cli/doctor')).doctor(),
  health: async () => (await import('./cli/health')).health(),
  service: async () => (await import('./cli/service')).service(),
  completion: async () => (await import('./cli/completion')).completion(completeProgram),
  version: async () => new Command('version').description('print the version').action(() => console.log(VERSION)),
}
const DEFAULT = 'serve'

async function programOf(names: string[]): Promise<Command> {
  const program = new Command('cti-server')
    .description("The bridge between a company's Dialpad phones and its own software.")
    .version(VERSION, '-V, --version')
    .showHelpAfterError('(use --help for usage)')
  for (const name of names) {
    const command = await COMMANDS[name]?.()
    if (command) program.addCommand(command, { isDefault: name === DEFAULT })
  }
  return program
}

const completeProgram = () => programOf(Object.keys(COMMANDS))

/** The commands that these arguments may run: one, or all for the help and an unknown command. */
function called([first = '--', ...rest]: string[]): string[] {
  if (first in COMMANDS) return [first]
  const isAboutProgram = [first, ...rest].some((word) => ['-h', '--help', '-V', '--version'].includes(word))
  return first.startsWith('-') && !isAboutProgram ? [DEFAULT] : Object.keys(COMMANDS)
}

try {
  const program = await programOf(called(process.argv.slice(2)))
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}
