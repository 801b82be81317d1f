import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { getLogger } from '@logtape/logtape'
import { startServer } from '../app/server'
import { type Config, SETTINGS, settingValues, unknownSettings } from '../config/settings'
import { startLogging, stopLogging } from '../observability/logging'
import { ownCommand, quoted } from './own-command'
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
      console.log(`  Next: to see a call arrive, run in another terminal: ${simulateCommand(config, server.url)}`)
    }
    await stopOnSignal(server.stop)
  })

/** The command that reaches this server, whatever settings came from flags or from this terminal's environment. */
function simulateCommand({ dataDir }: Config, url: string): string {
  const windows = process.platform === 'win32'
  const command = ownCommand({
    execPath: process.execPath,
    script: Bun.isStandaloneExecutable ? null : Bun.main,
    cwd: process.cwd(),
    env: settingValues(),
    windows,
    bunVersion: Bun.version,
    which: (name) => {
      const found = Bun.which(name)
      return found && realpathSync(found)
    },
  })
  const { PORT, DATA_DIR } = SETTINGS.pick({ PORT: true, DATA_DIR: true }).parse({})
  const flags = [
    ...(url === `http://localhost:${PORT}` ? [] : ['--url', url]),
    ...(dataDir === resolve(DATA_DIR) ? [] : ['--data-dir', quoted(dataDir, windows)]),
  ]
  return [command, 'simulate', ...flags].join(' ')
}

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
