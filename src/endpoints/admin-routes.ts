import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { AppParams, PageQuery, problems, sharedModels } from '../http/schemas'
import { DESCRIPTIONS, endpointHandlers } from './handlers'
import { DeliveryQuery } from './model'
import { endpointModels } from './routes'
import type { EndpointService } from './service'

const EndpointId = AppParams.extend({ id: z.string().min(1).max(100) })
const DeliveryId = EndpointId.extend({ delivery_id: z.string().min(1).max(100).describe('the `webhook-id`') })

/** Admin routes for the endpoints of every app. */
export function endpointAdminRoutes({
  guards,
  endpoints,
}: {
  guards: Guards
  endpoints: { management: EndpointService }
}) {
  const handle = endpointHandlers(endpoints.management)
  return new Elysia({ prefix: '/internal/apps/:app_id/endpoints', tags: ['Endpoints'] })
    .use(guards)
    .use(sharedModels)
    .use(endpointModels)
    .post('/', async ({ params, body, status }) => status(201, await handle.create(params.app_id, body)), {
      admin: true,
      params: AppParams,
      body: 'NewEndpoint',
      response: { 201: 'EndpointSecret', ...problems('app_not_found') },
      detail: { operationId: 'createAppEndpoint', summary: 'Create app endpoint', description: DESCRIPTIONS.create },
    })
    .get('/', ({ params, query }) => handle.list(params.app_id, query), {
      admin: true,
      params: AppParams,
      query: PageQuery,
      response: { 200: 'EndpointList', ...problems('app_not_found') },
      detail: { operationId: 'listAppEndpoints', summary: 'List app endpoints', description: DESCRIPTIONS.list },
    })
    .get('/:id', ({ params }) => handle.get(params.app_id, params.id), {
      admin: true,
      params: EndpointId,
      response: { 200: 'EndpointAnswer', ...problems('endpoint_not_found') },
      detail: { operationId: 'getAppEndpoint', summary: 'Get app endpoint', description: DESCRIPTIONS.get },
    })
    .patch('/:id', ({ params, body }) => handle.update(params.app_id, params.id, body), {
      admin: true,
      params: EndpointId,
      body: 'EndpointChange',
      response: { 200: 'EndpointAnswer', ...problems('endpoint_not_found') },
      detail: { operationId: 'updateAppEndpoint', summary: 'Update app endpoint', description: DESCRIPTIONS.update },
    })
    .delete('/:id', ({ params }) => handle.remove(params.app_id, params.id), {
      admin: true,
      params: EndpointId,
      response: { 200: 'EndpointDeleted', ...problems('endpoint_not_found') },
      detail: { operationId: 'deleteAppEndpoint', summary: 'Delete app endpoint', description: DESCRIPTIONS.remove },
    })
    .post('/:id/rotate-secret', ({ params }) => handle.rotateSecret(params.app_id, params.id), {
      admin: true,
      params: EndpointId,
      response: { 200: 'EndpointSecret', ...problems('endpoint_not_found') },
      detail: {
        operationId: 'rotateAppEndpointSecret',
        summary: 'Rotate app endpoint secret',
        description: DESCRIPTIONS.rotateSecret,
      },
    })
    .post('/:id/test', ({ params }) => handle.test(params.app_id, params.id), {
      admin: true,
      params: EndpointId,
      response: { 200: 'EndpointTested', ...problems('endpoint_not_found') },
      detail: { operationId: 'testAppEndpoint', summary: 'Test app endpoint', description: DESCRIPTIONS.test },
    })
    .get('/:id/deliveries', ({ params, query }) => handle.deliveries(params.app_id, params.id, query), {
      admin: true,
      params: EndpointId,
      query: DeliveryQuery,
      response: { 200: 'DeliveryList', ...problems('endpoint_not_found') },
      detail: {
        operationId: 'listAppEndpointDeliveries',
        summary: 'List app endpoint deliveries',
        description: DESCRIPTIONS.deliveries,
      },
    })
    .post(
      '/:id/deliveries/:delivery_id/redeliver',
      async ({ params, status }) => status(202, await handle.redeliver(params.app_id, params.id, params.delivery_id)),
      {
        admin: true,
        params: DeliveryId,
        response: { 202: 'DeliveryQueued', ...problems('endpoint_not_found', 'delivery_not_found', 'conflict') },
        detail: {
          operationId: 'redeliverAppEndpointDelivery',
          summary: 'Redeliver app endpoint delivery',
          description: DESCRIPTIONS.redeliver,
        },
      },
    )
    .post(
      '/:id/replay',
      async ({ params, body, status }) => status(202, await handle.replay(params.app_id, params.id, body)),
      {
        admin: true,
        params: EndpointId,
        body: 'Replay',
        response: { 202: 'EndpointReplayed', ...problems('endpoint_not_found', 'conflict') },
        detail: { operationId: 'replayAppEndpoint', summary: 'Replay app endpoint', description: DESCRIPTIONS.replay },
      },
    )
}
