import { afterEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { ADMIN_SECRET, startTestServer, type TestServer } from '../support/server'
import { connect } from '../support/socket'

let server: TestServer
afterEach(() => server.stop())
const start = async (settings: Record<string, string> = {}) => {
  server = await startTestServer(await freshUrl.sqlite(), settings)
}
const forwarded = (address: string, more: Record<string, string> = {}) => ({
  headers: { 'x-forwarded-for': address, ...more },
})

describe('limits', () => {
  test('requests per address are limited, and every answer says how many are left', async () => {
    await start({ RATE_LIMIT_INTERNAL: '3' })
    const answers = []
    for (let i = 0; i < 4; i++) answers.push(await server.admin('GET', '/internal/apps'))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"default";q=3;w=60')
    expect(answers[0]!.headers.get('ratelimit')).toBe('"default";r=2;t=60')
    expect(Number(answers[3]!.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(answers[3]!.body).toMatchObject({ code: 'rate_limited', success: false })
    expect((await server.get('/health')).status).toBe(200)
  })

  test('every client address has its own share of requests, and /api and /internal theirs', async () => {
    await start({ RATE_LIMIT_API: '2', RATE_LIMIT_INTERNAL: '1', TRUST_PROXY: '1' })
    const ask = async (path: string, address: string) => {
      const { status, headers } = await server.request('GET', path, forwarded(address))
      return [status, headers.get('ratelimit')?.split(';')[1], headers.get('ratelimit-policy')?.split(';')[1]]
    }
    for (const address of ['203.0.113.1', '203.0.113.2', '198.51.100.9, 203.0.113.3']) {
      expect(await ask('/api/calls', address)).toEqual([401, 'r=1', 'q=2'])
      expect(await ask('/api/messages', address)).toEqual([401, 'r=0', 'q=2'])
      expect(await ask('/api/calls', address)).toEqual([429, 'r=0', 'q=2'])
      expect(await ask('/internal/apps', address)).toEqual([401, 'r=0', 'q=1'])
      expect(await ask('/internal/apps', address)).toEqual([429, 'r=0', 'q=1'])
    }
    // What a client claims before its proxy's word makes nobody else.
    expect(await ask('/api/calls', '198.51.100.10, 203.0.113.3')).toEqual([429, 'r=0', 'q=2'])
  })

  test('failed logins are limited per address; the right credentials of others behind it are still served', async () => {
    await start({ RATE_LIMIT_AUTH: '3', TRUST_PROXY: '1' })
    const { apiKey } = await server.createApp('One')
    await server.get('/api/calls', apiKey)
    const wrong = () =>
      server.request('GET', '/api/calls', forwarded('203.0.113.9', { 'x-app-api-key': `raw_${'0'.repeat(64)}` }))
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await wrong()).status)
    expect(statuses).toEqual([401, 401, 401, 429])
    const from = (address: string, headers: Record<string, string>, path = '/api/calls') =>
      server.request('GET', path, forwarded(address, headers))
    expect((await from('203.0.113.9', { 'x-app-api-key': apiKey })).status).toBe(200)
    expect((await from('203.0.113.9', { authorization: `Bearer ${ADMIN_SECRET}` }, '/internal/apps')).status).toBe(200)
    expect((await from('203.0.113.8', { authorization: `Bearer ${ADMIN_SECRET}` }, '/internal/apps')).status).toBe(200)
  })

  test('wrong keys over the socket count as those over HTTP, in its address and in its first message', async () => {
    await start({ RATE_LIMIT_AUTH: '3' })
    const key = `raw_${'0'.repeat(64)}`
    const address = `${server.url.replace('http', 'ws')}/ws`
    await expect(connect(`${address}?api_key=${key}`)).rejects.toThrow('refused')
    const codes: string[] = []
    for (let n = 0; n < 3; n++) {
      const socket = await connect(address)
      socket.send({ type: 'subscribe', api_key: key })
      codes.push((await socket.next(({ type }) => type === 'error')).code)
      socket.close()
    }
    expect(codes).toEqual(['api_key_invalid', 'api_key_invalid', 'rate_limited'])
    expect((await server.get('/api/calls', key)).status).toBe(429)
  })

  test('without a trusted proxy, X-Forwarded-For is not believed', async () => {
    await start({ RATE_LIMIT_AUTH: '2' })
    const statuses = []
    for (let i = 0; i < 3; i++)
      statuses.push(
        (await server.request('GET', '/api/calls', forwarded(`203.0.113.${i}`, { 'x-app-api-key': 'wrong' }))).status,
      )
    expect(statuses).toEqual([401, 401, 429])
  })
})

describe('production', () => {
  const settings = {
    NODE_ENV: 'production',
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    TRUST_PROXY: '1',
  }
  const https = { 'x-forwarded-proto': 'https' }

  test('sends people to PUBLIC_URL, whatever the Host header says', async () => {
    await start({ ...settings, PUBLIC_URL: 'https://cti.example.com' })
    const { status, headers } = await server.request('GET', '/console?x=1', { headers: { host: 'evil.example.net' } })
    expect([status, headers.get('location')]).toEqual([308, 'https://cti.example.com/console?x=1'])
  })

  test('accepts only HTTPS: redirects a GET, refuses a write, and sends HSTS', async () => {
    await start(settings)
    const redirected = await server.request('GET', '/api/calls?limit=1')
    expect(redirected.status).toBe(308)
    expect(redirected.headers.get('location')).toMatch(/^https:\/\/.*\/api\/calls\?limit=1$/)
    const refused = await server.request('POST', '/webhooks/dialpad', { body: 'x' })
    expect([refused.status, refused.body.code]).toEqual([403, 'https_required'])
    const served = await server.request('GET', '/', { headers: https })
    expect([served.status, served.headers.get('strict-transport-security')]).toEqual([
      200,
      'max-age=31536000; includeSubDomains',
    ])
    expect((await server.request('GET', '/health')).status).toBe(200)
  })
})

describe('health, metrics and request ids', () => {
  test('health, live, and ready report the state', async () => {
    await start()
    expect((await server.get('/health')).body).toMatchObject({ status: 'healthy', environment: 'test', checks: {} })
    expect((await server.get('/live')).body).toEqual({ status: 'live' })
    expect((await server.get('/ready')).body).toEqual({ status: 'ready' })
  })

  test('the page at / runs and loads nothing, and Swagger keeps no credentials in the browser', async () => {
    await start()
    const page = await server.request('GET', '/', { headers: { accept: 'text/html' } })
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await server.get('/swagger/start.js')).body).toContain('persistAuthorization: false')
  })

  test('metrics are JSON, or Prometheus text when the client prefers it', async () => {
    await start()
    await server.deliver({ call_id: 1, state: 'ringing' })
    const json = await server.get('/metrics')
    expect(json.body).toMatchObject({ memory: { rss_mb: expect.any(Number) }, cti_events_received_total_unrouted: 1 })
    for (const answer of [
      await server.get('/metrics?format=prometheus'),
      await server.request('GET', '/metrics', { headers: { accept: 'text/plain' } }),
    ])
      expect(answer.body).toContain('cti_events_received_total{result="unrouted"} 1')
  })

  test('a valid request id is kept, another is replaced, and problems contain it', async () => {
    await start()
    const kept = await server.request('GET', '/nowhere', { headers: { 'x-request-id': 'abc-1' } })
    expect([kept.status, kept.headers.get('x-request-id'), kept.body.request_id]).toEqual([404, 'abc-1', 'abc-1'])
    const replaced = await server.request('GET', '/', { headers: { 'x-request-id': 'a b{}' } })
    expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})
