import { makeAnalytics } from '../analytics/make'
import { createAnalyticsStore } from '../analytics/store'
import { makeApps } from '../apps/make'
import { makeAuth } from '../auth/make'
import { makeCalls } from '../calls/make'
import type { Config } from '../config/settings'
import { makeCustomers } from '../customers/make'
import type { Database } from '../db/database'
import { makeDialpad } from '../dialpad/make'
import { makeEndpoints } from '../endpoints/make'
import { makeEvents } from '../events/make'
import { createIdempotency } from '../http/idempotency/service'
import { createIdempotencyStore } from '../http/idempotency/store'
import type { Clock } from '../lib/clock'
import { createCursors } from '../lib/cursor'
import { createSecretBox } from '../lib/secret-box'
import { realTimers, type Timers } from '../lib/timers'
import { makeMaintenance } from '../maintenance/make'
import { makeMessages } from '../messages/make'
import { createMetrics } from '../observability/metrics'
import { createWarnings } from '../observability/warnings'
import { createSimulation } from '../simulator/player'
import { makeStream } from '../stream/make'
import { makeUsers } from '../users/make'
import { makeVoicemails } from '../voicemails/make'

export type Services = ReturnType<typeof compose>

export interface ComposeOptions {
  /** Runs delayed work. */
  timers?: Timers
  /** bcrypt cost for new API keys. Lower in tests, which create hundreds. */
  keyHashCost?: number
  /** Delay before a retry of a request to Dialpad, in ms. Tests pass a short one. */
  dialpadRetryDelayMs?: ((attempt: number) => number) | undefined
}

/** Creates all services over one database, without HTTP. Used by the server and the command line. */
export function compose(
  config: Config,
  database: Database,
  clock: Clock = Date.now,
  { timers = realTimers, keyHashCost, dialpadRetryDelayMs }: ComposeOptions = {},
) {
  const metrics = createMetrics()
  const cursors = createCursors(config.internal.apiSecret)
  const secretBox = createSecretBox(config.encryptionKeys)
  const base = { config, database, clock, metrics, cursors, secretBox }

  const auth = makeAuth(base)
  const idempotency = createIdempotency({ ...base, store: createIdempotencyStore(database) })
  const stream = makeStream({ ...base, auth })
  const apps = makeApps({ ...base, keyHashCost })
  const users = makeUsers({ ...base, apps })
  const customers = makeCustomers({ ...base, apps })
  const marks = createAnalyticsStore(database)
  const calls = makeCalls({ ...base, apps, users, customers, stream, marks })
  const messages = makeMessages({ ...base, users, customers, marks })
  const voicemails = makeVoicemails({ ...base, users, customers })
  const events = makeEvents({ ...base, apps, users, calls, messages, voicemails, stream })
  const endpoints = makeEndpoints({ ...base, timers, apps, stream, instanceId: events.processor.instanceId })
  const dialpad = makeDialpad({
    ...base,
    apps,
    users,
    receiver: events.receiver,
    hints: events.hints,
    router: events.router,
    retryDelayMs: dialpadRetryDelayMs,
  })
  const analytics = makeAnalytics({ ...base, store: marks, apps, users, calls })
  const simulation = createSimulation({
    receiver: events.receiver,
    apps,
    allowed: !config.production,
    clock,
  })
  const maintenance = makeMaintenance({
    ...base,
    apps,
    stream,
    endpoints,
    instanceId: events.processor.instanceId,
  })
  /** The sources of warnings for the operator. */
  const warnings = createWarnings({
    metrics,
    sources: {
      events: events.queue.warnings,
      'shared route': events.router.warnings,
      dialpad: dialpad.warnings,
      endpoints: endpoints.warnings,
      maintenance: maintenance.warnings,
    },
  })
  return {
    ...base,
    auth,
    idempotency,
    stream,
    apps,
    users,
    customers,
    calls,
    messages,
    voicemails,
    events,
    endpoints,
    analytics,
    dialpad,
    simulation,
    maintenance,
    warnings,
  }
}
