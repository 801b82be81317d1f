import { Elysia } from 'elysia'
import { appRoutes } from '../apps/routes'
import type { AppService } from '../apps/service'
import type { Authenticator } from '../auth/authenticator'
import type { ClientTokens } from '../auth/client-tokens'
import type { ConsoleSessions } from '../auth/console-sessions'
import { createAuth } from '../auth/guards'
import { tokenRoutes } from '../auth/routes'
import type { CallQueries } from '../calls/queries'
import { callRoutes } from '../calls/routes'
import type { Config } from '../config/settings'
import { customerRoutes } from '../customers/routes'
import type { CustomerService } from '../customers/service'
import type { Dialpad } from '../dialpad/dialpad'
import { dialpadRoutes } from '../dialpad/routes'
import type { IngestService } from '../events/receive'
import { ingestRoutes } from '../events/receive-routes'
import { eventRoutes } from '../events/routes'
import type { EventService } from '../events/service'
import { type HealthProbe, healthRoutes } from '../http/health'
import { idempotencyKeys } from '../http/idempotency/plugin'
import type { Idempotency } from '../http/idempotency/service'
import { openApiDocument } from '../http/openapi/document'
import { bodyRules } from '../http/plugins/body-rules'
import { cors } from '../http/plugins/cors'
import { httpsOnly } from '../http/plugins/https-only'
import { problem } from '../http/plugins/problem'
import { wholeQueryValues } from '../http/plugins/query'
import { rateLimit } from '../http/plugins/rate-limit'
import { representation } from '../http/plugins/representation'
import { requestLog } from '../http/plugins/request-log'
import { securityHeaders } from '../http/plugins/security-headers'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { MessageQueries } from '../messages/queries'
import { messageRoutes } from '../messages/routes'
import type { Metrics } from '../observability/metrics'
import type { Simulation } from '../simulator/player'
import type { StreamQueries } from '../stream/queries'
import { streamRoutes } from '../stream/routes'
import type { Connections } from '../stream/socket'
import { socketRoutes } from '../stream/socket-routes'
import type { Mappings } from '../users/mappings'
import { userRoutes } from '../users/routes'
import type { VoicemailQueries } from '../voicemails/queries'
import { voicemailAdminRoutes, voicemailRoutes } from '../voicemails/routes'
import { consoleAdminRoutes } from '../web/console/admin-routes'
import { consoleRoutes } from '../web/console/routes'
import { sdkRoutes } from '../web/sdk/routes'
import { swaggerRoutes } from '../web/swagger/routes'

/** Everything the routes ask; made in server.ts. */
export interface Services {
  config: Config
  probe: HealthProbe
  metrics: Metrics
  authenticator: Authenticator
  apps: AppService
  mappings: Mappings
  customers: CustomerService
  events: EventService
  stream: StreamQueries
  ingest: IngestService
  calls: CallQueries
  messages: MessageQueries
  voicemails: VoicemailQueries
  connections: Connections
  dialpad: Dialpad
  clock: Clock
  cursors: Cursors
  tokens: ClientTokens
  sessions: ConsoleSessions
  simulation: Simulation
  idempotency: Idempotency
}

export type App = ReturnType<typeof createApp>

/** Assembles the routes; never listens. */
export function createApp(services: Services) {
  const { config, metrics, apps, probe, authenticator, connections, sessions, simulation, tokens } = services
  const auth = createAuth(authenticator, services.sessions.adminOf)
  const limits = { '/api': config.rateLimit.apiPerMinute, '/internal': config.rateLimit.internalPerMinute } as const
  const app = new Elysia({ websocket: { maxPayloadLength: 1024 * 1024, idleTimeout: 120, sendPings: false } })
    .use(requestLog(metrics, config.trustProxy))
    .use(securityHeaders())
    .use(cors(config.corsOrigins))
    .use(idempotencyKeys(services.idempotency))
    .use(problem())
    .use(representation())
    .use(bodyRules())
    .use(wholeQueryValues())
    .use(config.production ? httpsOnly(config.trustProxy) : new Elysia())
    .use(rateLimit(limits))
    .use(healthRoutes({ probe, metrics }))
    .use(ingestRoutes({ ingest: services.ingest }))
    .use(socketRoutes({ authenticator, connections }))
    .use(appRoutes({ auth, apps, release: services.dialpad.release }))
    .use(userRoutes({ auth, mappings: services.mappings }))
    .use(voicemailAdminRoutes({ auth, apps, voicemails: services.voicemails }))
    .use(eventRoutes({ auth, events: services.events }))
    .use(streamRoutes({ auth, stream: services.stream }))
    .use(customerRoutes({ auth, customers: services.customers }))
    .use(tokenRoutes({ auth, apps, tokens }))
    .use(callRoutes({ auth, calls: services.calls }))
    .use(messageRoutes({ auth, messages: services.messages }))
    .use(voicemailRoutes({ auth, voicemails: services.voicemails }))
    .use(dialpadRoutes({ auth, ...services }))
    .use(consoleAdminRoutes({ auth, simulation, given: config.given }))
    .use(
      consoleRoutes({
        authenticator,
        sessions,
        trustProxy: config.trustProxy,
        about: {
          environment: config.environment,
          version: probe.version,
          sandbox: !config.production,
          secret_in: config.generatedSecretsIn,
        },
      }),
    )
    .use(sdkRoutes({ ctiClientId: config.dialpad.ctiClientId, dialpadOrigin: new URL(config.dialpad.baseUrl).origin }))
  return app.use(swaggerRoutes(() => openApiDocument(app, probe.version)))
}
