import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { runBinary } from '../support/process'
import { ADMIN_SECRET, startTestServer, type TestServer } from '../support/server'
import { connect } from '../support/socket'
import { startStopwatch } from '../support/stopwatch'

/** What the contract allows. */
const SOON_MS = 2000

describe.each(Object.entries(freshUrl))('any end of a key, on %s', (_name, url) => {
  let server: TestServer
  let databaseUrl: string
  beforeAll(async () => {
    databaseUrl = await url()
    server = await startTestServer(databaseUrl)
  }, 30_000)
  afterAll(() => server.stop())

  /** A socket, an event stream and a long poll of a new app. @returns when each of them has ended, and how. */
  async function openAll() {
    const app = await server.createApp('Ending')
    const headers = { 'x-app-api-key': app.apiKey }
    const socket = await connect(`${server.url.replace('http', 'ws')}/ws?api_key=${app.apiKey}`)
    await socket.next(({ type }) => type === 'subscribed')
    const stream = await fetch(`${server.url}/api/events/stream`, { headers })
    const poll = fetch(`${server.url}/api/events?wait_seconds=60`, { headers })
    const ended = async () => {
      const [{ code }, text, answer] = await Promise.all([socket.ended(), stream.text(), poll])
      return [code, text.includes('"code":4401'), answer.status]
    }
    return { app, ended }
  }
  const command = (...args: string[]) =>
    runBinary(args, {
      DATABASE_URL: databaseUrl,
      INTERNAL_API_SECRET: ADMIN_SECRET,
      DIALPAD_WEBHOOK_SECRET: 'webhook-secret',
    })

  test.each([
    ['revoked over HTTP', (appId: string) => server.admin('POST', `/internal/apps/${appId}/api-key/revoke`)],
    [
      'of an app that is deactivated',
      (appId: string) => server.admin('PATCH', `/internal/apps/${appId}`, { active: false }),
    ],
    ['of an app that is deleted', (appId: string) => server.admin('DELETE', `/internal/apps/${appId}`)],
    ['revoked on the command line', (appId: string) => command('keys', 'revoke', appId)],
    ['rotated on the command line', (appId: string) => command('keys', 'rotate', appId)],
  ])(
    '%s ends its socket, its event stream and its long poll within two seconds',
    async (_how, end) => {
      const { app, ended } = await openAll()
      await end(app.appId)
      const elapsedMs = startStopwatch()
      expect(await ended()).toEqual([4401, true, 401])
      expect(elapsedMs()).toBeLessThan(SOON_MS)
    },
    60_000,
  )

  test('rotated with a grace ends them when the grace is over', async () => {
    const { app, ended } = await openAll()
    const startedAt = performance.now()
    await server.admin('POST', `/internal/apps/${app.appId}/api-key`, { grace_seconds: 1 })
    const over = ended()
    let sweeping = true
    over.finally(() => {
      sweeping = false
    })
    // The job of every second, as often as this thread is free.
    while (sweeping) {
      await server.runJob('ended credentials')
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await over).toEqual([4401, true, 401])
    expect(performance.now() - startedAt).toBeGreaterThan(900)
  }, 30_000)
})
