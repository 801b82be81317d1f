import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { listSettings } from '../../src/config/listing'
import { createSimulation } from '../../src/simulator/player'
import { type BrowserServer, startBrowserServer } from '../support/browser-server'
import { connect } from '../support/socket'
import { until } from '../support/until'

const ours = { 'x-cti-console': '1', 'content-type': 'application/json' }
const cookieOf = (setCookie: string) => setCookie.split(';')[0]!

describe('a simulation', () => {
  test('is refused outside a sandbox, and nothing is stored', async () => {
    const simulation = createSimulation({
      receiver: { storeEvent: () => Promise.reject(new Error('must not be asked')) },
      apps: { requireApp: async () => {} },
      allowed: false,
      clock: Date.now,
    })
    expect(simulation.play('app', 'call')).rejects.toMatchObject({ code: 'scope_missing' })
  })
})

describe('the settings an operator sees', () => {
  test('hide secrets and passwords', () => {
    const given = {
      INTERNAL_API_SECRET: 'very secret',
      DATABASE_URL: 'postgres://cti:hunter2@db.example.com/cti',
      PUBLIC_URL: 'https://cti.example.com',
    }
    const shown = listSettings({ given, production: true })
    expect(JSON.stringify(shown)).not.toMatch(/very secret|hunter2/)
    const byName = Object.fromEntries(shown.map(({ name, value, origin }) => [name, { value, origin }]))
    expect(byName.DATABASE_URL).toEqual({ value: 'postgres://cti:••••••••@db.example.com/cti', origin: 'set' })
    expect(byName.PUBLIC_URL).toEqual({ value: 'https://cti.example.com', origin: 'set' })
    expect(byName.PORT).toEqual({ value: '4000', origin: 'default' })
    expect(byName.LOG_FILE).toEqual({ value: null, origin: 'not set' })
    expect(byName.DIALPAD_WEBHOOK_SECRET).toEqual({ value: null, origin: 'not set' })
  })

  test('name the secrets that a sandbox generated', () => {
    const shown = listSettings({ given: {}, production: false })
    for (const name of ['INTERNAL_API_SECRET', 'DIALPAD_WEBHOOK_SECRET', 'ENCRYPTION_KEY'])
      expect(shown.find((setting) => setting.name === name)).toMatchObject({ value: '••••••••', origin: 'generated' })
  })
})

describe('the console over HTTP', () => {
  let server: BrowserServer
  beforeAll(async () => {
    server = await startBrowserServer()
  })
  afterAll(() => server.stop())
  const login = (secret: string, headers: Record<string, string> = ours) =>
    fetch(`${server.url}/console/session`, { method: 'POST', headers, body: JSON.stringify({ secret }) })

  test('logs in with the admin secret, and the session opens the admin routes until the logout', async () => {
    const answer = await login(server.adminSecret)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ success: true, session: { environment: 'sandbox', sandbox: true } })
    const cookie = cookieOf(answer.headers.get('set-cookie')!)
    const read = (headers: Record<string, string>) => fetch(`${server.url}/internal/config`, { headers })
    expect((await read({ ...ours, cookie })).status).toBe(200)
    expect((await read({ cookie })).status).toBe(401)
    const session = await fetch(`${server.url}/console/session`, { headers: { ...ours, cookie } })
    expect((await session.json()).session).not.toBeNull()
    const logout = await fetch(`${server.url}/console/session`, { method: 'DELETE', headers: { ...ours, cookie } })
    expect(logout.headers.get('set-cookie')).toContain('Max-Age=0')
    // Also for whoever copied the cookie.
    expect((await read({ ...ours, cookie })).status).toBe(401)
  })

  test('accepts no login that another site could have sent', async () => {
    const answer = await login(server.adminSecret, { 'content-type': 'application/json' })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('set-cookie')).toBeNull()
  })

  test('sends a simulated call to the requested app', async () => {
    const app = await server.createApp('Simulated')
    await server.createApp('Another')
    const played = await server.call<{ events: number }>('POST', '/internal/simulate', { app_id: app.app_id })
    expect(played.events).toBeGreaterThan(3)
    await until('the simulated call to ring', async () => {
      const { calls } = await server.call<{ calls: unknown[] }>('GET', '/api/calls/active', undefined, app.api_key)
      return calls.length === 1
    })
    expect(server.call('POST', '/internal/simulate', { app_id: 'none' })).rejects.toThrow('app_not_found')
  })

  test('creates tokens that read one app, for the requested time', async () => {
    const app = await server.createApp('Tokens')
    const { token } = await server.call<{ token: string }>('POST', `/internal/apps/${app.app_id}/tokens`, {
      ttl_seconds: 60,
    })
    const { calls } = await server.call<{ calls: unknown[] }>('GET', '/api/calls', undefined, token)
    expect(calls).toEqual([])
    expect(server.call('POST', '/internal/apps/none/tokens', {})).rejects.toThrow('app_not_found')
    expect(server.call('POST', '/internal/simulate', { app_id: app.app_id }, token)).rejects.toThrow('401')
  })

  test('creates tokens that end with its session: a logout closes their sockets', async () => {
    const app = await server.createApp('Logged out')
    const begin = async () => cookieOf((await login(server.adminSecret)).headers.get('set-cookie')!)
    const tokenOf = async (cookie: string) => {
      const path = `/internal/apps/${app.app_id}/tokens`
      const answer = await fetch(server.url + path, { method: 'POST', headers: { ...ours, cookie }, body: '{}' })
      return ((await answer.json()) as { token: string }).token
    }
    const reads = async (token: string) =>
      (await fetch(`${server.url}/api/calls`, { headers: { authorization: `Bearer ${token}` } })).status
    const [cookie, other] = [await begin(), await begin()]
    const [token, kept] = [await tokenOf(cookie), await tokenOf(other)]
    expect([await reads(token), await reads(kept)]).toEqual([200, 200])
    const socket = await connect(`${server.url}/ws?token=${token}`)
    const keptSocket = await connect(`${server.url}/ws?token=${kept}`)
    await Promise.all([socket, keptSocket].map((one) => one.next(({ type }) => type === 'subscribed')))
    await fetch(`${server.url}/console/session`, { method: 'DELETE', headers: { ...ours, cookie } })
    expect([await reads(token), await reads(kept)]).toEqual([401, 200])
    expect((await socket.ended()).code).toBe(4401)
    expect(keptSocket.closed).toBeNull()
    keptSocket.close()
  })

  test('serves its page under a strict policy, whatever path below it is asked for', async () => {
    for (const path of ['/console', '/console/', '/console/calls', '/console/conversations/x']) {
      const page = await fetch(server.url + path, { headers: { accept: 'text/html' } })
      expect(page.status).toBe(200)
      const policy = page.headers.get('content-security-policy')!
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
      expect(policy).not.toContain('unsafe')
    }
    expect((await fetch(`${server.url}/console/assets/nothing.js`)).status).toBe(404)
    expect((await fetch(`${server.url}/console/assets/constructor`)).status).toBe(404)
  })

  test('serves the kit as modules any origin may import, with types, compressed and revalidated', async () => {
    for (const name of ['cti.js', 'react.js']) {
      const file = await fetch(`${server.url}/sdk/${name}`)
      expect(file.headers.get('content-type')).toContain('text/javascript')
      expect(file.headers.get('access-control-allow-origin')).toBe('*')
      const types = await fetch(server.url + file.headers.get('x-typescript-types'))
      expect(await types.text()).toContain('export')
      const again = await fetch(`${server.url}/sdk/${name}`, {
        headers: { 'if-none-match': file.headers.get('etag')! },
      })
      expect(again.status).toBe(304)
    }
    expect((await fetch(`${server.url}/sdk/nothing.js`)).status).toBe(404)
  })
})

test('logins to the console are limited per address', async () => {
  const server = await startBrowserServer({ RATE_LIMIT_AUTH: '3' })
  const login = (secret: string) =>
    fetch(`${server.url}/console/session`, { method: 'POST', headers: ours, body: JSON.stringify({ secret }) })
  for (let attempt = 0; attempt < 3; attempt++) expect((await login('wrong')).status).toBe(401)
  const refused = await login('wrong once more')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  // Whoever shares the address with the guesser and knows the secret is let in.
  expect((await login(server.adminSecret)).status).toBe(200)
  await server.stop()
})
