import { Command } from 'commander'
import { backfill } from './cli/backfill'
import { events } from './cli/events'
import { migrate } from './cli/migrate'
import { openapi } from './cli/openapi'
import { serve } from './cli/serve'
import { explain } from './cli/session'
import { simulate } from './cli/simulate'
import { VERSION } from './version'

const program = new Command('cti-server')
  .description("The bridge between a company's Dialpad telephones and its own software.")
  .version(VERSION, '-V, --version')
  .showHelpAfterError('(--help lists what there is)')
  .addCommand(serve(), { isDefault: true })
  .addCommand(migrate())
  .addCommand(events())
  .addCommand(backfill())
  .addCommand(simulate())
  .addCommand(openapi())
  .addCommand(new Command('version').description('print the version').action(() => console.log(VERSION)))

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}
