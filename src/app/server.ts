import { getLogger } from '@logtape/logtape'
import type { Config } from '../config/settings'
import { refuseUnfinishedCopy } from '../db/copy'
import { openDatabase } from '../db/index'
import { MAX_BODY_BYTES } from '../http/plugins/body-rules'
import type { Clock } from '../lib/clock'
import { type ComposeOptions, compose, type Services } from './compose'
import type { ServerProbe } from './health-probe'
import { createApp } from './http'
import { listJobs, scheduleJobs } from './jobs'
import { checkPort } from './port'

const log = getLogger(['cti', 'server'])

const DRAIN_MS = 10_000

export interface RunningServer {
  url: string
  services: Services
  /** Rejects new requests, finishes those in progress, then closes. */
  stop(): Promise<void>
}

export interface ServerOptions extends ComposeOptions {
  /** Prints a line of progress. */
  report?: (line: string) => void
  clock?: Clock
  /** Starts all schedules. Tests run jobs themselves. @returns a function that stops them. */
  schedule?: typeof scheduleJobs
  /** Set in a worker, which shares the port and its metrics with other workers. */
  worker?: Pick<ServerProbe, 'addWorkers'>
}

/**
 * Starts all parts in order and reports each once it runs.
 * @throws if a part cannot start, after stopping the others.
 */
export async function startServer(config: Config, options: ServerOptions = {}): Promise<RunningServer> {
  const undo: (() => unknown)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return await start(config, options, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(
  config: Config,
  { report = () => {}, clock = Date.now, schedule = scheduleJobs, worker, ...composeOptions }: ServerOptions,
  undo: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<RunningServer> {
  let state: ReturnType<ServerProbe['state']> = 'starting'
  let { port } = config
  report('✓ All required environment variables configured')
  // Before opening the database, because another server on this port may be using it.
  if (!worker && port !== 0) await checkPort(config)

  const database = await openDatabase(config.databaseUrl, config.databaseDirectUrl)
  undo.push(() => database.close())
  await database.ping()
  const applied = await database.migrate()
  if (applied.length > 0) log.info('migrations applied: {applied}', { applied: applied.join(', ') })
  await refuseUnfinishedCopy(database)
  report('✓ Database connection verified')

  const services = compose(config, database, clock, composeOptions)
  const { auth, dialpad, endpoints, events, maintenance, simulation, stream } = services
  const app = createApp(services, { state: () => state, port: () => port, addWorkers: worker?.addWorkers })
  undo.push(() => simulation.stop())

  for (const { message, action } of await maintenance.secrets.warnings())
    log.error('{message} {action}', { message, action })

  await database.listen(
    'keys',
    (appId) => {
      auth.keys.forget(appId)
      void auth.watch.recheck(appId)
    },
    () => {
      auth.keys.forget()
      void auth.watch.recheck()
    },
  )
  // After a lost connection, the listener above checks every credential.
  await database.listen(
    'sessions',
    () => void auth.watch.recheck(),
    () => {},
  )
  await services.apps.directory.start()
  await events.webhooks.start()
  await events.hints.start()
  await stream.hub.start((topic, text) => {
    app.server?.publish(topic, text)
    stream.topics.emit(topic, text)
  })
  await stream.arrivals.start()
  report('✓ WebSocket server initialized')
  report('✓ Call event handlers registered')

  await events.processor.start()
  undo.push(() => events.processor.stop())
  report('✓ Webhook event processor started')

  app.listen({
    port: config.port,
    hostname: config.host,
    reusePort: worker !== undefined,
    // Higher than the limit of the plugin, so that a slightly larger body gets a problem response.
    maxRequestBodySize: 2 * MAX_BODY_BYTES,
    ...(config.tls ? { tls: { cert: Bun.file(config.tls.certFile), key: Bun.file(config.tls.keyFile) } } : {}),
  })
  // biome-ignore lint/style/noNonNullAssertion: it listens since the lines above
  port = app.server!.port!
  undo.push(async () => {
    state = 'draining'
    stream.hub.stop()
    stream.arrivals.stop()
    // Requests in progress finish first. Those that take too long are aborted.
    await Promise.race([app.server?.stop(), Bun.sleep(DRAIN_MS)])
    await app.server?.stop(true)
    await events.receiver.idle()
    await events.receiver.flushCounts()
    await events.hints.flush()
  })
  const url = `${config.tls ? 'https' : 'http'}://localhost:${port}`
  state = 'ready'
  report(`Server running on ${url}`)
  // Requests are answered before the work in the background begins.
  await new Promise((resolve) => setImmediate(resolve))

  await endpoints.deliverer.start()
  undo.push(endpoints.deliverer.stop)
  await dialpad.start()
  undo.push(dialpad.stop)
  undo.push(maintenance.stop)
  undo.push(schedule(listJobs(services)))
  return { url, services, stop }
}
