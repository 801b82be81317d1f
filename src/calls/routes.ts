import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Auth } from '../http/auth'
import { problems, sharedModels, toPage } from '../http/schemas'
import { ActiveCalls, CallAnswer, CallList, CallQuery } from './model'
import type { CallQueries } from './queries'

const CallId = z.object({ id: z.string().min(1).max(100).describe('our id, or `dialpad:<call id>`') })

export const callRoutes = ({ auth, calls }: { auth: Auth; calls: CallQueries }) =>
  new Elysia({ prefix: '/api/calls', tags: ['Calls'] })
    .use(auth)
    .use(sharedModels)
    .model({ CallList, ActiveCalls, CallAnswer })
    .get(
      '/',
      async ({ principal, query }) => ({
        success: true as const,
        ...(await calls.list(principal, query, toPage(query))),
      }),
      {
        scope: 'calls:read',
        query: CallQuery,
        response: { 200: 'CallList', ...problems(401, 403, 422, 429) },
        detail: { summary: 'List calls', description: 'The history, newest first unless sorted otherwise.' },
      },
    )
    .get('/active', async ({ principal }) => ({ success: true as const, calls: await calls.active(principal) }), {
      scope: 'calls:read',
      response: { 200: 'ActiveCalls', ...problems(401, 403, 429) },
      detail: { summary: 'List active calls', description: 'Calls that ring, talk or are held at this moment.' },
    })
    .get(
      '/:id',
      async ({ principal, params }) => ({ success: true as const, call: await calls.get(principal, params.id) }),
      {
        scope: 'calls:read',
        params: CallId,
        response: { 200: 'CallAnswer', ...problems(401, 403, 404, 422, 429) },
        detail: { summary: 'Read a call', description: 'One call with the time line of its states.' },
      },
    )
