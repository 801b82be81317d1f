import { getLogger } from '@logtape/logtape'
import { Cron } from 'croner'
import { createAppService } from '../apps/service'
import { createAppStore } from '../apps/store'
import { createAdminJwt } from '../auth/admin-jwt'
import { createAuthenticator } from '../auth/authenticator'
import { createClientTokens } from '../auth/client-tokens'
import { createConsoleSessions } from '../auth/console-sessions'
import { createKeyVerifier } from '../auth/key-verifier'
import { createCallQueries } from '../calls/queries'
import { createCallQueryStore } from '../calls/query-store'
import { createCallService } from '../calls/service'
import { createCallStore } from '../calls/store'
import type { Config } from '../config/settings'
import { VERSION } from '../config/version'
import { createCustomerLookup } from '../customers/lookup'
import { createCustomerService } from '../customers/service'
import { createCustomerStore } from '../customers/store'
import type { Database } from '../db/database'
import { openDatabase } from '../db/index'
import { createDialpad } from '../dialpad/dialpad'
import { createApplyEvents } from '../events/apply'
import { createProcessor } from '../events/processor'
import { createIngestService } from '../events/receive'
import { createEventService } from '../events/service'
import { createEventStore } from '../events/store'
import { createIngestWebhookStore } from '../events/webhook-store'
import { createIdempotency } from '../http/idempotency/service'
import { createIdempotencyStore } from '../http/idempotency/store'
import { MAX_BODY_BYTES } from '../http/plugins/body-rules'
import { createLoginLimiter } from '../http/plugins/rate-limit'
import type { Clock } from '../lib/clock'
import { createCursors } from '../lib/cursor'
import { createSecretBox } from '../lib/secret-box'
import { createMessageQueries } from '../messages/queries'
import { createMessageQueryStore } from '../messages/query-store'
import { createMessageService } from '../messages/service'
import { createMessageStore } from '../messages/store'
import { createMetrics } from '../observability/metrics'
import { createSimulation } from '../simulator/player'
import { createArrivals } from '../stream/arrivals'
import { createHub } from '../stream/hub'
import { createStreamQueries } from '../stream/queries'
import { createConnections } from '../stream/socket'
import { createStreamStore } from '../stream/store'
import { createMappings } from '../users/mappings'
import { createUserService } from '../users/service'
import { createUserStore } from '../users/store'
import { createVoicemailQueries } from '../voicemails/queries'
import { createVoicemailQueryStore } from '../voicemails/query-store'
import { createVoicemailService } from '../voicemails/service'
import { createVoicemailStore } from '../voicemails/store'
import { type App, createApp } from './http'
import { createMaintenance } from './maintenance'

const log = getLogger(['cti', 'server'])

const HEARTBEAT_SECONDS = 30
const DRAIN_MS = 10_000

export type Core = ReturnType<typeof createCore>

/** Services over a database, without HTTP: what the server and the command line both work with. */
export function createCore(config: Config, database: Database, clock: Clock = Date.now) {
  const { region } = config
  const metrics = createMetrics()
  const cursors = createCursors(config.internal.apiSecret)
  const secretBox = createSecretBox(config.encryptionKeys)

  const appStore = createAppStore(database)
  const eventStore = createEventStore(database)
  const callStore = createCallStore(database)
  const stream = createStreamStore(database)
  const arrivals = createArrivals({ database })
  const userStore = createUserStore(database)
  const users = createUserService({ database, store: userStore })
  const customerStore = createCustomerStore(database)
  const customerLookup = createCustomerLookup({ store: customerStore })
  const apps = createAppService({ database, store: appStore, cursors, clock })
  const keys = createKeyVerifier({ database, store: appStore, clock })
  const tokens = createClientTokens({ secret: config.internal.apiSecret, keys, clock })

  const { requireApp } = apps
  const keeping = { database, lockApp: appStore.lock, cursors, clock }

  const calls = createCallService({ store: callStore, users, customers: customerLookup, region, clock })
  const voicemails = createVoicemailService({ store: createVoicemailStore(database), users, region, clock })
  const messages = createMessageService({ store: createMessageStore(database), users, region, clock })
  const applyEvents = createApplyEvents({ apps: appStore, calls, voicemails, messages, users, stream })
  const processor = createProcessor({ database, store: eventStore, applyEvents, metrics, clock })
  const ingest = createIngestService({
    database,
    events: eventStore,
    apps: appStore,
    webhooks: createIngestWebhookStore(database),
    secretBox,
    sharedSecrets: config.dialpad.webhookSecrets,
    hmacAllowed: config.dialpad.hmacWebhooks,
    metrics,
    clock,
    onStored: processor.wake,
  })
  const { staleCallMinutes, retentionDays } = config
  const maintenance = createMaintenance({
    database,
    apps: appStore,
    events: eventStore,
    callStore,
    calls,
    stream,
    clock,
    staleCallMinutes,
    retentionDays,
  })
  const hub = createHub({ database, stream, metrics, clock, isAlive: keys.isAlive })
  const dialpad = createDialpad({ config, database, secretBox, metrics, clock, apps, appStore, users, ingest })
  const reading = { database, users, cursors, region }

  return {
    config,
    database,
    clock,
    metrics,
    cursors,
    secretBox,
    apps,
    keys,
    tokens,
    users,
    mappings: createMappings({ ...keeping, store: userStore, requireApp }),
    customers: createCustomerService({ ...keeping, store: customerStore, region }),
    customerLookup,
    stream,
    arrivals,
    streamQueries: createStreamQueries({ database, stream, arrivals, isAlive: keys.isAlive }),
    events: createEventService({ database, store: eventStore, apps, cursors, clock }),
    processor,
    ingest,
    maintenance,
    hub,
    dialpad,
    idempotency: createIdempotency({ database, store: createIdempotencyStore(database), secretBox, clock }),
    callQueries: createCallQueries({ ...reading, store: createCallQueryStore(database), customers: customerLookup }),
    messageQueries: createMessageQueries({ ...reading, store: createMessageQueryStore(database) }),
    voicemailQueries: createVoicemailQueries({ ...reading, store: createVoicemailQueryStore(database) }),
  }
}

/** The HTTP side of the core; it does not listen yet. */
export function assembleApp(core: Core, state: () => 'starting' | 'ready' | 'draining') {
  const { config, database, clock, hub, ingest } = core
  const { jwksUrl, jwtAudience } = config.internal
  const authenticator = createAuthenticator({
    keys: core.keys,
    tokens: core.tokens,
    adminSecret: config.internal.apiSecret,
    verifyAdmin: jwksUrl && jwtAudience ? [createAdminJwt({ jwksUrl, audience: jwtAudience, clock })] : [],
    limiter: createLoginLimiter(config.rateLimit.authFailuresPer15Min),
  })
  const sessions = createConsoleSessions({ adminSecret: config.internal.apiSecret, clock })
  const simulation = createSimulation({ ingest, requireApp: core.apps.requireApp, allowed: !config.production, clock })
  const app: App = createApp({
    config,
    metrics: core.metrics,
    authenticator,
    apps: core.apps,
    mappings: core.mappings,
    customers: core.customers,
    events: core.events,
    stream: core.streamQueries,
    tokens: core.tokens,
    sessions,
    simulation,
    idempotency: core.idempotency,
    ingest,
    calls: core.callQueries,
    messages: core.messageQueries,
    voicemails: core.voicemailQueries,
    connections: createConnections({ hub, authenticator }),
    dialpad: core.dialpad,
    clock,
    cursors: core.cursors,
    probe: {
      environment: config.environment,
      version: VERSION,
      port: () => app.server?.port ?? config.port,
      state,
      checks: async () => ({ database: await wrongWith(() => database.ping()) }),
      warnings: async () => ({ dialpad: await core.dialpad.wrongWithConnections().catch(() => null) }),
    },
  })
  return { app, simulation }
}

export interface RunningServer {
  url: string
  core: Core
  /** Refuses new work, finishes what is in hand, closes. */
  stop(): Promise<void>
}

/**
 * Starts everything in order and reports each part once it is true.
 * @param report takes a line for a person. @throws when a part cannot start; what was started is stopped again.
 */
export async function startServer(
  config: Config,
  options: { report?: (line: string) => void; clock?: Clock } = {},
): Promise<RunningServer> {
  const report = options.report ?? (() => {})
  const undo: (() => unknown)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return await start(config, options.clock ?? Date.now, report, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(
  config: Config,
  clock: Clock,
  report: (line: string) => void,
  undo: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<RunningServer> {
  let state: 'starting' | 'ready' | 'draining' = 'starting'
  report('✓ All required environment variables configured')

  const database = openDatabase(config.databaseUrl)
  undo.push(() => database.close())
  await database.ping()
  const applied = await database.migrate()
  if (applied.length > 0) log.info('migrations applied: {applied}', { applied: applied.join(', ') })
  report('✓ Database connection verified')

  const core = createCore(config, database, clock)
  const { keys, hub, ingest, processor } = core
  const { app, simulation } = assembleApp(core, () => state)
  undo.push(() => simulation.stop())

  await database.listen(
    'keys',
    (appId) => {
      keys.forget(appId)
      void hub.recheck(appId)
    },
    () => {
      keys.forget()
      void hub.recheck()
    },
  )
  await hub.start((topic, text) => void app.server?.publish(topic, text))
  await core.arrivals.start()
  report('✓ WebSocket server initialized')
  report('✓ Call event handlers registered')

  await processor.start(config.processorIntervalSeconds)
  undo.push(() => processor.stop())
  report('✓ Webhook event processor started')
  undo.push(stopJobs(scheduleJobs(core)))

  app.listen({
    port: config.port,
    hostname: config.host,
    // Above the limit that is told politely, so that what is a little too large is answered.
    maxRequestBodySize: 2 * MAX_BODY_BYTES,
    ...(config.tls ? { tls: { cert: Bun.file(config.tls.certFile), key: Bun.file(config.tls.keyFile) } } : {}),
  })
  undo.push(async () => {
    state = 'draining'
    hub.stop()
    core.arrivals.stop()
    // Requests in hand are answered first; whoever does not end in time is cut off.
    await Promise.race([app.server?.stop(), Bun.sleep(DRAIN_MS)])
    await app.server?.stop(true)
    await ingest.idle()
    await ingest.flushCounts()
  })
  await core.dialpad.start()
  undo.push(core.dialpad.stop)
  const url = `${config.tls ? 'https' : 'http'}://localhost:${app.server!.port}`
  state = 'ready'
  report(`Server running on ${url}`)
  return { url, core, stop }
}

function scheduleJobs({ idempotency, hub, ingest, maintenance, config }: Core): Cron[] {
  const job = (name: string, pattern: string, work: () => unknown, interval?: number) =>
    new Cron(
      pattern,
      {
        protect: true,
        ...(interval ? { interval } : {}),
        catch: (error) => log.error('{name} failed, trying again at its next time: {error}', { name, error }),
      },
      async () => void (await work()),
    )
  return [
    job('heartbeat', '* * * * * *', hub.beat, HEARTBEAT_SECONDS),
    job('stream sweep', '* * * * * *', hub.sweep, config.processorIntervalSeconds),
    job('delivery counts', '* * * * * *', ingest.flushCounts, 5),
    job('stale calls', '* * * * *', maintenance.endStaleCalls),
    job('idempotency keys', '11 * * * *', idempotency.purge),
    job('retention', '17 3 * * *', maintenance.purge),
  ]
}

const stopJobs = (jobs: Cron[]) => () => {
  for (const job of jobs) job.stop()
}

async function wrongWith(check: () => Promise<void>): Promise<string | null> {
  try {
    await Promise.race([
      check(),
      Bun.sleep(2000).then(() => {
        throw new Error('no answer within 2 s')
      }),
    ])
    return null
  } catch (error) {
    return `cannot be reached: ${(error as Error).message || (error as NodeJS.ErrnoException).code}`
  }
}
