import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { PageQuery, problems, sharedModels } from '../http/schemas'
import { PurgedEntries } from '../stream/model'
import { DESCRIPTIONS, endpointHandlers } from './handlers'
import {
  Delivery,
  DeliveryAttempt,
  DeliveryList,
  DeliveryQuery,
  DeliveryQueued,
  Endpoint,
  EndpointAnswer,
  EndpointChange,
  EndpointDeleted,
  EndpointList,
  EndpointReplayed,
  EndpointSecret,
  EndpointTested,
  NewEndpoint,
  Replay,
} from './model'
import type { EndpointService } from './service'

const EndpointId = z.object({ id: z.string().min(1).max(100) })
const DeliveryId = EndpointId.extend({ delivery_id: z.string().min(1).max(100).describe('the `webhook-id`') })

export const endpointModels = new Elysia({ name: 'endpoint-models' })
  .model({ NewEndpoint, EndpointChange, Replay, Endpoint, EndpointAnswer, EndpointSecret, EndpointList })
  .model({
    EndpointDeleted,
    EndpointTested,
    EndpointReplayed,
    PurgedEntries,
    Delivery,
    DeliveryAttempt,
    DeliveryList,
    DeliveryQueued,
  })

/** Routes for an app's own endpoints. */
export function endpointRoutes({ guards, endpoints }: { guards: Guards; endpoints: { management: EndpointService } }) {
  const handle = endpointHandlers(endpoints.management)
  return new Elysia({ prefix: '/api/endpoints', tags: ['Endpoints'] })
    .use(guards)
    .use(sharedModels)
    .use(endpointModels)
    .post('/', async ({ principal, body, status }) => status(201, await handle.create(principal.appId, body)), {
      scope: 'endpoints:manage',
      body: 'NewEndpoint',
      response: { 201: 'EndpointSecret' },
      detail: { operationId: 'createEndpoint', summary: 'Create endpoint', description: DESCRIPTIONS.create },
    })
    .get('/', ({ principal, query }) => handle.list(principal.appId, query), {
      scope: 'endpoints:manage',
      query: PageQuery,
      response: { 200: 'EndpointList' },
      detail: { operationId: 'listEndpoints', summary: 'List endpoints', description: DESCRIPTIONS.list },
    })
    .get('/:id', ({ principal, params }) => handle.get(principal.appId, params.id), {
      scope: 'endpoints:manage',
      params: EndpointId,
      response: { 200: 'EndpointAnswer', ...problems('endpoint_not_found') },
      detail: { operationId: 'getEndpoint', summary: 'Get endpoint', description: DESCRIPTIONS.get },
    })
    .patch('/:id', ({ principal, params, body }) => handle.update(principal.appId, params.id, body), {
      scope: 'endpoints:manage',
      params: EndpointId,
      body: 'EndpointChange',
      response: { 200: 'EndpointAnswer', ...problems('endpoint_not_found') },
      detail: { operationId: 'updateEndpoint', summary: 'Update endpoint', description: DESCRIPTIONS.update },
    })
    .delete('/:id', ({ principal, params }) => handle.remove(principal.appId, params.id), {
      scope: 'endpoints:manage',
      params: EndpointId,
      response: { 200: 'EndpointDeleted', ...problems('endpoint_not_found') },
      detail: { operationId: 'deleteEndpoint', summary: 'Delete endpoint', description: DESCRIPTIONS.remove },
    })
    .post('/:id/rotate-secret', ({ principal, params }) => handle.rotateSecret(principal.appId, params.id), {
      scope: 'endpoints:manage',
      params: EndpointId,
      response: { 200: 'EndpointSecret', ...problems('endpoint_not_found') },
      detail: {
        operationId: 'rotateEndpointSecret',
        summary: 'Rotate endpoint secret',
        description: DESCRIPTIONS.rotateSecret,
      },
    })
    .post('/:id/test', ({ principal, params }) => handle.test(principal.appId, params.id), {
      scope: 'endpoints:manage',
      params: EndpointId,
      response: { 200: 'EndpointTested', ...problems('endpoint_not_found') },
      detail: { operationId: 'testEndpoint', summary: 'Test endpoint', description: DESCRIPTIONS.test },
    })
    .get('/:id/deliveries', ({ principal, params, query }) => handle.deliveries(principal.appId, params.id, query), {
      scope: 'endpoints:manage',
      params: EndpointId,
      query: DeliveryQuery,
      response: { 200: 'DeliveryList', ...problems('endpoint_not_found') },
      detail: {
        operationId: 'listEndpointDeliveries',
        summary: 'List endpoint deliveries',
        description: DESCRIPTIONS.deliveries,
      },
    })
    .post(
      '/:id/deliveries/:delivery_id/redeliver',
      async ({ principal, params, status }) =>
        status(202, await handle.redeliver(principal.appId, params.id, params.delivery_id)),
      {
        scope: 'endpoints:manage',
        params: DeliveryId,
        response: { 202: 'DeliveryQueued', ...problems('endpoint_not_found', 'delivery_not_found', 'conflict') },
        detail: {
          operationId: 'redeliverEndpointDelivery',
          summary: 'Redeliver endpoint delivery',
          description: DESCRIPTIONS.redeliver,
        },
      },
    )
    .post(
      '/:id/replay',
      async ({ principal, params, body, status }) => status(202, await handle.replay(principal.appId, params.id, body)),
      {
        scope: 'endpoints:manage',
        params: EndpointId,
        body: 'Replay',
        response: { 202: 'EndpointReplayed', ...problems('endpoint_not_found', 'conflict') },
        detail: { operationId: 'replayEndpoint', summary: 'Replay endpoint', description: DESCRIPTIONS.replay },
      },
    )
}
