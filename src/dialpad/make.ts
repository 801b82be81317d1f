import { getLogger } from '@logtape/logtape'
import type { Apps } from '../apps/make'
import type { Config } from '../config/settings'
import type { Database } from '../db/database'
import type { Receiver } from '../events/receive'
import type { RouteHints } from '../events/route-hints'
import type { Router } from '../events/router'
import type { Clock } from '../lib/clock'
import { DomainError } from '../lib/errors'
import type { SecretBox } from '../lib/secret-box'
import { realTimers } from '../lib/timers'
import type { Metrics } from '../observability/metrics'
import type { Warning } from '../observability/warnings'
import type { UserLookup } from '../users/lookup'
import { createActionService } from './actions/service'
import { createBackfillService } from './backfill/service'
import { createBackfillStore } from './backfill/store'
import { createDialpadApi } from './client/api'
import { type Credentials, createDialpadClient } from './client/client'
import { createRateLimiter } from './client/rate-limiter'
import { createCredentials } from './connections/credentials'
import { createOAuthProtocol } from './connections/oauth'
import { createConnectionService } from './connections/service'
import { createConnectionStore } from './connections/store'
import { createMediaService } from './media/service'
import { createPullService } from './pull/service'
import { createTranscriptService } from './transcripts/service'
import { createTranscriptStore } from './transcripts/store'
import { createTroubles } from './troubles'
import { createAccountLearner } from './users/account'
import { createDialpadUserService } from './users/service'
import { createWebhookReconciler } from './webhooks/reconcile'
import { createWebhookService } from './webhooks/service'
import { createWebhookStore } from './webhooks/store'

const log = getLogger(['cti', 'dialpad'])

export type Dialpad = ReturnType<typeof makeDialpad>

/** All requests of this server to Dialpad: services for routes, and background workers. */
export function makeDialpad(deps: {
  config: Config
  database: Database
  secretBox: SecretBox
  metrics: Metrics
  clock: Clock
  apps: Apps
  users: { lookup: UserLookup }
  receiver: Receiver
  hints: Pick<RouteHints, 'learn'>
  router: Pick<Router, 'ownerOf'>
  retryDelayMs?: ((attempt: number) => number) | undefined
}) {
  const { config, database, secretBox, metrics, clock, apps, users, receiver, hints, router, retryDelayMs } = deps
  const { baseUrl, apiKey, scopes, delivery } = config.dialpad
  const { publicUrl, region, encryptionKeys } = config
  const limiter = createRateLimiter()
  const observe = (endpoint: string, status: number, seconds: number) => {
    metrics.dialpadRequests.inc({ endpoint, status: String(status) })
    metrics.dialpadSeconds.observe({ endpoint }, seconds)
  }
  const apiWith = (credentials: Credentials) =>
    createDialpadApi(createDialpadClient({ baseUrl, credentials, limiter, observe, retryDelayMs }))

  const settings = config.dialpad.oauth
  const redirectUri = settings?.redirectUri ?? null
  const oauth = settings && redirectUri ? createOAuthProtocol(baseUrl, { ...settings, redirectUri, scopes }) : null
  const connectionStore = createConnectionStore(database)
  const credentials = createCredentials({ database, store: connectionStore, oauth, secretBox, apiKey, clock })
  const api = apiWith(credentials)

  const backfill = createBackfillService({
    database,
    store: createBackfillStore(database),
    api,
    clock,
    async ingest(appId, { json, dedupeKey }) {
      const origin = { source: 'backfill' as const, appId, webhookId: null, key: dedupeKey }
      return !(await receiver.storeEvent(json, json, origin)).duplicate
    },
    ownerOf,
    connectedApps,
    apps,
    requireConnected: credentials.access,
    observe: (recovered) => metrics.dialpadCallsRecovered.inc(recovered),
    staleCallMs: config.staleCallMinutes * 60_000,
  })

  /** Finds out whether a listed call belongs to the app. A connection lists only the app's company, the static key the calls of every app. */
  async function ownerOf(appId: string, call: unknown) {
    if (apiKey === null) return 'own'
    const direct = new Set((await webhooks.list()).map(({ webhook }) => webhook.appId))
    return router.ownerOf(appId, call, direct)
  }

  /** Apps with a history and access to Dialpad. With a static key and a single app, always that app. */
  async function connectedApps(): Promise<string[]> {
    const active = (await apps.store.all(database.queries)).filter((app) => app.active).map(({ id }) => id)
    // biome-ignore lint/style/noNonNullAssertion: there is one, as the condition says
    if (apiKey !== null && active.length === 1) await backfill.begin(active[0]!)
    const begun = new Set((await backfill.all()).map(({ appId }) => appId))
    const able = await Promise.all(active.map(async (id) => begun.has(id) && (await credentials.has(id))))
    return active.filter((_, i) => able[i])
  }

  const connections = createConnectionService({
    database,
    store: connectionStore,
    oauth,
    secretBox,
    encryptionKeys,
    scopes,
    clock,
    apps,
    companyOf: (token) =>
      apiWith({ access: async () => ({ token, company: 'connecting' }), renew: async () => null }).company(''),
    async onConnected(appId, orgId) {
      await apps.update(appId, { orgId })
      await backfill.begin(appId)
      void account
        .learnAccount(appId)
        .catch((error: unknown) => log.error('could not learn the users of an app: {error}', { error }))
    },
  })
  // A static key is shared by all apps, so it does not distinguish them.
  const account = createAccountLearner({
    api,
    connections: async () => (apiKey === null ? connections.list() : []),
    learn: hints.learn,
  })

  const webhookDeps = { database, store: createWebhookStore(database), api, secretBox, publicUrl, clock }
  const pull = createPullService({
    registrations: () => webhookDeps.store.ofKind(database.queries, 'websocket'),
    freshUrl: async (appId, id) => (await api.endpoint(appId, 'websocket', id))?.url ?? null,
    receive: receiveFrame,
    onGap: (appId) => void fillGap(appId),
    clock,
    timers: realTimers,
  })
  const webhooks = createWebhookService({
    ...webhookDeps,
    kind: delivery === 'pull' ? 'websocket' : 'webhook',
    apps,
    async onChanged(appId) {
      await backfill.begin(appId)
      if (started) await pull.sync()
    },
  })

  /** Counts and drops an invalid frame. A frame that could not be stored is delivered again. */
  async function receiveFrame(webhookId: string, frame: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await receiver.receive(webhookId, frame, null, 'websocket')
    } catch (error) {
      if (!(error instanceof DomainError) || error.status >= 500) throw error
      log.warn('rejected a frame for {webhookId}: {reason}', { webhookId, reason: error.message })
    }
  }

  async function fillGap(appId: string): Promise<void> {
    try {
      await backfill.run(appId)
    } catch (error) {
      log.info('the backfill after a reconnect failed and runs again later: {reason}', {
        reason: error instanceof DomainError ? error.message : error,
      })
    }
  }

  const transcripts = createTranscriptService({
    database,
    store: createTranscriptStore(database),
    api,
    clock,
    ingest: (appId, { json, dedupeKey }) =>
      receiver.storeEvent(json, json, { source: 'backfill', appId, webhookId: null, key: dedupeKey }),
    connectedApps,
  })
  const troubles = createTroubles({
    api,
    connections: connections.list,
    registrations: webhooks.list,
    backfills: backfill.all,
    pullStatus: pull.status,
    openSecret: secretBox.open,
    usesApiKey: apiKey !== null,
    clock,
  })
  const reconciler = createWebhookReconciler({
    ...webhookDeps,
    async onReconciled(appId, repairs) {
      troubles.reconciled(appId, await webhooks.list(appId), repairs)
      if (started) await pull.sync()
    },
  })

  /** Warnings about Dialpad for the operator. */
  async function warnings(): Promise<Warning[]> {
    metrics.dialpadConnections.reset()
    for (const { status } of await connections.list()) metrics.dialpadConnections.inc({ status })
    return (await troubles.current()).map(({ appId: _, repair: __, ...warning }) => warning)
  }

  async function refreshTokens(): Promise<void> {
    await credentials.refreshDue()
    await warnings()
  }

  let started = false
  return {
    apps,
    connections,
    connectedApps,
    webhooks,
    reconciler,
    transcripts,
    troubles,
    async checkRegistrations(): Promise<void> {
      await troubles.check()
      await account.learnAll()
    },
    backfill,
    pull,
    media: createMediaService({ baseUrl, shareLink: api.shareLink, credentials, limiter, observe }),
    actions: createActionService({
      api,
      region,
      users,
    }),
    users: createDialpadUserService({
      api,
      apps,
      users,
      clock,
    }),
    /** Origin of connect links: the public URL of this server. */
    linkBase: publicUrl ?? (redirectUri ? new URL(redirectUri).origin : null),

    warnings,
    refreshTokens,

    /** Removes an app's records at Dialpad before the app is deleted, if Dialpad is reachable. */
    async release(appId: string): Promise<void> {
      for (const { webhook } of await webhooks.list(appId)) await webhooks.remove(webhook.id, true)
      for (const { id, appId: owner } of await connections.list())
        if (owner === appId) await connections.disconnect(id, true)
    },

    /** Starts token refreshes, pulling, and the backfill of events missed while the server was down. */
    async start(): Promise<void> {
      started = true
      if (delivery === 'pull') await pull.sync()
      void backfill
        .sweep()
        .catch((error: unknown) => log.error('the backfill after the start failed: {error}', { error }))
    },
    async stop(): Promise<void> {
      started = false
      await pull.stop()
      await backfill.stop()
    },
  }
}
