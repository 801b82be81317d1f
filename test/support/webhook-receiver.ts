import { Webhook } from 'standardwebhooks'
import { until } from './until'

export interface ReceivedWebhook {
  id: string
  /** As it was signed. */
  body: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into entries of every shape
  entry: any
  signatures: string[]
}

export type WebhookReceiver = ReturnType<typeof startWebhookReceiver>

/** Software that takes signed webhooks: it verifies each with the library receivers use, and answers as a test says. */
export function startWebhookReceiver() {
  const received: ReceivedWebhook[] = []
  const receiver = {
    /** Set it to the endpoint's: what it does not verify is answered 400 and not taken. */
    secret: '',
    answer: (_webhook: ReceivedWebhook): Response | Promise<Response> => new Response('ok'),
    /** Everything that was verified, refused or not. */
    received,
    /** The seqs of what was answered 2xx, in the order of arrival. */
    taken: [] as number[],
    unverified: 0,
    /** Requests under way, and the most there were at once. */
    open: 0,
    mostOpen: 0,
    url: '',
    async until(what: string, holds: () => boolean, withinMs?: number): Promise<void> {
      await until(what, holds, withinMs)
    },
    stop: () => server.stop(true),
  }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 30,
    async fetch(request) {
      receiver.open++
      receiver.mostOpen = Math.max(receiver.mostOpen, receiver.open)
      try {
        const body = await request.text()
        try {
          new Webhook(receiver.secret).verify(body, Object.fromEntries(request.headers))
        } catch {
          receiver.unverified++
          return new Response('not verified', { status: 400 })
        }
        const webhook = {
          id: request.headers.get('webhook-id')!,
          body,
          entry: JSON.parse(body),
          signatures: request.headers.get('webhook-signature')!.split(' '),
        }
        received.push(webhook)
        const response = await receiver.answer(webhook)
        if (response.ok && webhook.entry.seq) receiver.taken.push(webhook.entry.seq)
        return response
      } finally {
        receiver.open--
      }
    },
  })
  receiver.url = `http://127.0.0.1:${server.port}/hooks`
  return receiver
}
