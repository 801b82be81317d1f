import { Elysia } from 'elysia'
import { z } from 'zod'
import type { createDirectRoutes } from '../http/direct-route'
import { responseSchema } from '../http/response-schema'
import { problems, sharedModels } from '../http/schemas'
import { DomainError } from '../lib/errors'
import type { Receipt, Receiver } from './receive'

const MAX_BODY_BYTES = 1024 * 1024

export const Received = responseSchema(() =>
  z.object({
    received: z.literal(true),
    event_id: z.uuid().describe('id of the stored event; for a duplicate, the id of the first one'),
    duplicate: z.literal(true).optional(),
  }),
)

const detail = {
  tags: ['Webhooks'],
  description:
    'Receives one event from Dialpad: a compact JWT (HS256) with any Content-Type, or JSON signed in `x-dialpad-signature`. ' +
    'The server stores the event before it responds. A duplicate is acknowledged but stored once.',
}

const WEBHOOK_ID = /^[\w-]{1,100}$/

type Received = z.infer<typeof Received>

/** @param webhookId null on the shared route. */
async function receiveDelivery(receiver: Receiver, request: Request, webhookId: string | null): Promise<Received> {
  const body = await readBody(request)
  const signature = request.headers.get('x-dialpad-signature')
  if (webhookId === null) return toAnswer(await receiver.receiveShared(body, signature))
  if (!WEBHOOK_ID.test(webhookId))
    throw new DomainError('validation_failed', 'Invalid webhook id.', {
      errors: [{ path: 'webhook_id', message: 'must be 1 to 100 letters, digits, hyphens, or underscores' }],
    })
  return toAnswer(await receiver.receive(webhookId, body, signature))
}

/** The routes as handlers of Bun's router, which is faster than Elysia's. Most requests are deliveries. */
export function directReceiveRoutes(direct: ReturnType<typeof createDirectRoutes>, receiver: Receiver) {
  const route = (path: string) => ({
    [path]: {
      POST: direct(path, MAX_BODY_BYTES, (request) =>
        receiveDelivery(receiver, request, request.params.webhook_id ?? null),
      ),
    },
  })
  return { ...route('/webhooks/dialpad'), ...route('/webhooks/dialpad/:webhook_id') }
}

/** The same routes for the OpenAPI document. */
export const receiveRoutes = ({ receiver }: { receiver: Receiver }) =>
  new Elysia({ prefix: '/webhooks' })
    .use(sharedModels)
    .model({ Received })
    .post('/dialpad', ({ request }) => receiveDelivery(receiver, request, null), {
      parse: 'none',
      response: { 200: 'Received', ...problems('body_malformed', 'signature_invalid') },
      detail: { ...detail, operationId: 'receiveEvent', summary: 'Receive an event on the shared route' },
    })
    .post('/dialpad/:webhook_id', ({ request, params }) => receiveDelivery(receiver, request, params.webhook_id), {
      parse: 'none',
      params: z.object({ webhook_id: z.string().max(100) }),
      response: {
        200: 'Received',
        ...problems('body_malformed', 'signature_invalid', 'webhook_not_found'),
      },
      detail: { ...detail, operationId: 'receiveWebhookEvent', summary: "Receive an event on an app's own route" },
    })

const toAnswer = ({ eventId, duplicate }: Receipt): Received => ({
  received: true,
  event_id: eventId,
  ...(duplicate ? { duplicate: true as const } : {}),
})

/** The HTTP server limits the size of a body, so reading all of it at once is safe. */
async function readBody(request: Request): Promise<Uint8Array> {
  const body = new Uint8Array(await request.arrayBuffer())
  if (body.length > MAX_BODY_BYTES) throw new DomainError('body_too_large', 'The event is larger than 1 MiB.')
  return body
}
