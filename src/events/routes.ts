import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { problems, sharedModels, toPage } from '../http/schemas'
import { createFieldReader } from '../lib/field-reader'
import {
  EventAnswer,
  type EventFilterQuery,
  EventQuery,
  EventQueueList,
  EventStats,
  EventWithPayload,
  QueuedEvent,
  Replayed,
  ReplayMany,
  ReplayOne,
  RouteEvents,
  toEvent,
  toEventStats,
  toEventWithPayload,
} from './model'
import type { EventQueue } from './queue'

const EventId = z.object({ id: z.string().min(1).max(100) })

export const eventRoutes = ({ guards, queue }: { guards: Guards; queue: EventQueue }) =>
  new Elysia({ prefix: '/internal/events', tags: ['Event queue'] })
    .use(guards)
    .use(sharedModels)
    .model({
      QueuedEvent,
      EventWithPayload,
      EventQueueList,
      EventAnswer,
      EventStats,
      ReplayOne,
      ReplayMany,
      RouteEvents,
      Replayed,
    })
    .get(
      '/',
      async ({ query }) => {
        const { rows, pagination } = await queue.list(toFilter(query), toPage(query))
        return { success: true as const, events: rows.map(toEvent), pagination }
      },
      {
        admin: true,
        query: EventQuery,
        response: { 200: 'EventQueueList' },
        detail: {
          operationId: 'listQueuedEvents',
          summary: 'List received events',
          description: 'Newest first. Dead letters have `status=failed`.',
        },
      },
    )
    .get('/stats', async ({ query }) => toEventStats(await queue.stats(query.app_id)), {
      admin: true,
      query: z.strictObject({ app_id: z.string().max(100).optional() }),
      response: { 200: 'EventStats' },
      detail: {
        operationId: 'getQueueStats',
        summary: 'Count events by status',
        description: 'For all apps, or for one app with `app_id`.',
      },
    })
    .get(
      '/:id',
      async ({ params }) => ({ success: true as const, event: toEventWithPayload(await queue.get(params.id)) }),
      {
        admin: true,
        params: EventId,
        response: { 200: 'EventAnswer', ...problems('event_not_found') },
        detail: {
          operationId: 'getQueuedEvent',
          summary: 'Get an event',
          description: 'Includes the parsed payload and the last error.',
        },
      },
    )
    .post(
      '/:id/replay',
      async ({ params, body }) => {
        await queue.replay(params.id, body?.app_id)
        return { success: true as const, replayed: 1 }
      },
      {
        admin: true,
        params: EventId,
        body: z.optional(ReplayOne),
        response: { 200: 'Replayed', ...problems('event_not_found', 'conflict') },
        detail: {
          operationId: 'replayQueuedEvent',
          summary: 'Replay an event',
          description:
            'Processes the event again without duplicating records. Fails with 409 for a quarantined event, and for an ' +
            'unrouted event without `app_id`.',
        },
      },
    )
    .post(
      '/route',
      async ({ body: { app_id, ...filter } }) => {
        const { appId: _, status: __, ...wanted } = toFilter(filter, 'body')
        return { success: true as const, replayed: await queue.route(app_id, wanted) }
      },
      {
        admin: true,
        body: 'RouteEvents',
        response: { 200: 'Replayed', ...problems('app_not_found') },
        detail: {
          operationId: 'routeEvents',
          summary: 'Assign unrouted events to an app',
          description:
            'Assigns all unrouted events, or those that match the filter, and processes them immediately, oldest first.',
        },
      },
    )
    .post(
      '/replay',
      async ({ body }) => ({
        success: true as const,
        replayed: await queue.replayMany(toFilter(body ?? {}, 'body')),
      }),
      {
        admin: true,
        body: z.optional(ReplayMany),
        response: { 200: 'Replayed', ...problems('conflict') },
        detail: {
          operationId: 'replayQueuedEvents',
          summary: 'Replay many events',
          description: 'Replays all dead letters, or the events that match the filter.',
        },
      },
    )

function toFilter(query: z.infer<typeof EventFilterQuery>, where: 'query' | 'body' = 'query') {
  const read = createFieldReader(where)
  const filter = {
    status: query.status,
    appId: query.app_id,
    eventType: query.event_type,
    receivedAfter: read.instant('received_after', query.received_after),
    receivedBefore: read.instant('received_before', query.received_before),
  }
  read.assertNone()
  return filter
}
