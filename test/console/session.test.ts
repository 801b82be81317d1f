import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createConsoleSessions } from '../../src/auth/console-sessions'
import { listSettings } from '../../src/config/listing'
import { createSimulation } from '../../src/simulator/player'
import { type BrowserServer, startBrowserServer } from '../support/browser-server'
import { mutationOf } from '../support/mutations'
import { until } from '../support/until'

const HOURS = 3600_000
const ours = { 'x-cti-console': '1', 'content-type': 'application/json' }
const cookieOf = (setCookie: string) => setCookie.split(';')[0]!

describe('console sessions', () => {
  const request = (cookie: string, headers: Record<string, string> = ours) =>
    new Request('http://localhost/internal/apps', { headers: { ...headers, cookie } })

  test('last twelve hours', () => {
    let now = 1_000_000
    const sessions = createConsoleSessions({ adminSecret: 'secret', clock: () => now })
    const cookie = cookieOf(sessions.begin(false))
    expect(sessions.adminOf(request(cookie))).toEqual({ subject: 'console' })
    now += 12 * HOURS - 1
    expect(sessions.adminOf(request(cookie))).not.toBeNull()
    now += 1
    expect(sessions.adminOf(request(cookie))).toBeNull()
  })

  test('end with the admin secret they were made under', () => {
    const made = createConsoleSessions({ adminSecret: 'old', clock: () => 1 }).begin(false)
    expect(createConsoleSessions({ adminSecret: 'new', clock: () => 1 }).adminOf(request(cookieOf(made)))).toBeNull()
  })

  test('are refused altered, prolonged, cut or empty', () => {
    const sessions = createConsoleSessions({ adminSecret: 'secret', clock: () => 1 })
    const cookie = cookieOf(sessions.begin(false))
    const [name, value] = cookie.split('=', 2) as [string, string]
    const [expires, nonce, signature] = value.split('.')
    for (const bad of [
      `${Number(expires) + 1}.${nonce}.${signature}`,
      `${expires}.${nonce}x.${signature}`,
      `${expires}.${nonce}.${signature}x`,
      `${value}.x`,
      `${value}.`,
      `${expires}.${nonce}.`,
      `${expires}.${nonce}`,
      '',
      '..',
    ])
      expect(sessions.adminOf(request(`${name}=${bad}`))).toBeNull()
  })

  test('are refused with any one character changed, added or lost', () => {
    const sessions = createConsoleSessions({ adminSecret: 'secret', clock: () => 1 })
    const [name, value] = cookieOf(sessions.begin(false)).split('=', 2) as [string, string]
    fc.assert(
      fc.property(mutationOf(value), (mutant) => {
        expect(sessions.adminOf(request(`${name}=${mutant}`))).toBeNull()
      }),
    )
  })

  test('are found among other cookies, and under their own name alone', () => {
    const sessions = createConsoleSessions({ adminSecret: 'secret', clock: () => 1 })
    const cookie = cookieOf(sessions.begin(false))
    for (const found of [`a=b; ${cookie}`, `${cookie}; a=b`, `cti_console=forged; ${cookie}`])
      expect(sessions.adminOf(request(found))).not.toBeNull()
    for (const other of [`x${cookie}`, cookie.replace('=', '2='), cookie.toUpperCase()])
      expect(sessions.adminOf(request(other))).toBeNull()
  })

  test('open nothing for a request of another site, or one that is not our page', () => {
    const sessions = createConsoleSessions({ adminSecret: 'secret', clock: () => 1 })
    const cookie = cookieOf(sessions.begin(false))
    expect(sessions.adminOf(request(cookie, {}))).toBeNull()
    expect(sessions.adminOf(request(cookie, { ...ours, 'sec-fetch-site': 'cross-site' }))).toBeNull()
    expect(sessions.adminOf(request(cookie, { ...ours, 'sec-fetch-site': 'same-site' }))).toBeNull()
    expect(sessions.adminOf(request(cookie, { ...ours, 'sec-fetch-site': 'same-origin' }))).not.toBeNull()
  })

  test('are kept from scripts and other sites, and from plain HTTP where the client spoke HTTPS', () => {
    const sessions = createConsoleSessions({ adminSecret: 'secret', clock: () => 1 })
    expect(sessions.begin(false)).toMatch(/; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    expect(sessions.begin(true)).toEndWith('; Secure')
    expect(sessions.end(false)).toContain('Max-Age=0')
  })
})

describe('a simulation', () => {
  test('is refused outside a sandbox, and nothing is stored', async () => {
    const simulation = createSimulation({
      receiver: { store: () => Promise.reject(new Error('must not be asked')) },
      requireApp: async () => {},
      allowed: false,
      clock: Date.now,
    })
    expect(simulation.play('app', 'call')).rejects.toMatchObject({ code: 'scope_missing' })
  })
})

describe('the settings an operator sees', () => {
  test('hide secrets and passwords', () => {
    const shown = listSettings({
      INTERNAL_API_SECRET: 'very secret',
      DATABASE_URL: 'postgres://cti:hunter2@db.example.com/cti',
      PUBLIC_URL: 'https://cti.example.com',
    })
    expect(JSON.stringify(shown)).not.toMatch(/very secret|hunter2/)
    const byName = Object.fromEntries(shown.map(({ name, value, origin }) => [name, { value, origin }]))
    expect(byName.DATABASE_URL).toEqual({ value: 'postgres://cti:••••••••@db.example.com/cti', origin: 'set' })
    expect(byName.PUBLIC_URL).toEqual({ value: 'https://cti.example.com', origin: 'set' })
    expect(byName.PORT).toEqual({ value: '4000', origin: 'default' })
    expect(byName.LOG_FILE).toEqual({ value: null, origin: 'not set' })
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
  })

  test('takes no login that another site could have sent', async () => {
    const answer = await login(server.adminSecret, { 'content-type': 'application/json' })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('set-cookie')).toBeNull()
  })

  test('plays a simulated call into the app that was asked for', async () => {
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

  test('makes tokens that read one app, for as long as was asked', async () => {
    const app = await server.createApp('Tokens')
    const { token } = await server.call<{ token: string }>('POST', `/internal/apps/${app.app_id}/tokens`, {
      ttl_seconds: 60,
    })
    const { calls } = await server.call<{ calls: unknown[] }>('GET', '/api/calls', undefined, token)
    expect(calls).toEqual([])
    expect(server.call('POST', '/internal/apps/none/tokens', {})).rejects.toThrow('app_not_found')
    expect(server.call('POST', '/internal/simulate', { app_id: app.app_id }, token)).rejects.toThrow('401')
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
