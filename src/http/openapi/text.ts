export const DESCRIPTION = `A bridge between a company's Dialpad phones and its own software: events, history, live
sockets, click to call.

## First steps

1. Press **Authorize** and paste the admin secret under \`adminSecret\`. In sandbox it is in \`DATA_DIR/secrets.json\`.
2. \`POST /internal/apps\` creates an app. The response contains the app's API key, which is shown only once.
3. Press **Authorize** again and paste the key under \`appApiKey\`. All routes under \`/api\` now return that app's data.
4. \`POST /internal/simulate\` plays a realistic call without a Dialpad account (sandbox only).

## Conventions

- JSON in \`snake_case\`. Times are ISO 8601 UTC with milliseconds; filters also accept epoch milliseconds. Ids of this server are
  UUIDv7 strings, Dialpad's are integers. Phone numbers are E.164 in responses and may have any format in requests.
- Success is \`{"success": true, …}\`. Lists carry \`pagination\`: send \`next_cursor\` as \`cursor\` for the next page. \`total\`
  is only counted with \`include_total=true\`.
- Errors are \`application/problem+json\` (RFC 9457). \`code\` is from a fixed list; \`errors\` contains each invalid field.
  Records of another app return 404, as if they did not exist. Unknown parameters and fields return 422.
- Every response has an \`x-request-id\`; send your own to find a request in the log. \`/api\` and \`/internal\` are limited per
  client address: see the \`RateLimit\` headers, and \`Retry-After\` on 429.
- \`Idempotency-Key\` on unsafe \`/api\` requests: the server processes the same key and body once and returns the same response for 24 hours. A
  different body returns 422. While the first request is in progress, a repeated one returns 409.
- \`ETag\` on reads: send it as \`If-None-Match\` to get 304 if the data did not change.

## Live events

\`GET /ws\` upgrades to a WebSocket. Credentials: \`?api_key=\`, \`?token=\`, the header \`x-app-api-key\`, or within 10 s a first
message \`{"type":"subscribe","app_id","api_key"|"token","events"?:["call.*"],"user_id"?,"since"?}\`. The server answers
\`{"type":"subscribed","app_id","seq"}\` and from then on sends entries such as
\`{"event":"call.started","seq":42,"call_id":5780678246121472,…}\`. \`seq\` increases by one per app, without gaps; with \`since\`
the server first sends all later entries, and \`{"type":"gap","from","to"}\` for purged ones. The answer to an invalid message
is \`{"type":"error","code","message"}\`. The socket closes with 4401 if the credentials are invalid or expire, 4408 if the
client is too slow (reconnect with \`since\`), 1001 when the server stops. \`GET /api/events/stream\` sends the same entries as
server-sent events, \`GET /api/events\` returns them over plain HTTP.`

export const TAGS: Record<string, string> = {
  Health: 'Health and metrics of the server.',
  Maintenance: 'Backups, retention, and erasing the data of a phone number.',
  Apps: 'Tenants and their API keys. Every key belongs to exactly one app.',
  Users: 'Mappings between Dialpad users and the users of your software.',
  Dialpad: 'Connections to Dialpad accounts, and backfill from their history.',
  Webhooks: 'Webhooks at Dialpad, and the routes that receive its events.',
  'Event queue': 'The server stores every event before it processes it. Inspect events and replay failed ones.',
  Calls: 'History, active calls, conversations, exports and click to call.',
  Analytics: 'Figures of conversations and messages, and who is on a call now.',
  Messages: 'SMS history and sending.',
  Voicemails: 'Voicemails with their transcripts.',
  Customers: "The app's customer directory, for caller identification.",
  'Live events': 'The stream of live events, by WebSocket, server-sent events or long polling.',
  Endpoints: 'Outgoing webhooks: signed deliveries of stream entries to your own software.',
  Tokens: 'Short-lived credentials for browsers.',
}

export const SECURITY_SCHEMES = {
  appApiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-app-api-key',
    description: "An app's API key, `raw_` and 64 hex digits.",
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'The same API key, or a client token from `POST /api/tokens`.',
  },
  adminSecret: {
    type: 'http',
    scheme: 'bearer',
    description: 'The `INTERNAL_API_SECRET`, or an admin JWT when `INTERNAL_JWKS_URL` is set.',
  },
}

export const HEADERS = {
  'x-request-id': { description: 'Id of the request, to find it in the log.', schema: { type: 'string' } },
  RateLimit: {
    description: 'Remaining quota: `"default";r=<requests>;t=<seconds until it resets>`.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'Quota: `"default";q=<requests>;w=<seconds>`.',
    schema: { type: 'string' },
  },
  'Retry-After': { description: 'Seconds to wait before the next request.', schema: { type: 'integer' } },
}
