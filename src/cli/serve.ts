import { getLogger } from '@logtape/logtape'
import { startServer } from '../app/server'
import { settingValues, unknownSettings } from '../config/settings'
import { startLogging, stopLogging } from '../observability/logging'
import { commandWithSettings, configOf, EXIT } from './session'

const log = getLogger(['cti', 'server'])

export const serve = () =>
  commandWithSettings('serve', 'run the server (the default command)').action(async (flags) => {
    const config = configOf(flags)
    await startLogging(config)
    for (const name of unknownSettings(settingValues()))
      log.warn('{name} is set but is no setting of this server; see cti-server serve --help', { name })
    const server = await startServer(config, { report: (line) => console.log(line) })
    if (config.generatedSecretsIn) {
      console.log(`  Sandbox: the admin secret and the webhook secret are in ${config.generatedSecretsIn}`)
      console.log('  Next: run `cti-server simulate` in another terminal to see a call arrive.')
    }
    await stopOnSignal(server.stop)
  })

/** The first signal drains; a second one exits at once. */
function stopOnSignal(stop: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false
    const onSignal = async (signal: string) => {
      if (stopping) process.exit(EXIT.failed)
      stopping = true
      log.info('{signal}: finishing what is in hand; once more to exit at once', { signal })
      await stop()
      await stopLogging()
      resolve()
      process.exit(EXIT.ok)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
