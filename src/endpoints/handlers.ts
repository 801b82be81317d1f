import type { z } from 'zod'
import { toPage } from '../http/schemas'
import {
  type DeliveryQuery,
  type EndpointChange,
  type NewEndpoint,
  type Replay,
  toAttempt,
  toChange,
  toDelivery,
  toEndpoint,
  toEndpointAnswer,
  toEndpointSecret,
  toQueuedDelivery,
  toSettings,
} from './model'
import type { EndpointService } from './service'

/** Handlers shared by the app's routes and the admin routes. */
export const endpointHandlers = (management: EndpointService) => ({
  create: async (appId: string, body: z.infer<typeof NewEndpoint>) =>
    toEndpointSecret(await management.create(appId, toSettings(body), body.since ?? null)),

  async list(appId: string, query: Parameters<typeof toPage>[0]) {
    const { rows, pagination } = await management.list(appId, toPage(query))
    return { success: true as const, endpoints: rows.map(toEndpoint), pagination }
  },

  get: async (appId: string, id: string) => toEndpointAnswer(await management.get(appId, id)),

  update: async (appId: string, id: string, body: z.infer<typeof EndpointChange>) =>
    toEndpointAnswer(await management.update(appId, id, toChange(body))),

  remove: async (appId: string, id: string) => ({
    success: true as const,
    endpoint_id: (await management.remove(appId, id)).id,
  }),

  rotateSecret: async (appId: string, id: string) => toEndpointSecret(await management.rotateSecret(appId, id)),

  async test(appId: string, id: string) {
    const attempt = await management.test(appId, id)
    return { success: true as const, delivered: attempt.error === null, attempt: toAttempt(attempt) }
  },

  async deliveries(appId: string, id: string, query: z.infer<typeof DeliveryQuery>) {
    const { rows, pagination } = await management.deliveries(appId, id, query.status ?? null, toPage(query))
    return { success: true as const, deliveries: rows.map(toDelivery), pagination }
  },

  redeliver: async (appId: string, id: string, deliveryId: string) => ({
    success: true as const,
    delivery: toQueuedDelivery(await management.redeliver(appId, id, deliveryId)),
  }),

  async replay(appId: string, id: string, { since }: z.infer<typeof Replay>) {
    const { endpoint, gap } = await management.replay(appId, id, since)
    return { ...toEndpointAnswer(endpoint), gap }
  },
})

export const DESCRIPTIONS = {
  create: `Posts the app's stream entries to \`url\` as they happen, signed by the rules of
[Standard Webhooks](https://www.standardwebhooks.com). The response contains the signing \`secret\`, which is shown only once.

The body is the stream entry, unchanged, with its \`seq\`. Headers: \`webhook-id\` (the same for every attempt, so that you can
detect duplicates), \`webhook-timestamp\` and \`webhook-signature\`. Respond with any 2xx within 10 s. Each entry is delivered at
least once, in the order of \`seq\` while your endpoint responds. A failed delivery is retried after 5 s, 30 s, 5 min, 30 min,
2 h, 5 h, 10 h, 14 h, 20 h and 24 h, plus a random delay; newer entries are delivered meanwhile. After an outage, missed
entries are delivered first, in order. An endpoint that responds 410 or fails for five days is disabled. Redirects are not
followed. In production the URL must be https:// and must not resolve to a private network (ENDPOINT_ALLOW_PRIVATE).`,
  list: 'Returns endpoints, newest first.',
  get: 'Returns the settings of an endpoint, its position in the stream, and the result of the last attempt.',
  update:
    'Changes only the fields you send. `active: true` enables a disabled endpoint: deliveries continue where they stopped, ' +
    'with all waiting entries.',
  remove: 'Deletes the endpoint and its deliveries. Cancels deliveries in progress.',
  rotateSecret:
    'Creates a new signing secret, shown only in this response. For 24 hours deliveries have two signatures, one per ' +
    'secret, so that you can switch without losing any.',
  test:
    'Sends a signed `{"type":"test"}` message and returns the response. The message is not a stream entry: it has no ' +
    '`seq` and is not stored.',
  deliveries: 'Returns all deliveries, highest `seq` first, with the status, latency and response of each attempt.',
  redeliver: 'Delivers one entry again within seconds, with the same `webhook-id`, and with all retries if it fails.',
  replay:
    'Delivers every entry after `since` again, in order and with the same `webhook-id`s. The request only moves the ' +
    "endpoint's position, so it takes the same time for any number of entries.",
}
