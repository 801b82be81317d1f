import { Elysia } from 'elysia'
import type { Authenticator } from '../auth/authenticator'
import { credentialOf } from '../auth/guards'
import { contextOf } from '../http/plugins/request-context'
import { problems, sharedModels } from '../http/schemas'
import { DomainError } from '../lib/errors'
import { fromQuery, SocketQuery } from './protocol'
import type { Connections } from './socket'

const description = `Upgrades to a WebSocket that receives the app's live events.

Credentials: \`?api_key=\`, \`?token=\`, the header \`x-app-api-key\`, or within 10 s a first message
\`{"type":"subscribe","app_id","api_key"|"token","events"?:["call.*"],"user_id"?,"since"?}\`. The server answers
\`{"type":"subscribed","app_id","seq"}\` and from then on sends entries such as \`{"event":"call.started","seq":42,…}\`.
\`seq\` increases by one per app. With \`since\` the server first sends all later entries, and for purged ones
\`{"type":"gap","from","to"}\`. The answer to an invalid message is \`{"type":"error","code","message"}\`.

Close codes: 4401 invalid or expired credentials, 4408 too slow (reconnect with \`since\`), 1008 too many messages, 1011 the server failed, 1001 the server is stopping.`

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
        responses: { 101: { description: 'The connection is now a WebSocket' } },
      },
    },
  )
