import { Elysia } from 'elysia'
import type { Authenticator } from '../auth/authenticator'
import { credentialOf } from '../auth/guards'
import { contextOf } from '../http/plugins/request-context'
import { problems, sharedModels } from '../http/schemas'
import { DomainError } from '../lib/errors'
import { fromQuery, SocketQuery } from './protocol'
import type { Connections } from './socket'

const description = `Upgrades to a WebSocket that hears the app's events as they happen.

Credentials: \`?api_key=\`, \`?token=\`, the header \`x-app-api-key\`, or within 10 s a first message
\`{"type":"subscribe","app_id","api_key"|"token","events"?:["call.*"],"user_id"?,"since"?}\`. The server answers
\`{"type":"subscribed","app_id","seq"}\` and from then on sends entries such as \`{"event":"call.started","seq":42,…}\`.
\`seq\` grows by one per app; with \`since\` everything after it is sent first, and what was purged is told as
\`{"type":"gap","from","to"}\`. A wrong message is answered with \`{"type":"error","code","message"}\`.

Closes: 4401 credentials wrong or ended, 4408 too slow (come back with \`since\`), 1001 the server stops.`

/** Bun's own WebSockets: the upgrade carries the connection's handlers as the socket's data. */
export const socketRoutes = (deps: { authenticator: Authenticator; connections: Connections }) =>
  new Elysia({ tags: ['Live events'] }).use(sharedModels).get(
    '/ws',
    async ({ request, server, query, set }) => {
      if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket' || !server)
        throw new DomainError('upgrade_required', 'Connect with a WebSocket client.')
      const { address } = contextOf(request)
      const credential = query.api_key ?? query.token ?? credentialOf(request)
      const principal = credential ? await deps.authenticator.app(credential, address) : null
      const data = deps.connections(principal, fromQuery(query), address)
      const headers = { 'x-request-id': String(set.headers['x-request-id']) }
      if (!server.upgrade(request, { data, headers }))
        throw new DomainError('upgrade_required', 'The WebSocket handshake is not complete.')
    },
    {
      query: SocketQuery,
      response: problems(
        'validation_failed',
        'api_key_invalid',
        'token_invalid',
        'app_inactive',
        'rate_limited',
        'upgrade_required',
      ),
      detail: {
        operationId: 'connectSocket',
        summary: 'Open a WebSocket',
        description,
        security: [{ appApiKey: [] }, { bearer: [] }, {}],
        responses: { 101: { description: 'The connection is a WebSocket from here on' } },
      },
    },
  )
