import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { freshUrl } from '../support/backends'
import { startTestServer, type TestServer } from '../support/server'

let server: TestServer
let apiKey: string
beforeAll(async () => {
  server = await startTestServer(await freshUrl.sqlite())
  apiKey = (await server.createApp('One')).apiKey
})
afterAll(() => server.stop())

/** The status line of a request whose Host header no client library would send. */
function statusOf(host: string, method: string, path: string): Promise<number> {
  const { hostname, port } = new URL(server.url)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const socket = connect(Number(port), hostname, () =>
    socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nx-app-api-key: ${apiKey}\r\nidempotency-key: ${crypto.randomUUID()}\r\n` +
        'content-length: 2\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}',
    ),
  )
  socket.once('data', (chunk) => {
    resolve(Number(chunk.toString('latin1').split(' ')[1]))
    socket.destroy()
  })
  socket.once('error', reject)
  return promise
}

const ROUTES = [
  ['GET', '/'],
  ['GET', '/health'],
  ['GET', '/swagger/json'],
  ['GET', '/asyncapi.json'],
  ['GET', '/api/calls'],
  ['POST', '/api/calls'],
  ['POST', '/api/tokens'],
  ['GET', '/api/events/stream'],
  ['POST', '/webhooks/dialpad'],
  ['GET', '/nothing'],
] as const

test.each(['[::1', 'a b', 'x:y:z', '%00', '', '['])(
  'a Host header that is none, "%s", is nowhere an internal error',
  async (host) => {
    for (const [method, path] of ROUTES) expect([path, await statusOf(host, method, path)]).not.toEqual([path, 500])
  },
)
