export const DESCRIPTION = `The bridge between a company's Dialpad telephones and its own software: events, history, live
sockets, click to call.

## First steps

1. Press **Authorize** and paste the admin secret under \`adminSecret\`. In sandbox it is in \`DATA_DIR/secrets.json\`.
2. \`POST /internal/apps\` makes an app. Its answer shows the app's API key once.
3. Press **Authorize** again and paste the key under \`appApiKey\`. Everything under \`/api\` now answers with that app's data.
4. \`POST /internal/simulate\` plays a realistic call, with no Dialpad account at hand (sandbox only).

## Conventions

- JSON in \`snake_case\`. Instants are ISO 8601 UTC with milliseconds; filters also take epoch milliseconds. Our ids are
  UUIDv7 strings, Dialpad's are integers. Telephone numbers are answered in E.164 and taken in any spelling.
- Success is \`{"success": true, …}\`. Lists carry \`pagination\`: send \`next_cursor\` as \`cursor\` for the next page. \`total\`
  is counted when \`include_total=true\` asks for it.
- Errors are \`application/problem+json\` (RFC 9457). \`code\` is one of a closed set; \`errors\` names each field that is wrong.
  What belongs to another app is 404, as if it did not exist. Parameters and members that are not known are 422.
- Every answer carries \`x-request-id\`; send your own to find a request in the log. \`/api\` and \`/internal\` are limited per
  client address: see the \`RateLimit\` headers, and \`Retry-After\` on 429.
- \`Idempotency-Key\` on unsafe \`/api\` requests: the same key and body is answered once and the same for 24 hours; another
  body is 422, and 409 while the first request is under way.
- \`ETag\` on reads: send it as \`If-None-Match\` and what did not change is 304.

## Live events

\`GET /ws\` upgrades to a WebSocket. Credentials: \`?api_key=\`, \`?token=\`, the header \`x-app-api-key\`, or within 10 s a first
message \`{"type":"subscribe","app_id","api_key"|"token","events"?:["call.*"],"user_id"?,"since"?}\`. The server answers
\`{"type":"subscribed","app_id","seq"}\` and from then on sends entries such as
\`{"event":"call.started","seq":42,"call_id":5780678246121472,…}\`. \`seq\` grows by one per app, without holes; with \`since\`
everything after it is sent first, and what was purged is told as \`{"type":"gap","from","to"}\`. A wrong message is answered
with \`{"type":"error","code","message"}\`. The socket closes with 4401 when the credentials are wrong or end, 4408 when the
client is too slow (come back with \`since\`), 1001 when the server stops. \`GET /api/events/stream\` sends the same entries as
server-sent events, \`GET /api/events\` returns them over plain HTTP.`

export const TAGS: Record<string, string> = {
  Health: 'Whether the server is well, and its figures.',
  Maintenance: 'Backups, retention, and erasing what belongs to a phone number.',
  Apps: 'Tenants and their API keys. Every key opens exactly one app.',
  Users: 'Which Dialpad user is who in your own software.',
  Dialpad: 'Connecting a Dialpad account and filling gaps from its history.',
  Webhooks: 'Registrations at Dialpad, and where its events come in.',
  'Event queue': 'Every delivery is stored before it is processed: look at it, replay what failed.',
  Calls: 'History, active calls, conversations, exports; click to call.',
  Analytics: 'Figures of conversations and messages; who is on a call now.',
  Messages: 'SMS history and sending.',
  Voicemails: 'Voicemails with their transcripts.',
  Customers: "The app's own directory: who is calling.",
  'Live events': 'The stream of what happens, by WebSocket, server-sent events or long poll.',
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
    description: 'The same API key, or a client token made by `POST /api/tokens`.',
  },
  adminSecret: {
    type: 'http',
    scheme: 'bearer',
    description: 'The `INTERNAL_API_SECRET`, or an admin JWT when `INTERNAL_JWKS_URL` is set.',
  },
}

export const HEADERS = {
  'x-request-id': { description: 'Finds the request in the log.', schema: { type: 'string' } },
  RateLimit: {
    description: 'What is left: `"default";r=<requests>;t=<seconds until it is full again>`.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'What is allowed: `"default";q=<requests>;w=<seconds>`.',
    schema: { type: 'string' },
  },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
}
