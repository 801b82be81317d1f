import { Elysia } from 'elysia'
import type { Authenticator } from './apps/authenticator'
import type { ClientTokens } from './apps/client-tokens'
import { appRoutes } from './apps/routes'
import type { AppService } from './apps/service'
import { tokenRoutes } from './apps/token-routes'
import type { CallQueries } from './calls/queries'
import { callRoutes } from './calls/routes'
import type { Config } from './config'
import { consoleAdminRoutes } from './console/admin-routes'
import { consoleRoutes } from './console/routes'
import type { ConsoleSessions } from './console/session'
import type { Simulation } from './console/simulation'
import { contactRoutes } from './contacts/routes'
import type { ContactService } from './contacts/service'
import type { Dialpad } from './dialpad/dialpad'
import { dialpadRoutes } from './dialpad/routes'
import { eventRoutes } from './events/routes'
import type { EventService } from './events/service'
import { createAuth } from './http/auth'
import { bodyRules } from './http/body-rules'
import { cors } from './http/cors'
import { type HealthProbe, healthRoutes } from './http/health-routes'
import { httpsOnly } from './http/https-only'
import { idempotencyKeys } from './http/idempotency'
import { openApiDocument } from './http/openapi/document'
import { problem } from './http/problem'
import { wholeQueryValues } from './http/query'
import { rateLimit } from './http/rate-limit'
import { representation } from './http/representation'
import { requestLog } from './http/request-log'
import { securityHeaders } from './http/security-headers'
import { swaggerRoutes } from './http/swagger-routes'
import type { Idempotency } from './idempotency/service'
import { ingestRoutes } from './ingest/routes'
import type { IngestService } from './ingest/service'
import type { Clock } from './lib/clock'
import type { MessageQueries } from './messages/queries'
import { messageRoutes } from './messages/routes'
import type { Metrics } from './metrics'
import type { Cursors } from './pagination'
import type { Connections } from './realtime/connection'
import { socketRoutes } from './realtime/routes'
import { sdkRoutes } from './sdk/routes'
import type { StreamQueries } from './stream/queries'
import { streamRoutes } from './stream/routes'
import type { Mappings } from './users/mappings'
import { userRoutes } from './users/routes'
import type { VoicemailQueries } from './voicemails/queries'
import { voicemailAdminRoutes, voicemailRoutes } from './voicemails/routes'

/** Everything the routes ask; made in server.ts. */
export interface Services {
  config: Config
  probe: HealthProbe
  metrics: Metrics
  authenticator: Authenticator
  apps: AppService
  mappings: Mappings
  contacts: ContactService
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
    .use(contactRoutes({ auth, contacts: services.contacts }))
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
