import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
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

const CallId = z.object({
  id: z.string().min(1).max(100).describe('id of the call, or `dialpad:` and the Dialpad call id'),
})

export const callRoutes = ({
  guards,
  calls,
}: {
  guards: Guards
  calls: { queries: CallQueries; conversationQueries: ConversationQueries }
}) =>
  new Elysia({ prefix: '/api', tags: ['Calls'] })
    .use(guards)
    .use(sharedModels)
    .model({ Call, CallWithTimeline, CallList, ActiveCalls, CallAnswer })
    .model({ ConversationSummary, Conversation, ConversationList, ConversationAnswer })
    .get(
      '/calls/',
      async ({ principal, query }) => ({
        success: true as const,
        ...(await calls.queries.list(principal, query, toPage(query))),
      }),
      {
        scope: 'calls:read',
        query: CallQuery,
        response: { 200: 'CallList' },
        detail: {
          operationId: 'listCalls',
          summary: 'List calls',
          description: 'Returns the call history, newest first by default.',
        },
      },
    )
    .get(
      '/calls/active',
      async ({ principal }) => ({ success: true as const, calls: await calls.queries.active(principal) }),
      {
        scope: 'calls:read',
        response: { 200: 'ActiveCalls' },
        detail: {
          operationId: 'listActiveCalls',
          summary: 'List active calls',
          description: 'Returns calls that are ringing, active or on hold.',
        },
      },
    )
    .get(
      '/calls/export',
      async ({ principal, query }) => callExport(await calls.queries.export(principal, query), query.format ?? 'csv'),
      {
        scopeByQuery: 'calls:read',
        query: ExportQuery,
        response: { 200: z.unknown().describe('the calls') },
        detail: {
          operationId: 'exportCalls',
          summary: 'Export calls',
          description:
            'Streams all calls that match the filters, as CSV with a header row or as one JSON object per line.',
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
        ...(await calls.conversationQueries.list(principal, query, toPage(query))),
      }),
      {
        scope: 'calls:read',
        query: ConversationQuery,
        response: { 200: 'ConversationList' },
        detail: {
          operationId: 'listConversations',
          summary: 'List conversations',
          description:
            'Returns one row per conversation, newest first by default. A user filter matches conversations with at least one ' +
            "leg of the user. A token limited to a user returns figures computed from that user's legs only.",
        },
      },
    )
    .get(
      '/conversations/:id',
      async ({ principal, params }) => ({
        success: true as const,
        conversation: await calls.conversationQueries.get(principal, params.id),
      }),
      {
        scope: 'calls:read',
        params: z.object({ id: z.string().min(1).max(100).describe('`conversation_id` of a call') }),
        response: { 200: 'ConversationAnswer', ...problems('conversation_not_found') },
        detail: {
          operationId: 'getConversation',
          summary: 'Get a conversation',
          description: 'Returns the summary of a conversation, its legs, and the states of all legs in order.',
        },
      },
    )
    .get(
      '/calls/:id',
      async ({ principal, params }) => ({
        success: true as const,
        call: await calls.queries.get(principal, params.id),
      }),
      {
        scope: 'calls:read',
        params: CallId,
        response: { 200: 'CallAnswer', ...problems('call_not_found') },
        detail: {
          operationId: 'getCall',
          summary: 'Get a call',
          description: 'Returns a call with the timeline of its states.',
        },
      },
    )
