import { type AnyElysia, Elysia } from 'elysia'
import { analyticsRoutes } from '../analytics/routes'
import { appRoutes } from '../apps/routes'
import { createGuards, scopeGuardOf } from '../auth/guards'
import { tokenRoutes } from '../auth/routes'
import { callRoutes } from '../calls/routes'
import { VERSION } from '../config/version'
import { customerRoutes } from '../customers/routes'
import { dialpadRoutes } from '../dialpad/routes'
import { endpointAdminRoutes } from '../endpoints/admin-routes'
import { endpointRoutes } from '../endpoints/routes'
import { directReceiveRoutes, receiveRoutes } from '../events/receive-routes'
import { eventRoutes } from '../events/routes'
import { createDirectReads } from '../http/direct-reads'
import { createDirectRoutes } from '../http/direct-route'
import { directHealthRoutes, healthRoutes } from '../http/health'
import { idempotencyKeys } from '../http/idempotency/plugin'
import { createAllowedMethods } from '../http/plugins/allowed-methods'
import { bodyRules } from '../http/plugins/body-rules'
import { createCors } from '../http/plugins/cors'
import { createHttpsRule } from '../http/plugins/https-only'
import { problem } from '../http/plugins/problem'
import { queryRules } from '../http/plugins/query'
import { createRateLimit } from '../http/plugins/rate-limit'
import { representation } from '../http/plugins/representation'
import { originOfRequest } from '../http/plugins/request-context'
import { createRequestLog } from '../http/plugins/request-log'
import { securityHeaders } from '../http/plugins/security-headers'
import { storableText } from '../http/plugins/storable-text'
import { uncheckedAnswers } from '../http/plugins/unchecked-answers'
import { backupRoutes } from '../maintenance/backup-routes'
import { maintenanceRoutes } from '../maintenance/routes'
import { messageRoutes } from '../messages/routes'
import { simulatorRoutes } from '../simulator/routes'
import { streamRoutes } from '../stream/routes'
import { socketRoutes } from '../stream/socket-routes'
import { userRoutes } from '../users/routes'
import { voicemailAdminRoutes, voicemailRoutes } from '../voicemails/routes'
import { asyncApiRoutes } from '../web/asyncapi/routes'
import { consoleRoutes } from '../web/console/routes'
import { settingsRoutes } from '../web/console/settings-routes'
import { sdkRoutes } from '../web/sdk/routes'
import { swaggerRoutes } from '../web/swagger/routes'
import type { Services } from './compose'
import { healthProbe, type ServerProbe } from './health-probe'

/** Without the types of its routes, which are too complex for TypeScript together. */
export type HttpApp = AnyElysia

/** Combines all routes. Does not listen. */
export function createApp(services: Services, server: ServerProbe): HttpApp {
  const { config, metrics, cursors, idempotency, simulation } = services
  const { stream, apps, users, customers, calls, messages, voicemails, events, endpoints, analytics } = services
  const { dialpad, maintenance } = services
  const { authenticator, sessions, tokens } = services.auth
  const guards = createGuards(authenticator, sessions.adminOf)
  const limits = { '/api': config.rateLimit.apiPerMinute, '/internal': config.rateLimit.internalPerMinute } as const
  const allowed = createAllowedMethods()
  const rules = queryRules()
  const { trustProxy } = config
  const requests = createRequestLog(metrics, trustProxy)
  const direct = createDirectRoutes({ requests, isHttpsRequired: config.production, trustProxy })
  const cors = createCors(config.corsOrigins)
  const rateLimit = createRateLimit(limits)
  const httpsRule = config.production ? createHttpsRule(trustProxy, config.publicUrl) : null
  const directReads = createDirectReads({
    requests,
    cors,
    rateLimit,
    httpsRule,
    guardOf: scopeGuardOf,
    isChecked: config.environment === 'test',
  })
  const routes = {
    ...directReceiveRoutes(direct, events.receiver),
    // Requested from inside, without TLS.
    ...directHealthRoutes(createDirectRoutes({ requests, isHttpsRequired: false, trustProxy })),
  }
  const root = new Elysia({
    serve: { routes },
    websocket: { maxPayloadLength: 1024 * 1024, idleTimeout: 120, sendPings: false },
  })
  const app = (config.environment === 'test' ? root : uncheckedAnswers(root))
    .use(requests.plugin())
    .use(securityHeaders())
    .use(cors.plugin())
    .use(rules.plugin)
    .use(storableText())
    .use(idempotencyKeys(idempotency))
    .use(problem(allowed))
    .use(representation())
    .use(bodyRules())
    .use(httpsRule?.plugin() ?? new Elysia())
    .use(rateLimit.plugin())
    .use(healthRoutes({ probe: healthProbe(services, server) }))
    .use(receiveRoutes({ receiver: events.receiver }))
    .use(socketRoutes({ authenticator, connections: stream.connections }))
    .use(appRoutes({ guards, apps, release: dialpad.release, warnings: events.router.warnings }))
    .use(userRoutes({ guards, users }))
    .use(voicemailAdminRoutes({ guards, apps, voicemails }))
    .use(eventRoutes({ guards, queue: events.queue }))
    .use(streamRoutes({ guards, stream }))
    // Combined in one plugin, because TypeScript limits the length of this chain.
    .use(new Elysia().use(endpointRoutes({ guards, endpoints })).use(endpointAdminRoutes({ guards, endpoints })))
    .use(customerRoutes({ guards, customers, forgetCustomer: maintenance.erasure.forgetCustomer }))
    .use(new Elysia().use(maintenanceRoutes({ guards, ...maintenance })).use(backupRoutes({ guards, ...maintenance })))
    .use(tokenRoutes({ guards, tokens, apps }))
    .use(callRoutes({ guards, calls }))
    .use(analyticsRoutes({ guards, analytics }))
    .use(messageRoutes({ guards, messages }))
    .use(voicemailRoutes({ guards, voicemails }))
    .use(dialpadRoutes({ guards, dialpad, calls, voicemails, messages, cursors }))
    .use(simulatorRoutes({ guards, simulation }))
    .use(settingsRoutes({ guards, config }))
    .use(
      consoleRoutes({
        authenticator,
        sessions,
        trustProxy: config.trustProxy,
        about: {
          environment: config.environment,
          version: VERSION,
          sandbox: !config.production,
          secret_in: config.generatedSecretsIn,
        },
      }),
    )
    .use(sdkRoutes({ ctiClientId: config.dialpad.ctiClientId, dialpadOrigin: new URL(config.dialpad.baseUrl).origin }))
  rules.learn(app)
  allowed.learn(app)
  Object.assign(routes, directReads(app))
  const originOf = (request: Request) => config.publicUrl ?? originOfRequest(request, config.trustProxy)
  return app
    .use(
      swaggerRoutes({
        document: async () => (await import('../http/openapi/document')).openApiDocument(app, VERSION),
        originOf,
      }),
    )
    .use(asyncApiRoutes({ version: VERSION, originOf }))
}
