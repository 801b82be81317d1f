import { expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { startTestServer } from '../support/server'
import { until } from '../support/until'

const MINUTE = 60_000

/** Takes no notice of the time of signatures, because the server's clock is moved here. */
function startReceiver() {
  const receiver = {
    isDown: false,
    backWith: null as number | null,
    attempts: 0,
    taken: [] as { id: string | null; seq: number }[],
  }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      receiver.attempts++
      const { seq } = (await request.json()) as { seq: number }
      // Back between the attempts of two entries, it would refuse the older one alone.
      if (seq === receiver.backWith) receiver.isDown = false
      if (receiver.isDown) return new Response('down', { status: 503 })
      receiver.taken.push({ id: request.headers.get('webhook-id'), seq })
      return new Response('ok')
    },
  })
  return { receiver, url: `http://127.0.0.1:${server.port}/`, stop: () => server.stop(true) }
}

test.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)(
  'on %s, an endpoint that was down for an hour gets every entry once per webhook-id, in order',
  async (_name, url) => {
    let aheadMs = 0
    const clock = () => Date.now() + aheadMs
    const server = await startTestServer(await url(), {}, { clock })
    const { receiver, url: receiverUrl, stop } = startReceiver()
    try {
      const app = await server.createApp('One')
      const api = (method: string, path: string, body?: unknown) =>
        server.request(method, `/api/endpoints${path}`, { headers: { 'x-app-api-key': app.apiKey }, body })
      const { database, stream } = server.services
      const append = (count: number) =>
        database.transaction((tx) =>
          stream.store.append(
            tx,
            app.appId,
            Array.from({ length: count }, () => ({ event: 'call.ring', userId: null, dialpadUserId: null, data: {} })),
            clock(),
          ),
        )
      const created = (await api('POST', '', { url: receiverUrl })).body
      const path = `/${created.endpoint.id}`
      const endpoint = async () => (await api('GET', path)).body.endpoint

      await append(3)
      await until('three entries', () => receiver.taken.length === 3, 10_000)
      receiver.isDown = true
      const sweep = async () => {
        aheadMs += MINUTE
        await server.runJob('endpoint sweep')
      }
      for (let minute = 0; minute < 60; minute++) {
        await append(1)
        await sweep()
      }
      await until('several attempts', async () => (await sweep()) ?? receiver.attempts > 10)
      expect((await endpoint()).active).toBe(true)
      expect(receiver.taken.map(({ seq }) => seq)).toEqual([1, 2, 3])

      receiver.backWith = 4
      await until('every entry', async () => (await sweep()) ?? receiver.taken.length >= 63)
      await until('the outcomes', async () => (await endpoint()).consecutive_failures === 0)
      expect(receiver.taken.map(({ seq }) => seq)).toEqual(Array.from({ length: 63 }, (_, index) => index + 1))
      const ids = receiver.taken.map(({ id }) => id)
      expect(new Set(ids).size).toBe(63)
    } finally {
      stop()
      await server.stop()
    }
  },
  120_000,
)
