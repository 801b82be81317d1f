import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { prefixOf } from '../../src/auth/api-key'
import { freshUrl } from '../support/backends'
import { startTestServer, type TestServer } from '../support/server'
import { startStopwatch } from '../support/stopwatch'

const FLOOD = 600
/** 600 wrong keys, each with its bcrypt, took 26 s. */
const PROMPT_MS = 3000

describe.each(Object.entries(freshUrl))(
  'a flood of wrong keys with real prefixes from many addresses, on %s',
  (_name, url) => {
    let server: TestServer
    beforeAll(async () => {
      server = await startTestServer(await url(), { TRUST_PROXY: '1', RATE_LIMIT_AUTH: '10' })
    }, 30_000)
    afterAll(() => server.stop())

    test('delays neither new nor known valid clients, and is limited per address', async () => {
      const apps = await Promise.all(Array.from({ length: 4 }, (_, i) => server.createApp(`App ${i}`)))
      const [known, fresh] = apps
      const ask = (key: string, address: string) =>
        server.request('GET', '/api/calls/active', { headers: { 'x-app-api-key': key, 'x-forwarded-for': address } })
      expect((await ask(known!.apiKey, '198.51.100.1')).status).toBe(200)

      const wrong = (i: number) => `${prefixOf(apps[i % apps.length]!.apiKey)}${String(i).padStart(56, '0')}`
      const flood = Array.from({ length: FLOOD }, (_, i) => ask(wrong(i), `203.0.113.${i % 50}`))
      const elapsedMs = startStopwatch()
      const valid = await Promise.all([
        ask(fresh!.apiKey, '198.51.100.2'),
        ask(known!.apiKey, '198.51.100.1'),
        // From an address that is locked out by then.
        Promise.all(flood.slice(0, 551)).then(() => ask(apps[2]!.apiKey, '203.0.113.0')),
      ])
      expect(elapsedMs()).toBeLessThan(PROMPT_MS)
      expect(valid.map(({ status }) => status)).toEqual([200, 200, 200])
      const statuses = (await Promise.all(flood)).map(({ status }) => status)
      expect(statuses.filter((status) => status === 401)).toHaveLength(50 * 10)
      expect(statuses.filter((status) => status === 429)).toHaveLength(100)
    }, 60_000)
  },
)
