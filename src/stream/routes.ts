import { Elysia } from 'elysia'
import type { z } from 'zod'
import type { Guards } from '../auth/guards'
import type { AppPrincipal } from '../auth/principal'
import { problems, sharedModels } from '../http/schemas'
import { DomainError } from '../lib/errors'
import { type Filter, matchEvents, splitPatterns, unknownPatterns } from './filter'
import { EventStreamQuery, StreamQuery, streamModels, toStreamEvents } from './model'
import type { StreamQueries } from './queries'
import type { EventStreams } from './server-sent-events'

/** Bun closes a connection that is silent for longer than its timeout. */
const GRACE_SECONDS = 15

/** Longer than the time between two pings. */
const STREAM_TIMEOUT_SECONDS = 120

export const streamRoutes = ({
  guards,
  stream,
}: {
  guards: Guards
  stream: { queries: StreamQueries; eventStreams: EventStreams }
}) =>
  new Elysia({ prefix: '/api/events', tags: ['Live events'] })
    .use(guards)
    .use(sharedModels)
    .model(streamModels)
    .get(
      '/',
      async ({ principal, query, request, server }) => {
        const wanted = toWanted(query)
        server?.timeout(request, wanted.waitMs / 1000 + GRACE_SECONDS)
        return toStreamEvents(await stream.queries.after(principal, wanted, request.signal), wanted.limit)
      },
      {
        scope: 'events:read',
        query: StreamQuery,
        detail: {
          operationId: 'listEvents',
          // Not validated, because entries of earlier versions are sent unchanged.
          responses: {
            200: {
              description: 'The entries',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/StreamEvents' } } },
            },
          },
          summary: 'List live events',
          description:
            'Returns the entries after `after`, oldest first, the same as on the socket. With `wait_seconds` the request is a ' +
            'long poll: the server responds as soon as there is an entry.',
        },
      },
    )
    .get(
      '/stream',
      ({ principal, query, request, server }) => {
        const filter = filterFor(principal, query)
        const since = lastEventIdOf(request) ?? query.since ?? null
        server?.timeout(request, STREAM_TIMEOUT_SECONDS)
        return stream.eventStreams(principal, filter, since, request.signal)
      },
      {
        scopeByQuery: 'events:read',
        query: EventStreamQuery,
        response: problems('scope_missing'),
        detail: {
          operationId: 'streamEvents',
          summary: 'Stream live events',
          description: EVENT_STREAM,
          responses: {
            200: {
              description: 'Server-sent events, until one side closes the connection',
              content: { 'text/event-stream': { schema: { type: 'string' } } },
            },
          },
        },
      },
    )

const EVENT_STREAM = `Streams the same entries as the socket, as server-sent events, for \`EventSource\` and \`curl -N\`.

Each entry is one event without a name (\`onmessage\`): its \`id\` is the \`seq\`, its \`data\` the entry. A client that connects
again with \`Last-Event-ID\`, as \`EventSource\` does automatically, first gets everything it missed. Named events: \`subscribed\`
(\`app_id\` and the newest \`seq\`), \`gap\` (\`from\`, \`to\`: entries that were purged), and \`closed\` (\`code\`, \`reason\`) before the
server closes: 4401 the credentials ended, 4408 the client is too slow, 1001 the server is stopping. The server sends a comment at least every 30 s.

Credentials: the usual headers, or \`?token=\` or \`?api_key=\` for clients that cannot set headers.`

const MAX_SEQ_DIGITS = /^\d{1,15}$/

/** The `seq` in the header `Last-Event-ID`, or null without the header. */
function lastEventIdOf(request: Request): number | null {
  const id = request.headers.get('last-event-id')
  if (id === null || id === '') return null
  if (MAX_SEQ_DIGITS.test(id)) return Number(id)
  throw invalid('Last-Event-ID', 'must be the `seq` of an entry')
}

/** @throws DomainError scope_missing (403) for a user that the token is not limited to, validation_failed for a pattern. */
function filterFor(principal: AppPrincipal, query: z.infer<typeof EventStreamQuery>): Filter {
  if (principal.userId !== null && query.user_id !== undefined && query.user_id !== principal.userId)
    throw new DomainError('scope_missing', 'The token is limited to another user.')
  const patterns = query.events === undefined ? [] : splitPatterns(query.events)
  const unknown = unknownPatterns(patterns)
  if (unknown.length > 0) throw invalid('events', `no event matches ${unknown.join(', ')}`)
  return { events: matchEvents(patterns), userId: principal.userId ?? query.user_id ?? null }
}

const invalid = (path: string, message: string) =>
  new DomainError('validation_failed', `${path}: ${message}`, { errors: [{ path, message }] })

const toWanted = (query: z.infer<typeof StreamQuery>) => ({
  after: query.after ?? 0,
  limit: query.limit ?? 50,
  waitMs: (query.wait_seconds ?? 0) * 1000,
  events: query.events === undefined ? [] : splitPatterns(query.events),
  userId: query.user_id ?? null,
})
