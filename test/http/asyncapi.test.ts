import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Parser } from '@asyncapi/parser'
import { ENTRIES } from '../../src/stream/entries'
import { EVENT_NAMES } from '../../src/stream/event-names'
import { freshUrl } from '../support/backends'
import { describeInBrowser, watchedPage } from '../support/browser'
import { startTestServer, type TestServer } from '../support/server'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer(await freshUrl.sqlite())
})
afterAll(() => server.stop())

const ERROR_OR_WARNING = 1

test('GET /asyncapi.json is valid for the AsyncAPI parser, its examples too, and has a message for every event', async () => {
  const { body, headers } = await server.get('/asyncapi.json')
  expect(headers.get('access-control-allow-origin')).toBe('*')
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(body))
  expect(diagnostics.filter(({ severity }) => severity <= ERROR_OR_WARNING)).toEqual([])
  for (const channel of ['socket', 'eventStream', 'endpoint']) {
    const sent = document!
      .channels()
      .get(channel)!
      .messages()
      .all()
      .map((message) => message.name())
    expect(sent).toEqual(expect.arrayContaining([...EVENT_NAMES]))
  }
}, 30_000)

test('an example of a message is what its schema takes, and nothing it does not name', async () => {
  const { body } = await server.get('/asyncapi.json')
  for (const event of EVENT_NAMES) {
    const message = Object.values(body.components.messages).find((one) => (one as { name: string }).name === event)
    const [{ payload }] = (message as { examples: [{ payload: object }] }).examples
    expect(ENTRIES[event].parse(payload) as object).toEqual(payload)
  }
})

test('both documents contain the address of the request, or PUBLIC_URL', async () => {
  const asked = new URL(server.url)
  expect((await server.get('/asyncapi.json')).body.servers).toMatchObject({
    socket: { host: asked.host, protocol: 'ws' },
    http: { host: asked.host, protocol: 'http' },
  })
  expect((await server.get('/swagger/json')).body.servers[0].url).toBe(server.url)
  const known = await startTestServer(await freshUrl.sqlite(), { PUBLIC_URL: 'https://cti.example.com' })
  expect((await known.get('/asyncapi.json')).body.servers.socket).toMatchObject({
    host: 'cti.example.com',
    protocol: 'wss',
  })
  expect((await known.get('/swagger/json')).body.servers[0].url).toBe('https://cti.example.com')
  await known.stop()
})

describeInBrowser('GET /asyncapi', (browser) => {
  test('shows each event with its members, and nothing on it is blocked or loaded from elsewhere', async () => {
    const { page, problems } = await watchedPage(await browser().newContext())
    await page.goto(`${server.url}/asyncapi`)
    for (const event of EVENT_NAMES) await page.getByRole('heading', { name: event, exact: true }).waitFor()
    const ended = page.locator('#CallEndedEntry')
    expect(await ended.getByRole('rowheader', { name: 'duration_seconds' }).count()).toBe(1)
    expect(await ended.locator('pre').textContent()).toContain('"event": "call.ended"')
    expect(problems).toEqual([])
  })
})
