import { join, parse, resolve } from 'node:path'
import { getLogger } from '@logtape/logtape'
import { checkPort } from '../app/port'
import { startServer } from '../app/server'
import { createWorkerLink } from '../app/worker'
import { startWorkers, type Workers } from '../app/workers'
import { type Config, SETTINGS, settingValues, unknownSettings } from '../config/settings'
import { systemdSocket } from '../config/systemd'
import { type WorkerIdentity, workerEnvironment, workerIdentity } from '../config/worker'
import { startLogging, stopLogging } from '../observability/logging'
import { commandLine } from './own-command'
import { logUnhandledErrors, stopOnSignal } from './process-signals'
import { commandWithSettings, configOf, EXIT } from './session'
import { createSystemd } from './systemd'

const log = getLogger(['cti', 'server'])

export const serve = () =>
  commandWithSettings('serve', 'run the server (the default command)').action(async (flags) => {
    logUnhandledErrors()
    const worker = workerIdentity()
    if (worker) return runWorker(configOf(flags), worker)
    const systemd = createSystemd(systemdSocket())
    const up = Promise.withResolvers<() => Promise<void>>()
    up.promise.catch(() => {})
    stopOnSignal(up.promise, systemd.stopping)
    try {
      const { stop, checkDatabase } = await run(flags)
      up.resolve(stop)
      systemd.ready(checkDatabase)
    } catch (error) {
      up.reject(error)
      throw error
    }
    await new Promise(() => {})
  })

interface Running {
  stop(): Promise<void>
  /** Settles when the database has answered, with success or an error, to every worker. */
  checkDatabase(): Promise<unknown>
}

async function run(flags: Record<string, string | undefined>): Promise<Running> {
  const config = configOf(flags)
  await startLogging(config)
  for (const name of unknownSettings(settingValues()))
    log.warn('unknown setting {name}; for all settings run: {command}', {
      name,
      command: commandLine('serve', '--help'),
    })
  const report = (line: string) => console.log(line)
  const { url, ...running } = config.workers > 1 ? await startAll(config, report) : await startOne(config, report)
  if (config.generatedSecretsIn) {
    console.log(`  Sandbox: the admin secret and the webhook secret are in ${config.generatedSecretsIn}`)
    console.log(`  Next: run this in another terminal to simulate a call: ${simulateCommand(config, url)}`)
  }
  return running
}

async function startOne(config: Config, report: (line: string) => void): Promise<Running & { url: string }> {
  const { url, stop, services } = await startServer(config, { report })
  return { url, stop, checkDatabase: () => services.database.ping() }
}

/** Runs this command in several processes. */
async function startAll(config: Config, report: (line: string) => void): Promise<Workers> {
  const port = await checkPort(config)
  const program = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main]
  return startWorkers({
    count: config.workers,
    report,
    spawn: (number, receive) =>
      Bun.spawn([...program, ...process.argv.slice(2)], {
        env: workerEnvironment({ number, port }),
        stdio: ['ignore', 'inherit', 'inherit'],
        ipc: receive,
      }),
  })
}

/** Runs one of several processes. The process that started it stops it, and kills it if that takes too long. */
async function runWorker(config: Config, { number, port }: WorkerIdentity): Promise<void> {
  // Each process rotates its own file.
  const file = config.log.file && withSuffix(config.log.file, `-worker${number}`)
  await startLogging({ ...config, log: { ...config.log, file } })
  const link = createWorkerLink()
  const server = await startServer({ ...config, port }, { report: link.report, worker: link })
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await server.stop()
    await stopLogging()
    process.exit(EXIT.ok)
  }
  process.on('SIGTERM', stop)
  // A terminal sends the signal to every process. The main process decides when to stop.
  process.on('SIGINT', () => {})
  link.onOrphaned(stop)
  link.ready(server.url, server.services.metrics.registry, () => server.services.database.ping())
}

function withSuffix(path: string, suffix: string): string {
  const { dir, name, ext } = parse(path)
  return join(dir, `${name}${suffix}${ext}`)
}

/** The command that simulates a call on this server, with the flags it needs in another terminal. */
function simulateCommand({ dataDir }: Config, url: string): string {
  const { PORT, DATA_DIR } = SETTINGS.pick({ PORT: true, DATA_DIR: true }).parse({})
  const flags = [
    ...(url === `http://localhost:${PORT}` ? [] : ['--url', url]),
    ...(dataDir === resolve(DATA_DIR) ? [] : ['--data-dir', dataDir]),
  ]
  return commandLine('simulate', ...flags)
}
