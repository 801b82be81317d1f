import { Command } from 'commander'
import { analytics } from './cli/analytics'
import { apps } from './cli/apps'
import { backfill } from './cli/backfill'
import { backup } from './cli/backup'
import { completion } from './cli/completion'
import { config } from './cli/config'
import { copy } from './cli/copy'
import { doctor } from './cli/doctor'
import { endpoints } from './cli/endpoints'
import { events } from './cli/events'
import { health } from './cli/health'
import { keys } from './cli/keys'
import { migrate } from './cli/migrate'
import { openapi } from './cli/openapi'
import { restore } from './cli/restore'
import { serve } from './cli/serve'
import { service } from './cli/service'
import { explain } from './cli/session'
import { simulate } from './cli/simulate'
import { VERSION } from './config/version'

const program: Command = new Command('cti-server')
  .description("The bridge between a company's Dialpad phones and its own software.")
  .version(VERSION, '-V, --version')
  .showHelpAfterError('(use --help for usage)')
  .addCommand(serve(), { isDefault: true })
  .addCommand(migrate())
  .addCommand(events())
  .addCommand(apps())
  .addCommand(keys())
  .addCommand(analytics())
  .addCommand(endpoints())
  .addCommand(backfill())
  .addCommand(backup())
  .addCommand(restore())
  .addCommand(copy())
  .addCommand(simulate())
  .addCommand(openapi())
  .addCommand(config())
  .addCommand(doctor())
  .addCommand(health())
  .addCommand(service())
  .addCommand(completion(() => program))
  .addCommand(new Command('version').description('print the version').action(() => console.log(VERSION)))

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}
