import { afterAll, beforeAll, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { startTestServer, type TestServer } from '../support/server'

/** What comes with an MMS is streamed like a recording, and nothing that a browser would run. */

let dialpad: Dialpad
let server: TestServer
let apiKey: string
beforeAll(async () => {
  dialpad = startDialpad({ rateLimits: false })
  const settings = { DIALPAD_BASE_URL: dialpad.url, DIALPAD_API_KEY: dialpad.apiKey }
  server = await startTestServer(await freshUrl.sqlite(), settings)
  apiKey = (await server.createApp('Acme')).apiKey
})
afterAll(async () => {
  await server.stop()
  await dialpad.stop()
})

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 0, 1, 2, 3])
const bytesOf = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>
let lastId = 100
/** @returns a message with these media, as the API gives it. */
async function received(...media: { bytes: Uint8Array<ArrayBuffer>; type: string }[]) {
  const id = ++lastId
  const urls = media.map((one, index) => {
    const path = `/blob/mms/${id}-${index}`
    dialpad.state.media.set(path, { ...one, access: 'token' })
    return dialpad.url + path
  })
  const event = { id, direction: 'inbound', from_number: '+15555550149', to_number: ['+15555550105'], mms: true }
  await server.deliver({ ...event, mms_url: urls, event_timestamp: Date.now(), message_status: 'success' })
  await server.settle()
  const { body } = await server.get('/api/messages?limit=1', apiKey)
  return body.messages[0] as { id: string; media_url: string | null; media_urls: string[] }
}
const fetchMedia = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(server.url + path, { headers: { 'x-app-api-key': apiKey, ...headers } })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  return { status: answer.status, type: answer.headers.get('content-type'), headers: answer.headers, bytes }
}

test('pictures are streamed one by one, whole and in ranges, and no address of Dialpad is shown', async () => {
  const message = await received({ bytes: PNG, type: 'image/png' }, { bytes: PNG.slice(0, 12), type: 'image/jpeg' })
  expect(message.media_url).toBe(message.media_urls[0]!)
  expect(JSON.stringify(message)).not.toContain(dialpad.url)
  const [first, second] = message.media_urls
  expect(await fetchMedia(first!)).toMatchObject({ status: 200, type: 'image/png', bytes: PNG })
  expect(await fetchMedia(second!)).toMatchObject({ status: 200, type: 'image/jpeg' })
  expect(await fetchMedia(first!, { range: 'bytes=1-3' })).toMatchObject({ status: 206, bytes: PNG.slice(1, 4) })
  expect((await fetchMedia(`/api/messages/${message.id}/media/2`)).status).toBe(404)
  expect((await fetch(server.url + first)).status).toBe(401)
})

test.each([
  ['a page', bytesOf('<html><script>alert(1)</script></html>'), 'text/html'],
  ['a picture that is a page', bytesOf('<svg onload="alert(1)"/>'), 'image/png'],
  ['a drawing with scripts', bytesOf('<svg onload="alert(1)"/>'), 'image/svg+xml'],
  ['a program', new Uint8Array([0x4d, 0x5a, 1, 2]), 'application/octet-stream'],
])('%s is not given out', async (_what, bytes, type) => {
  const message = await received({ bytes, type })
  const { status, headers } = await fetchMedia(message.media_url!)
  expect([status, headers.get('content-type')]).toEqual([404, expect.stringContaining('problem+json')])
})

test('a contact is a file to save, and a message without media has none', async () => {
  const message = await received({ bytes: bytesOf('BEGIN:VCARD\nEND:VCARD'), type: 'text/vcard' })
  const { headers } = await fetchMedia(message.media_url!)
  expect([headers.get('content-disposition'), headers.get('x-content-type-options')]).toEqual(['attachment', 'nosniff'])
  expect(await received()).toMatchObject({ media_url: null, media_urls: [] })
})

test('a token of one user leads to no media of messages of others', async () => {
  const message = await received({ bytes: PNG, type: 'image/png' })
  const headers = { 'x-app-api-key': apiKey }
  const { body } = await server.request('POST', '/api/tokens', { headers, body: { user_id: 'ann' } })
  const answer = await server.request('GET', message.media_url!, { headers: { authorization: `Bearer ${body.token}` } })
  expect(answer.body.code).toBe('message_not_found')
})

test("another app's key leads to no media", async () => {
  const message = await received({ bytes: PNG, type: 'image/png' })
  const other = await server.createApp('Other')
  expect((await server.get(message.media_url!, other.apiKey)).body.code).toBe('message_not_found')
  await server.admin('DELETE', `/internal/apps/${other.appId}`)
})
