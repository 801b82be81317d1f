import { afterAll, beforeAll, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { connectRaw, type RawSocket } from '../support/raw-socket'
import { startTestServer, type TestServer } from '../support/server'
import { connect } from '../support/socket'
import { until } from '../support/until'

/** Pings and pongs on the wire; the beats are the test's. */

let server: TestServer
let apiKey: string
beforeAll(async () => {
  server = await startTestServer(await freshUrl.sqlite())
  apiKey = (await server.createApp('One')).apiKey
})
afterAll(() => server.stop())

const raw = () => connectRaw(server.url, `/ws?api_key=${apiKey}`)

/** One beat of the server, once the peer has its ping. */
async function beat(peer: RawSocket): Promise<void> {
  const { pings } = peer
  server.services.stream.hub.beat()
  await until('a ping or the end', () => peer.pings > pings || peer.ended)
}
/** What was sent before on another connection is received once this is answered. */
const roundTrip = () => server.get('/live')

test('a peer that answers pings with pongs alone stays connected, one that is silent is cut off', async () => {
  const [answering, silent] = [await raw(), await raw()]
  let beats = 0
  for (; !silent.ended && beats < 10; beats++) {
    await beat(answering)
    answering.pong()
    await roundTrip()
    await until('the silent peer to have its ping or its end', () => silent.pings > beats || silent.ended)
  }
  expect(silent.ended).toBe(true)
  expect(silent.pings).toBeGreaterThanOrEqual(2)
  for (let i = 0; i < 5; i++) {
    await beat(answering)
    answering.pong()
    await roundTrip()
  }
  expect([answering.ended, answering.pings]).toEqual([false, expect.any(Number)])
  expect(server.services.stream.hub.size()).toBe(1)
  answering.close()
  await until('its going to be noticed', () => server.services.stream.hub.size() === 0)
})

test("a runtime's own WebSocket client answers the pings by itself", async () => {
  const socket = await connect(`${server.url}/ws?api_key=${apiKey}`)
  await socket.next(({ type }) => type === 'subscribed')
  const witness = await raw()
  for (let i = 0; i < 8; i++) {
    await beat(witness)
    witness.pong()
    await roundTrip()
  }
  expect(socket.closed).toBeNull()
  expect(server.services.stream.hub.size()).toBe(2)
  socket.close()
  witness.close()
  await until('their going to be noticed', () => server.services.stream.hub.size() === 0)
})
