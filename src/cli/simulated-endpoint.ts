import { Webhook } from 'standardwebhooks'

interface Created {
  endpoint: { id: string }
  secret: string
}

/** Calls an admin route of the server. @throws Error with the detail of the response. */
export type AskAdmin = <T>(method: string, path: string, body?: object) => Promise<T>

/**
 * A receiver on this machine, registered as an endpoint of the app, that prints each delivery it verified.
 * @returns a function that deletes the endpoint and stops the receiver.
 */
export async function startEndpoint(ask: AskAdmin, appId: string): Promise<() => Promise<void>> {
  let webhook: Webhook | null = null
  const receiver = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const body = await request.text()
      try {
        if (!webhook) return new Response(null, { status: 503 })
        const { event, seq } = webhook.verify(body, Object.fromEntries(request.headers)) as Record<string, unknown>
        console.log(`  ← endpoint #${seq} ${event}  verified, webhook-id ${request.headers.get('webhook-id')}`)
        return new Response(null, { status: 204 })
      } catch {
        console.log('  ← endpoint: a delivery with an invalid signature')
        return new Response(null, { status: 400 })
      }
    },
  })
  const path = `/internal/apps/${appId}/endpoints`
  try {
    const url = `http://127.0.0.1:${receiver.port}/`
    const created = await ask<Created>('POST', path, { url, description: 'cti-server simulate' })
    webhook = new Webhook(created.secret)
    console.log(`Created a temporary endpoint (${created.endpoint.id}): ${url}`)
    return async () => {
      await ask('DELETE', `${path}/${created.endpoint.id}`)
      await receiver.stop(true)
    }
  } catch (error) {
    await receiver.stop(true)
    throw error
  }
}
