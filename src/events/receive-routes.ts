import { Elysia } from 'elysia'
import { z } from 'zod'
import { problems, sharedModels } from '../http/schemas'
import { DomainError } from '../lib/errors'
import type { Receipt, Receiver } from './receive'

const MAX_BODY_BYTES = 1024 * 1024

export const Received = z.object({
  received: z.literal(true),
  event_id: z.uuid().describe('id of the stored event; for a duplicate, the id of the first one'),
  duplicate: z.literal(true).optional(),
})

const detail = {
  tags: ['Webhooks'],
  description:
    'Receives one event from Dialpad: a compact JWT (HS256) with any Content-Type, or JSON signed in `x-dialpad-signature`. ' +
    'The server stores the event before it responds. A duplicate is acknowledged but stored once.',
}

export const receiveRoutes = ({ receiver }: { receiver: Receiver }) =>
  new Elysia({ prefix: '/webhooks/dialpad' })
    .use(sharedModels)
    .model({ Received })
    .post(
      '/',
      async ({ request }) => toAnswer(await receiver.receiveShared(await readBody(request), signatureOf(request))),
      {
        parse: 'none',
        response: { 200: 'Received', ...problems('body_malformed', 'signature_invalid') },
        detail: { ...detail, operationId: 'receiveEvent', summary: 'Receive an event on the shared route' },
      },
    )
    .post(
      '/:webhook_id',
      async ({ request, params }) =>
        toAnswer(await receiver.receive(params.webhook_id, await readBody(request), signatureOf(request))),
      {
        parse: 'none',
        params: z.object({ webhook_id: z.string().max(100) }),
        response: {
          200: 'Received',
          ...problems('body_malformed', 'signature_invalid', 'webhook_not_found'),
        },
        detail: { ...detail, operationId: 'receiveWebhookEvent', summary: "Receive an event on an app's own route" },
      },
    )

const signatureOf = (request: Request) => request.headers.get('x-dialpad-signature')

const toAnswer = ({ eventId, duplicate }: Receipt): z.infer<typeof Received> => ({
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
