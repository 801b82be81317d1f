import { Elysia } from 'elysia'
import type { z } from 'zod'
import type { Auth } from '../auth/guards'
import { problems, sharedModels } from '../http/schemas'
import { StreamEntry, StreamEvents, StreamQuery, toStreamEvents } from './model'
import type { StreamQueries } from './queries'

/** Bun closes a connection that is silent for longer than its timeout. */
const GRACE_SECONDS = 15

export const streamRoutes = ({ auth, stream }: { auth: Auth; stream: StreamQueries }) =>
  new Elysia({ prefix: '/api/events', tags: ['Live events'] })
    .use(auth)
    .use(sharedModels)
    .model({ StreamEntry, StreamEvents })
    .get(
      '/',
      async ({ principal, query, request, server }) => {
        const wanted = toWanted(query)
        server?.timeout(request, wanted.waitMs / 1000 + GRACE_SECONDS)
        return toStreamEvents(await stream.after(principal, wanted, request.signal), wanted.limit)
      },
      {
        scope: 'events:read',
        query: StreamQuery,
        response: { 200: 'StreamEvents', ...problems(401, 403, 422, 429) },
        detail: {
          summary: 'Read the event stream',
          description:
            'The entries the socket sends, oldest first: what happened after `after`. With `wait_seconds` it is a long ' +
            'poll: the answer comes as soon as there is an entry.',
        },
      },
    )

const toWanted = (query: z.infer<typeof StreamQuery>) => ({
  after: query.after ?? 0,
  limit: query.limit ?? 50,
  waitMs: (query.wait_seconds ?? 0) * 1000,
  events: query.events?.split(',').map((pattern) => pattern.trim()) ?? [],
  userId: query.user_id ?? null,
})
