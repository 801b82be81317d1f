import { z } from 'zod'
import { createExamples } from '../http/openapi/examples'
import { createSchemaReader, type JsonSchema } from '../http/openapi/schemas'
import { CustomerRef, Party } from '../http/schemas'
import { ERROR_CODES, type ErrorCode } from '../lib/errors'
import { entryModels, entryName } from './entries'
import { EVENT_NAMES } from './event-names'
import { SocketQuery, Subscribe } from './protocol'

/** The AsyncAPI 3 document of live events: on sockets, over server-sent events and at endpoints. */

const seq = z.int().min(0)
const Subscribed = z
  .object({
    type: z.literal('subscribed').describe('kind of message'),
    app_id: z.uuid().describe('app whose entries follow'),
    seq: seq.describe(
      'newest `seq` of the app; later entries have a greater one, except older entries requested with `since`',
    ),
  })
  .describe('The subscription is active.')
const Gap = z
  .object({
    type: z.literal('gap').describe('kind of message'),
    from: seq.describe('first purged `seq`'),
    to: seq.describe('last purged `seq`'),
  })
  .describe('Requested entries that no longer exist, because RETENTION_DAYS purged them.')
const SocketError = z
  .object({
    type: z.literal('error').describe('kind of message'),
    code: z
      .enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])
      .describe('machine-readable code, from a fixed list'),
    message: z.string().describe('what happened and how to fix it'),
    errors: z
      .array(z.object({ path: z.string().describe('field'), message: z.string().describe('the problem') }))
      .optional()
      .describe('all invalid fields'),
  })
  .describe('A message was invalid or not allowed.')
const Closed = z
  .object({
    type: z.literal('closed').describe('kind of message'),
    code: z.int().describe('4401: the credentials ended; 4408: the client is too slow; 1001: the server is stopping'),
    reason: z.string().describe('readable reason'),
  })
  .describe('The server is about to close the stream.')
const DeliveryHeaders = z
  .object({
    'webhook-id': z.string().describe('same for every attempt of a delivery; skip ids you have already processed'),
    'webhook-timestamp': z.string().regex(/^\d+$/).describe('time of the attempt, in seconds since 1970'),
    'webhook-signature': z
      .string()
      .describe(
        '`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; several, separated by spaces, while a secret rotates',
      ),
  })
  .describe('Headers of a delivery, as Standard Webhooks defines them.')

const control = { Subscribe, Subscribed, Gap, SocketError, Closed, DeliveryHeaders }

export interface AsyncApiMessage {
  name: string
  title: string
  summary: string
  contentType: string
  payload: { $ref: string }
  headers?: { $ref: string }
  examples: { name: string; payload: unknown; headers?: unknown }[]
}

interface ChannelDescription {
  /** Null if the client defines the URL. */
  address: string | null
  title: string
  description: string
  servers?: { $ref: string }[]
  messages: Record<string, { $ref: string }>
  bindings?: object
}
export interface AsyncApiDocument {
  asyncapi: string
  info: { title: string; version: string; description: string; license: { name: string; url: string } }
  defaultContentType: string
  servers: Record<string, { host: string; protocol: string; description: string; security: { $ref: string }[] }>
  channels: Record<string, ChannelDescription>
  operations: Record<string, object>
  components: {
    schemas: Record<string, JsonSchema>
    messages: Record<string, AsyncApiMessage>
    securitySchemes: Record<string, object>
  }
}

/** @param origin public origin of the server, such as `https://cti.example.com`. */
export function asyncApiDocument(origin: string, version: string): AsyncApiDocument {
  const { schemas, toJsonSchema } = createSchemaReader({ ...entryModels, Party, CustomerRef, ...control })
  const exampleOf = createExamples(schemas)
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const message = (name: string, schema: string, title = name): AsyncApiMessage => ({
    name,
    title,
    summary: schemas[schema]?.description ?? '',
    contentType: 'application/json',
    payload: ref(schema),
    examples: [{ name: 'typical', payload: exampleOf(ref(schema)) }],
  })
  const entries = Object.fromEntries(
    EVENT_NAMES.map((event) => [entryName(event), message(event, entryName(event))] as const),
  )
  const deliveries = Object.fromEntries(
    Object.entries(entries).map(([key, one]) => [
      key.replace(/Entry$/, 'Delivery'),
      {
        ...one,
        headers: ref('DeliveryHeaders'),
        // biome-ignore lint/style/noNonNullAssertion: message() gives each one example
        examples: [{ ...one.examples[0]!, headers: DELIVERY_HEADERS }],
      },
    ]),
  )
  const messages = {
    ...entries,
    ...deliveries,
    Subscribe: message('subscribe', 'Subscribe'),
    Subscribed: message('subscribed', 'Subscribed'),
    Gap: message('gap', 'Gap'),
    SocketError: message('error', 'SocketError'),
    Closed: message('closed', 'Closed'),
  }
  const channelMessages = (names: string[]) =>
    Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]))
  const operation = (channel: string, action: 'send' | 'receive', title: string, names: string[]) => ({
    action,
    title,
    summary: title,
    channel: { $ref: `#/channels/${channel}` },
    messages: names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  })
  const sent = Object.keys(entries)
  const onSocket = [...sent, 'Subscribed', 'Gap', 'SocketError']
  const onStream = [...sent, 'Subscribed', 'Gap', 'Closed']
  const { host, protocol } = new URL(origin)
  const secure = protocol === 'https:'

  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Dialpad CTI server: live events',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    defaultContentType: 'application/json',
    servers: {
      socket: { host, protocol: secure ? 'wss' : 'ws', description: 'WebSockets of this server', security: SECURITY },
      http: { host, protocol: secure ? 'https' : 'http', description: 'HTTP of this server', security: SECURITY },
    },
    channels: {
      socket: {
        address: '/ws',
        title: 'WebSocket',
        description: 'Live entries. A client may subscribe again at any time with another filter.',
        servers: [{ $ref: '#/servers/socket' }],
        messages: channelMessages([...onSocket, 'Subscribe']),
        bindings: { ws: { method: 'GET', query: toJsonSchema(SocketQuery), bindingVersion: '0.1.0' } },
      },
      eventStream: {
        address: '/api/events/stream',
        title: 'Server-sent events',
        description:
          'Entries have no event name, and their id is `seq`, so that a client that reconnects with `Last-Event-ID` misses ' +
          'nothing. The event name of other messages is their `type`.',
        servers: [{ $ref: '#/servers/http' }],
        messages: channelMessages(onStream),
      },
      endpoint: {
        address: null,
        title: 'Endpoint',
        description:
          'Your own HTTPS URL, registered with `POST /api/endpoints`. The server posts each entry to it, signed by the ' +
          'Standard Webhooks rules, at least once, and retries until it responds with 2xx.',
        messages: channelMessages(Object.keys(deliveries)),
      },
    },
    operations: {
      subscribe: operation('socket', 'receive', 'A client subscribes', ['Subscribe']),
      sendToSocket: operation('socket', 'send', 'The server sends entries to a socket', onSocket),
      streamEvents: operation('eventStream', 'send', 'The server streams entries', onStream),
      deliverToEndpoint: operation(
        'endpoint',
        'send',
        'The server posts an entry to an endpoint',
        Object.keys(deliveries),
      ),
    },
    components: { schemas, messages, securitySchemes: SECURITY_SCHEMES },
  }
}

const DESCRIPTION = `The events of an app as one stream of numbered entries. The same entries go to sockets, over
server-sent events, to the endpoints you register and, on request, from \`GET /api/events\`. \`seq\` increases by one per app, without
gaps: a client that stores the last one it processed resumes there and misses nothing. Ignore unknown fields.`

const DELIVERY_HEADERS = {
  'webhook-id': 'msg_019a4f6e2c1b7d3e8f005a1b2c3d4e5f',
  'webhook-timestamp': '1769688000',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

const SECURITY_SCHEMES = {
  appApiKey: { type: 'httpApiKey', in: 'header', name: 'x-app-api-key', description: "An app's API key" },
  apiKeyInQuery: { type: 'httpApiKey', in: 'query', name: 'api_key', description: 'The same key in the URL' },
  tokenInQuery: { type: 'httpApiKey', in: 'query', name: 'token', description: 'A client token in the URL' },
}
const SECURITY = Object.keys(SECURITY_SCHEMES).map((name) => ({ $ref: `#/components/securitySchemes/${name}` }))
