import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../../auth/guards'
import { PageQuery, problems, sharedModels, toPage } from '../../http/schemas'
import { type Cursors, paginateList } from '../../lib/cursor'
import { DIALPAD_CODES } from '../client/dialpad-api-error'
import type { PullService } from '../pull/service'
import {
  NewSubscription,
  NewWebhook,
  Reconciled,
  Subscription,
  SubscriptionAnswer,
  SubscriptionDeleted,
  SubscriptionList,
  SubscriptionTarget,
  toSubscription,
  toWebhook,
  Webhook,
  WebhookAnswer,
  WebhookCreated,
  WebhookDeleted,
  WebhookList,
  WebhookQuery,
  WebhookTested,
} from './model'
import type { WebhookReconciler } from './reconcile'
import type { Wanted, WebhookService, WebhookWithSubscriptions } from './service'

const AppQuery = z.strictObject({ app_id: z.string().min(1).max(100) })
const WebhookId = z.object({ id: z.string().max(100) })

export function webhookRoutes(deps: {
  guards: Guards
  webhooks: WebhookService
  reconciler: WebhookReconciler
  pull: PullService
  cursors: Cursors
}) {
  const { guards, webhooks, reconciler, pull, cursors } = deps
  const present = (one: WebhookWithSubscriptions) => toWebhook(one, pull.status(one.webhook.id))

  return new Elysia({ prefix: '/internal/webhooks', tags: ['Webhooks'] })
    .use(guards)
    .use(sharedModels)
    .model({
      NewWebhook,
      NewSubscription,
      SubscriptionTarget,
      Webhook,
      WebhookCreated,
      WebhookAnswer,
      WebhookList,
      WebhookDeleted,
    })
    .model({ Subscription, SubscriptionList, SubscriptionAnswer, SubscriptionDeleted, WebhookTested, Reconciled })
    .post(
      '/create',
      async ({ query, body, status }) => {
        const webhook = present(await webhooks.create(query.app_id, toWanted(body ?? {})))
        const { webhook_id, hook_url, subscriptions } = webhook
        return status(201, { success: true as const, webhook_id, hook_url, subscriptions, webhook })
      },
      {
        admin: true,
        query: AppQuery,
        body: z.optional(NewWebhook),
        response: { 201: 'WebhookCreated', ...problems('app_not_found', 'public_url_missing', ...DIALPAD_CODES) },
        detail: {
          operationId: 'createWebhook',
          summary: 'Create a webhook at Dialpad',
          description:
            'Creates a webhook with its own secret at Dialpad and subscribes it to calls and SMS. If any step fails, ' +
            'nothing is created. Requires PUBLIC_URL, except in pull mode, which creates a websocket instead.',
        },
      },
    )
    .get(
      '/',
      async ({ query }) => {
        const all = await webhooks.list(query.app_id)
        const { rows, pagination } = await paginateList(
          cursors,
          'webhooks',
          toPage(query),
          all,
          (one) => one.webhook.id,
        )
        return { success: true as const, webhooks: rows.map(present), pagination }
      },
      {
        admin: true,
        query: WebhookQuery,
        response: { 200: 'WebhookList' },
        detail: {
          operationId: 'listWebhooks',
          summary: 'List webhooks',
          description: 'Returns webhooks with their subscriptions, deliveries and failures.',
        },
      },
    )
    .post(
      '/reconcile',
      async ({ query }) => ({ success: true as const, repairs: await reconciler.reconcile(query.app_id) }),
      {
        admin: true,
        query: AppQuery,
        response: { 200: 'Reconciled', ...problems(...DIALPAD_CODES) },
        detail: {
          operationId: 'reconcileWebhooks',
          summary: 'Reconcile webhooks with Dialpad',
          description:
            'Compares the webhooks with those at Dialpad and repairs differences: recreates missing ones and deletes unknown ' +
            'ones with a URL of this server. Returns the repairs.',
        },
      },
    )
    .get('/:id', async ({ params }) => ({ success: true as const, webhook: present(await webhooks.get(params.id)) }), {
      admin: true,
      params: WebhookId,
      response: { 200: 'WebhookAnswer', ...problems('webhook_not_found') },
      detail: {
        operationId: 'getWebhook',
        summary: 'Get a webhook',
        description: 'Returns a webhook with its subscriptions, last delivery, counts and failures.',
      },
    })
    .delete(
      '/:id',
      async ({ params, query }) => {
        await webhooks.remove(params.id, query.force === 'true')
        return { success: true as const, webhook_id: params.id }
      },
      {
        admin: true,
        params: WebhookId,
        query: z.strictObject({
          force: z.enum(['true', 'false']).optional().describe('delete it here even if Dialpad is unreachable'),
        }),
        response: { 200: 'WebhookDeleted', ...problems('webhook_not_found', ...DIALPAD_CODES) },
        detail: {
          operationId: 'deleteWebhook',
          summary: 'Delete a webhook',
          description: 'Deletes the webhook and its subscriptions, at Dialpad and on this server.',
        },
      },
    )
    .post(
      '/:id/rotate-secret',
      async ({ params }) => {
        await webhooks.rotateSecret(params.id)
        return { success: true as const, webhook: present(await webhooks.get(params.id)) }
      },
      {
        admin: true,
        params: WebhookId,
        response: { 200: 'WebhookAnswer', ...problems('webhook_not_found', 'conflict', ...DIALPAD_CODES) },
        detail: {
          operationId: 'rotateWebhookSecret',
          summary: 'Rotate the secret of a webhook',
          description: 'Creates a new secret. The old secret stays valid for 24 hours, so that no delivery is lost.',
        },
      },
    )
    .post(
      '/:id/test',
      async ({ params }) => {
        const { webhook, subscriptions } = await webhooks.get(params.id)
        const checks = await reconciler.test(webhook, subscriptions)
        return { success: true as const, passed: checks.every(({ ok }) => ok), checks }
      },
      {
        admin: true,
        params: WebhookId,
        response: { 200: 'WebhookTested', ...problems('webhook_not_found', ...DIALPAD_CODES) },
        detail: {
          operationId: 'testWebhook',
          summary: 'Test a webhook',
          description:
            'Checks that the webhook exists at Dialpad with its subscriptions and the same secret, and that a signed delivery to ' +
            'its URL arrives. Leaves one event of type `cti.test` in the queue.',
        },
      },
    )
    .get(
      '/:id/subscriptions',
      async ({ params, query }) => {
        const { subscriptions } = await webhooks.get(params.id)
        const scope = `subscriptions:${params.id}`
        const { rows, pagination } = await paginateList(cursors, scope, toPage(query), subscriptions, ({ id }) => id)
        return { success: true as const, subscriptions: rows.map(toSubscription), pagination }
      },
      {
        admin: true,
        params: WebhookId,
        query: PageQuery,
        response: { 200: 'SubscriptionList', ...problems('webhook_not_found') },
        detail: {
          operationId: 'listSubscriptions',
          summary: 'List the subscriptions of a webhook',
          description: 'Returns the subscriptions of a webhook, oldest first.',
        },
      },
    )
    .post(
      '/:id/subscriptions',
      async ({ params, body, status }) => {
        const subscription = await webhooks.addSubscription(params.id, body.kind, toWanted(body))
        return status(201, { success: true as const, subscription: toSubscription(subscription) })
      },
      {
        admin: true,
        params: WebhookId,
        body: 'NewSubscription',
        response: { 201: 'SubscriptionAnswer', ...problems('webhook_not_found', ...DIALPAD_CODES) },
        detail: {
          operationId: 'createSubscription',
          summary: 'Create a subscription',
          description: 'Subscribes the webhook to another kind of event, or to another target.',
        },
      },
    )
    .delete(
      '/:id/subscriptions/:subscription_id',
      async ({ params }) => {
        await webhooks.removeSubscription(params.id, params.subscription_id)
        return { success: true as const, id: params.subscription_id }
      },
      {
        admin: true,
        params: WebhookId.extend({ subscription_id: z.string().max(100) }),
        response: {
          200: 'SubscriptionDeleted',
          ...problems('webhook_not_found', 'subscription_not_found', ...DIALPAD_CODES),
        },
        detail: {
          operationId: 'deleteSubscription',
          summary: 'Delete a subscription',
          description: 'Deletes the subscription at Dialpad and on this server.',
        },
      },
    )
}

const toWanted = (body: z.infer<typeof NewWebhook>): Wanted => ({
  callStates: body.call_states,
  groupCallsOnly: body.group_calls_only,
  sms: body.sms,
  smsDirection: body.sms_direction,
  agentStatus: body.agent_status,
  target: body.target,
})
