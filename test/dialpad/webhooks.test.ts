import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/db/database'
import { createDialpadApi } from '../../src/dialpad/client/api'
import { createDialpadClient } from '../../src/dialpad/client/client'
import { createRateLimiter } from '../../src/dialpad/client/rate-limiter'
import { diagnose } from '../../src/dialpad/webhooks/diagnosis'
import { createWebhookReconciler } from '../../src/dialpad/webhooks/reconcile'
import { createWebhookService } from '../../src/dialpad/webhooks/service'
import { createWebhookStore } from '../../src/dialpad/webhooks/store'
import { iso } from '../../src/lib/clock'
import type { DomainError } from '../../src/lib/errors'
import { createSecretBox } from '../../src/lib/secret-box'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'

const publicUrl = 'https://cti.example.com'

describe.each(backends)('webhooks on %s', (_name, openBackend) => {
  let database: Database
  let dialpad: Dialpad
  let appId: string
  const now = 1_800_000_000_000

  beforeEach(async () => {
    database = await openBackend()
    dialpad = startDialpad({ rateLimits: false })
    appId = await insertApp(database, 'Acme', now)
  })
  afterEach(async () => {
    await dialpad.stop()
    await database.close()
  })

  function setUp(kind: 'webhook' | 'websocket' = 'webhook', url: string | null = publicUrl) {
    const client = createDialpadClient({
      baseUrl: dialpad.url,
      credentials: { access: async () => ({ token: dialpad.apiKey, company: 'c' }), renew: async () => null },
      limiter: createRateLimiter(),
      retryDelayMs: () => 1,
    })
    const deps = {
      database,
      store: createWebhookStore(database),
      api: createDialpadApi(client),
      secretBox: createSecretBox([new Uint8Array(32).fill(7)]),
      publicUrl: url,
      clock: () => now,
    }
    const changed: string[] = []
    const service = createWebhookService({
      ...deps,
      kind,
      apps: { requireApp: async () => {} },
      onChanged: async (id) => void changed.push(id),
    })
    return { ...deps, service, reconciler: createWebhookReconciler(deps), changed }
  }
  const remote = () => [...dialpad.state.endpoints.values()]
  const remoteSubscriptions = () => [...dialpad.state.subscriptions.values()]
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: DomainError) => error.code,
    )

  test('creates a webhook with its own secret and subscribes to calls and SMS', async () => {
    const { service, secretBox, changed } = setUp()
    const { webhook, subscriptions } = await service.create(appId, {})
    const [there] = remote()
    expect(there).toMatchObject({
      hookUrl: `${publicUrl}/webhooks/dialpad/${webhook.id}`,
      id: webhook.dialpadWebhookId,
    })
    expect(await secretBox.open(webhook.secretEncrypted)).toBe(there!.secret!)
    expect(there!.secret!.length).toBeGreaterThanOrEqual(43)
    expect(subscriptions.map(({ kind }) => kind)).toEqual(['call', 'sms'])
    expect(remoteSubscriptions().map(({ kind, settings }) => [kind, settings.direction ?? null])).toEqual([
      ['call', null],
      ['sms', 'all'],
    ])
    expect(changed).toEqual([appId])
    expect(dialpad.state.violations).toEqual([])
  })

  test('subscribes to the requested events', async () => {
    const { service } = setUp()
    const target = { target_type: 'office' as const, target_id: 42 }
    await service.create(appId, { callStates: ['hangup'], sms: false, agentStatus: true, groupCallsOnly: true, target })
    const asked: unknown[] = remoteSubscriptions().map(({ kind, settings }) => ({ kind, ...settings }))
    expect(asked).toEqual([
      { kind: 'call', call_states: ['hangup'], group_calls_only: true, ...target },
      { kind: 'agent_status', agent_type: 'callcenter' },
    ])
    expect(dialpad.state.violations).toEqual([])
  })

  test.each(['subscriptions.call', 'subscriptions.sms', 'webhooks'])(
    'leaves nothing behind when Dialpad refuses to create %s',
    async (what) => {
      const { service } = setUp()
      dialpad.faults.add({
        on: new RegExp(`POST .*${what}$`),
        status: 403,
        body: '{"error":{"message":"missing scope"}}',
      })
      expect(await code(service.create(appId, {}))).toBe('dialpad_unauthorized')
      expect([remote(), remoteSubscriptions(), await service.list()]).toEqual([[], [], []])
    },
  )

  test('finds and deletes the objects of a failed creation whose cleanup also failed', async () => {
    const { service, reconciler } = setUp()
    dialpad.faults.add({ on: /POST .*sms$/, status: 400 })
    dialpad.faults.add({ on: /DELETE/, status: 500 })
    expect(await code(service.create(appId, {}))).toBe('dialpad_refused')
    expect([remote().length, (await service.list()).length]).toEqual([1, 0])
    dialpad.faults.clear()
    expect((await reconciler.reconcile(appId)).map(({ what }) => what)).toEqual(['orphan deleted at Dialpad'])
    expect([remote(), remoteSubscriptions()]).toEqual([[], []])
  })

  test("leaves other people's webhooks alone", async () => {
    const { service, api, reconciler } = setUp()
    await api.createEndpoint(appId, 'webhook', {
      hook_url: 'https://other.example.com/webhooks/dialpad/x',
      secret: 's',
    })
    await service.create(appId, {})
    expect(await reconciler.reconcile(appId)).toEqual([])
    expect(remote()).toHaveLength(2)
  })

  test('repairs what was deleted, disabled or changed at Dialpad', async () => {
    const { service, reconciler, secretBox } = setUp()
    const { webhook } = await service.create(appId, {})
    dialpad.state.subscriptions.delete(remoteSubscriptions()[0]!.id)
    remoteSubscriptions()[0]!.enabled = false
    remote()[0]!.secret = 'changed-by-hand'
    expect((await reconciler.reconcile(appId)).map(({ what }) => what)).toEqual([
      'secret adopted from Dialpad',
      'subscription recreated',
      'subscription recreated',
    ])
    expect(await secretBox.open((await service.requireWebhook(webhook.id)).secretEncrypted)).toBe('changed-by-hand')
    dialpad.state.endpoints.clear()
    expect((await reconciler.reconcile(appId)).map(({ what }) => what)).toEqual([
      'webhook recreated',
      'subscription recreated',
      'subscription recreated',
    ])
    expect(await reconciler.reconcile(appId)).toEqual([])
    expect(remote()).toHaveLength(1)
  })

  test('moves a webhook when the public address has changed', async () => {
    const { webhook } = await setUp().service.create(appId, {})
    const { service, reconciler } = setUp('webhook', 'https://new.example.com')
    expect((await reconciler.reconcile(appId)).map(({ what }) => what)).toEqual(['hook URL changed at Dialpad'])
    const url = `https://new.example.com/webhooks/dialpad/${webhook.id}`
    expect([remote()[0]!.hookUrl, (await service.requireWebhook(webhook.id)).hookUrl]).toEqual([url, url])
    expect(await reconciler.reconcile(appId)).toEqual([])
    expect(dialpad.state.violations).toEqual([])
  })

  test("rotates the secret while both are accepted, also when Dialpad's response is lost", async () => {
    const { service, secretBox } = setUp()
    const { webhook } = await service.create(appId, {})
    const accepted = async () => {
      const row = await service.requireWebhook(webhook.id)
      expect(row.previousSecretUntil).toBeGreaterThan(now)
      return Promise.all([row.secretEncrypted, row.previousSecretEncrypted!].map(secretBox.open))
    }
    for (let i = 0; i < 2; i++) {
      const old = remote()[0]!.secret!
      await service.rotateSecret(webhook.id)
      expect(await accepted()).toEqual([remote()[0]!.secret!, old])
    }
    // 400 after the change was made: whether it arrived cannot be known.
    const old = remote()[0]!.secret!
    dialpad.faults.add({ on: /PATCH/, cut: 'after' })
    expect(await code(service.rotateSecret(webhook.id))).toBe('dialpad_unavailable')
    dialpad.faults.clear()
    expect(remote()[0]!.secret).not.toBe(old)
    expect(new Set(await accepted())).toEqual(new Set([old, remote()[0]!.secret!]))
    const inUse = remote()[0]!.secret!
    await service.rotateSecret(webhook.id)
    expect(await accepted()).toEqual([remote()[0]!.secret!, inUse])
  })

  test('deletes at Dialpad and here; only here with force', async () => {
    const { service } = setUp()
    const one = await service.create(appId, {})
    dialpad.faults.add({ on: /DELETE/, status: 500 })
    expect(await code(service.remove(one.webhook.id, false))).toBe('dialpad_unavailable')
    expect(await service.list()).toHaveLength(1)
    await service.remove(one.webhook.id, true)
    expect(await service.list()).toEqual([])
    dialpad.faults.clear()
    const two = await service.create(appId, {})
    dialpad.state.subscriptions.clear()
    await service.remove(two.webhook.id, false)
    expect(remote().map(({ id }) => id)).toEqual([one.webhook.dialpadWebhookId!])
    expect(await code(service.remove('unknown', false))).toBe('webhook_not_found')
  })

  test('adds and removes a subscription', async () => {
    const { service } = setUp()
    const { webhook } = await service.create(appId, { sms: false })
    const added = await service.addSubscription(webhook.id, 'sms', {})
    expect(remoteSubscriptions().map(({ kind }) => kind)).toEqual(['call', 'sms'])
    await service.removeSubscription(webhook.id, added.id)
    expect(remoteSubscriptions().map(({ kind }) => kind)).toEqual(['call'])
    expect(await code(service.removeSubscription(webhook.id, added.id))).toBe('subscription_not_found')
  })

  test('requires a public address for webhooks, but not in pull mode', async () => {
    expect(await code(setUp('webhook', null).service.create(appId, {}))).toBe('public_url_missing')
    const { webhook } = await setUp('websocket', null).service.create(appId, {})
    expect([webhook.kind, webhook.hookUrl]).toEqual(['websocket', null])
    expect(remote().map(({ kind }) => kind)).toEqual(['websocket'])
  })

  test('stores no secret in plain text', async () => {
    const { service } = setUp()
    await service.create(appId, {})
    const dump = JSON.stringify(await database.queries.select().from(database.tables.dialpadWebhooks))
    expect(dump).not.toContain(remote()[0]!.secret!)
  })

  test('diagnoses in one sentence', async () => {
    const { service, store } = setUp()
    const { webhook } = await service.create(appId, {})
    const say = async () => diagnose(await service.get(webhook.id))
    expect(await say()).toEqual({
      state: 'waiting',
      summary: 'Subscribed to call and sms events; nothing delivered yet.',
    })
    await store.update(database.queries, webhook.id, {
      lastDeliveryAt: now - 180_000,
      failureCount: 2,
      lastFailureAt: now - 7_200_000,
      lastFailure: 'wrong signature',
    })
    expect(await say()).toEqual({
      state: 'healthy',
      summary: `Subscribed to call and sms events; last delivery ${iso(now - 180_000)}; 2 rejected, last ${iso(now - 7_200_000)}: wrong signature.`,
    })
  })

  test('tests a webhook from end to end', async () => {
    const receiver = Bun.serve({ port: 0, fetch: () => Response.json({ received: true }) })
    const { service, reconciler } = setUp('webhook', receiver.url.href.replace(/\/$/, ''))
    const { webhook, subscriptions } = await service.create(appId, {})
    expect((await reconciler.test(webhook, subscriptions)).map(({ name, ok }) => [name, ok])).toEqual([
      ['registered', true],
      ['subscribed', true],
      ['secret', true],
      ['reachable', true],
    ])
    await receiver.stop(true)
    dialpad.state.subscriptions.clear()
    remote()[0]!.secret = 'other'
    expect((await reconciler.test(webhook, subscriptions)).map(({ ok }) => ok)).toEqual([true, false, false, false])
    dialpad.state.endpoints.clear()
    expect((await reconciler.test(webhook, subscriptions)).map(({ name, ok }) => [name, ok])).toEqual([
      ['registered', false],
    ])
  })
})
