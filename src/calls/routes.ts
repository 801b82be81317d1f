import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Auth } from '../auth/guards'
import { problems, sharedModels, toPage } from '../http/schemas'
import {
  Conversation,
  ConversationAnswer,
  ConversationList,
  ConversationQuery,
  ConversationSummary,
} from './conversation-model'
import type { ConversationQueries } from './conversation-queries'
import { callExport } from './export'
import { ActiveCalls, Call, CallAnswer, CallList, CallQuery, CallWithTimeline, ExportQuery } from './model'
import type { CallQueries } from './queries'

const CallId = z.object({ id: z.string().min(1).max(100).describe('our id, or `dialpad:<call id>`') })

export const callRoutes = ({
  auth,
  calls,
  conversations,
}: {
  auth: Auth
  calls: CallQueries
  conversations: ConversationQueries
}) =>
  new Elysia({ prefix: '/api', tags: ['Calls'] })
    .use(auth)
    .use(sharedModels)
    .model({ Call, CallWithTimeline, CallList, ActiveCalls, CallAnswer })
    .model({ ConversationSummary, Conversation, ConversationList, ConversationAnswer })
    .get(
      '/calls/',
      async ({ principal, query }) => ({
        success: true as const,
        ...(await calls.list(principal, query, toPage(query))),
      }),
      {
        scope: 'calls:read',
        query: CallQuery,
        response: { 200: 'CallList' },
        detail: {
          operationId: 'listCalls',
          summary: 'List calls',
          description: 'The history, newest first unless sorted otherwise.',
        },
      },
    )
    .get('/calls/active', async ({ principal }) => ({ success: true as const, calls: await calls.active(principal) }), {
      scope: 'calls:read',
      response: { 200: 'ActiveCalls' },
      detail: {
        operationId: 'listActiveCalls',
        summary: 'List active calls',
        description: 'Calls that ring, talk or are held at this moment.',
      },
    })
    .get(
      '/calls/export',
      async ({ principal, query }) => callExport(await calls.export(principal, query), query.format ?? 'csv'),
      {
        scope: 'calls:read',
        query: ExportQuery,
        response: { 200: z.unknown().describe('the calls') },
        detail: {
          operationId: 'exportCalls',
          summary: 'Export calls',
          description:
            'Every call the filters name, however many, as a stream: CSV with a heading, or a JSON object a line.',
          responses: {
            200: {
              description: 'The calls',
              content: {
                'text/csv': { schema: { type: 'string' } },
                'application/x-ndjson': { schema: { type: 'string' } },
              },
            },
          },
        },
      },
    )
    .get(
      '/conversations',
      async ({ principal, query }) => ({
        success: true as const,
        ...(await conversations.list(principal, query, toPage(query))),
      }),
      {
        scope: 'calls:read',
        query: ConversationQuery,
        response: { 200: 'ConversationList' },
        detail: {
          operationId: 'listConversations',
          summary: 'List conversations',
          description:
            'One row for each conversation, newest first unless sorted otherwise. Filters of users find those one of whose legs ' +
            "is the user's; a token of one user shows what that user's own legs tell.",
        },
      },
    )
    .get(
      '/conversations/:id',
      async ({ principal, params }) => ({
        success: true as const,
        conversation: await conversations.get(principal, params.id),
      }),
      {
        scope: 'calls:read',
        params: z.object({ id: z.string().min(1).max(100).describe('`conversation_id` of a call') }),
        response: { 200: 'ConversationAnswer', ...problems('conversation_not_found') },
        detail: {
          operationId: 'getConversation',
          summary: 'Get a conversation',
          description: 'Its legs merged: when it began and ended, each leg, and the states of all of them in order.',
        },
      },
    )
    .get(
      '/calls/:id',
      async ({ principal, params }) => ({ success: true as const, call: await calls.get(principal, params.id) }),
      {
        scope: 'calls:read',
        params: CallId,
        response: { 200: 'CallAnswer', ...problems('call_not_found') },
        detail: {
          operationId: 'getCall',
          summary: 'Get a call',
          description: 'One call with the time line of its states.',
        },
      },
    )
