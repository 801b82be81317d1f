import type { Apps } from '../apps/make'
import type { CallApplier } from '../calls/apply'
import type { Config } from '../config/settings'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Cursors } from '../lib/cursor'
import type { SecretBox } from '../lib/secret-box'
import type { MessageApplier } from '../messages/apply'
import type { Metrics } from '../observability/metrics'
import type { StreamStore } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import type { UserStore } from '../users/store'
import type { VoicemailApplier } from '../voicemails/apply'
import { createApplyEvents } from './apply'
import { createInstanceStore } from './instance-store'
import { createEventLoad } from './load'
import { createProcessor } from './processor'
import { createEventQueue } from './queue'
import { createReceiver } from './receive'
import { createRouteHintStore } from './route-hint-store'
import { createRouteHints } from './route-hints'
import { createRouter } from './router'
import { createEventStore } from './store'
import { createWebhookSecrets } from './webhook-secrets'
import { createWebhookSecretStore } from './webhook-store'

export function makeEvents(deps: {
  config: Config
  database: Database
  cursors: Cursors
  secretBox: SecretBox
  metrics: Metrics
  clock: Clock
  apps: Apps
  users: { lookup: UserLookup; store: UserStore }
  calls: { apply: CallApplier }
  messages: { apply: MessageApplier }
  voicemails: { apply: VoicemailApplier }
  stream: { store: StreamStore }
}) {
  const { config, database, cursors, secretBox, metrics, clock, apps } = deps
  const store = createEventStore(database)
  const applyEvents = createApplyEvents(deps)
  const hintStore = createRouteHintStore(database)
  const hints = createRouteHints({ database, store: hintStore })
  const router = createRouter({ database, directory: apps.directory, hints, store: hintStore })
  const load = createEventLoad()
  const processor = createProcessor({
    database,
    store,
    instances: createInstanceStore(database),
    applyEvents,
    apps,
    metrics,
    clock,
    load,
  })
  const webhooks = createWebhookSecrets({ database, store: createWebhookSecretStore(database), secretBox, clock })
  const receiver = createReceiver({
    database,
    store,
    router,
    webhooks,
    processor,
    load,
    sharedSecrets: config.dialpad.webhookSecrets,
    hmacAllowed: config.dialpad.hmacWebhooks,
    metrics,
    clock,
  })
  return {
    store,
    processor,
    receiver,
    webhooks,
    hints,
    router,
    queue: createEventQueue({ database, store, apps, router, cursors }),
  }
}
