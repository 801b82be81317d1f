import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { problems, sharedModels, toPage } from '../http/schemas'
import { Message, MessageAnswer, MessageList, MessageQuery } from './model'
import type { MessageQueries } from './queries'

const MessageId = z.object({ id: z.string().min(1).max(100) })

export const messageRoutes = ({ guards, messages }: { guards: Guards; messages: { queries: MessageQueries } }) =>
  new Elysia({ prefix: '/api/messages', tags: ['Messages'] })
    .use(guards)
    .use(sharedModels)
    .model({ Message, MessageList, MessageAnswer })
    .get(
      '/',
      async ({ principal, query }) => ({
        success: true as const,
        ...(await messages.queries.list(principal, query, toPage(query))),
      }),
      {
        scope: 'messages:read',
        query: MessageQuery,
        response: { 200: 'MessageList' },
        detail: {
          operationId: 'listMessages',
          summary: 'List messages',
          description: 'Returns the SMS history, newest first.',
        },
      },
    )
    .get(
      '/:id',
      async ({ principal, params }) => ({
        success: true as const,
        message: await messages.queries.get(principal, params.id),
      }),
      {
        scope: 'messages:read',
        params: MessageId,
        response: { 200: 'MessageAnswer', ...problems('message_not_found') },
        detail: {
          operationId: 'getMessage',
          summary: 'Get a message',
          description: 'Returns an SMS with its delivery status.',
        },
      },
    )
