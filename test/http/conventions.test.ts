import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { freshUrl } from '../support/backends'
import { ADMIN_SECRET, startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('Idempotency-Key on %s', (_name, url) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  beforeAll(async () => {
    server = await startTestServer(await url())
    app = await server.createApp('One')
  })
  afterAll(() => server.stop())

  const tokens = (key: string, body: unknown = {}, apiKey = app.apiKey) =>
    server.request('POST', '/api/tokens', { headers: { 'x-app-api-key': apiKey, 'idempotency-key': key }, body })

  test('the same key and body is answered once and the same', async () => {
    const first = await tokens('a', { user_id: 'ann' })
    const again = await tokens('a', { user_id: 'ann' })
    expect([again.status, again.body]).toEqual([201, first.body])
    expect([first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ])
    const { idempotencyKeys } = server.services.database.tables
    const rows = await server.services.database.queries.select().from(idempotencyKeys)
    expect(rows).not.toEqual([])
    for (const { responseBody } of rows) expect(responseBody).not.toContain(first.body.token)
  })

  test('another body is 422; another app has its own keys', async () => {
    await tokens('b', { ttl_seconds: 60 })
    expect((await tokens('b', { ttl_seconds: 61 })).body.code).toBe('idempotency_key_reused')
    const other = await server.createApp('Other')
    expect((await tokens('b', { ttl_seconds: 61 }, other.apiKey)).status).toBe(201)
  })

  test('the same body on another path is another request, and is not served', async () => {
    const send = (path: string) =>
      server.request('POST', path, { headers: { 'x-app-api-key': app.apiKey, 'idempotency-key': 'path' } })
    const first = await send('/api/tokens')
    expect((await send('/api/tokens')).body).toEqual(first.body)
    expect((await send('/api/dialpad/connect-link')).body.code).toBe('idempotency_key_reused')
  })

  test('of many concurrent requests one is processed; the others get 409 or its response', async () => {
    const body = { customers: Array.from({ length: 500 }, (_, i) => ({ external_id: `${i}`, name: 'x' })) }
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        server.request('PUT', '/api/customers', {
          headers: { 'x-app-api-key': app.apiKey, 'idempotency-key': 'c' },
          body,
        }),
      ),
    )
    for (const { status, body: answer } of answers)
      if (status === 409) expect(answer.code).toBe('request_in_progress')
      else expect(answer).toMatchObject({ created: 500, updated: 0 })
    expect(answers.some(({ status }) => status === 200)).toBe(true)
  })

  test('a refusal is repeated too, with the same problem', async () => {
    const remove = () =>
      server.request('DELETE', '/api/customers/none', {
        headers: { 'x-app-api-key': app.apiKey, 'idempotency-key': 'd' },
      })
    const first = await remove()
    const again = await remove()
    expect([again.status, again.body, again.headers.get('content-type')]).toEqual([
      404,
      first.body,
      'application/problem+json',
    ])
  })

  test.each(['x'.repeat(256), 'two words'])('the key %p is 422', async (key) => {
    expect((await tokens(key)).body.errors[0].path).toBe('Idempotency-Key')
  })
})

describe('representation', () => {
  let server: TestServer
  let apiKey: string
  beforeAll(async () => {
    server = await startTestServer(await freshUrl.sqlite(), { CORS_ORIGINS: 'https://crm.example.com' })
    apiKey = (await server.createApp('One')).apiKey
    await server.request('PUT', '/api/customers', {
      headers: { 'x-app-api-key': apiKey },
      body: { customers: Array.from({ length: 100 }, (_, i) => ({ external_id: `${i}`, name: `Customer ${i}` })) },
    })
  })
  afterAll(() => server.stop())
  const get = (path: string, headers: Record<string, string> = {}) =>
    server.request('GET', path, { headers: { 'x-app-api-key': apiKey, ...headers } })

  test('large responses are compressed when the client accepts it, small ones are not, and the content is the same', async () => {
    const plain = await get('/api/customers?limit=100', { 'accept-encoding': 'identity' })
    const packed = await get('/api/customers?limit=100', { 'accept-encoding': 'gzip' })
    expect([plain.headers.get('content-encoding'), packed.headers.get('content-encoding')]).toEqual([null, 'gzip'])
    expect(packed.body).toEqual(plain.body)
    expect(packed.headers.get('vary')).toContain('accept-encoding')
    expect((await get('/api/tokens', { 'accept-encoding': 'gzip' })).headers.get('content-encoding')).toBeNull()
    expect((await get('/api/calls/export', { 'accept-encoding': 'gzip' })).body).toStartWith('id,')
  })

  test('an ETag changes with the data and never crosses to another app', async () => {
    const { etag } = Object.fromEntries((await get('/api/customers')).headers)
    expect((await get('/api/customers', { 'if-none-match': etag! })).status).toBe(304)
    await server.request('PUT', '/api/customers', {
      headers: { 'x-app-api-key': apiKey },
      body: { customers: [{ external_id: '0', name: 'A new name' }] },
    })
    expect((await get('/api/customers', { 'if-none-match': etag! })).status).toBe(200)
  })

  test('every response has the security headers, also problems', async () => {
    for (const path of ['/api/customers', '/api/none', '/health', '/', '/swagger', '/console', '/swagger/json']) {
      const { headers } = await get(path)
      expect([path, headers.get('x-content-type-options'), headers.get('x-frame-options')]).toEqual([
        path,
        'nosniff',
        'DENY',
      ])
      expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin')
    }
    expect((await get('/api/customers')).headers.get('cache-control')).toBe('private, no-cache')
  })

  test('CORS opens /api to the origins named, and nothing to others', async () => {
    const ask = (origin: string, path = '/api/customers') => get(path, { origin })
    const allowed = await ask('https://crm.example.com')
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://crm.example.com')
    expect(allowed.headers.get('access-control-expose-headers')).toContain('x-request-id')
    const refused = await server.request('GET', '/api/customers', { headers: { origin: 'https://crm.example.com' } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
      401,
      'https://crm.example.com',
    ])
    for (const origin of [
      'https://evil.example.com',
      'https://crm.example.com.evil.com',
      'https://evilcrm.example.com',
      'https://crm.example.co',
      'http://crm.example.com',
      'https://crm.example.com:8443',
      'null',
    ])
      expect([origin, (await ask(origin)).headers.get('access-control-allow-origin')]).toEqual([origin, null])
    expect(
      (await ask('https://crm.example.com', '/internal/apps')).headers.get('access-control-allow-origin'),
    ).toBeNull()
    const preflight = (origin: string) =>
      server.request('OPTIONS', '/api/tokens', {
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-app-api-key' },
      })
    const open = await preflight('https://crm.example.com')
    expect([open.status, open.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('x-app-api-key'),
    ])
    expect((await preflight('https://evil.example.com')).headers.get('access-control-allow-origin')).toBeNull()
  })

  test('without CORS_ORIGINS no page elsewhere may read /api', async () => {
    const closed = await startTestServer(await freshUrl.sqlite())
    const answer = await closed.request('GET', '/api/calls', { headers: { origin: 'https://crm.example.com' } })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    await closed.stop()
  })
})

describe('an admin JWT of an OIDC issuer', () => {
  const AUDIENCE = 'cti-server'
  let server: TestServer
  let issuer: ReturnType<typeof Bun.serve>
  let privateKey: CryptoKey
  beforeAll(async () => {
    const pair = await generateKeyPair('RS256')
    privateKey = pair.privateKey
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
    issuer = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ keys: [jwk] }) })
    server = await startTestServer(await freshUrl.sqlite(), {
      INTERNAL_JWKS_URL: `http://127.0.0.1:${issuer.port}/jwks`,
      INTERNAL_JWT_AUDIENCE: AUDIENCE,
    })
  })
  afterAll(async () => {
    await server.stop()
    await issuer.stop(true)
  })

  const now = () => Math.floor(Date.now() / 1000)
  const jwt = (claims: object, key: CryptoKey | Uint8Array = privateKey, alg = 'RS256') =>
    new SignJWT({ sub: 'ann@example.com', aud: AUDIENCE, exp: now() + 60, ...claims })
      .setProtectedHeader({ alg, kid: 'one' })
      .sign(key)
  const list = async (bearer: string) =>
    (await server.request('GET', '/internal/apps', { headers: { authorization: `Bearer ${bearer}` } })).status

  test('is accepted on the admin routes, and the audit log shows its subject', async () => {
    const bearer = await jwt({})
    const made = await server.request('POST', '/internal/apps', {
      headers: { authorization: `Bearer ${bearer}` },
      body: { name: 'By JWT' },
    })
    expect(made.status).toBe(201)
    const { body } = await server.admin('GET', `/internal/apps/${made.body.app_id}/api-key/audit`)
    expect(body.audit_log[0].performed_by).toBe('ann@example.com')
    expect(await list(ADMIN_SECRET)).toBe(200)
  })

  test('within a minute of skew, and not beyond', async () => {
    expect(await list(await jwt({ exp: now() - 30 }))).toBe(200)
    expect(await list(await jwt({ exp: now() - 90 }))).toBe(401)
    expect(await list(await jwt({ nbf: now() + 30 }))).toBe(200)
    expect(await list(await jwt({ nbf: now() + 90 }))).toBe(401)
  })

  test('is refused as a console login: a session would outlive it', async () => {
    const login = (secret: string) =>
      server.request('POST', '/console/session', { headers: { 'x-cti-console': '1' }, body: { secret } })
    const refused = await login(await jwt({}))
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([401, null])
    expect((await login(ADMIN_SECRET)).headers.get('set-cookie')).toStartWith('cti_console=')
  })

  test('is accepted as a bearer alone, as is the admin secret', async () => {
    for (const credential of [await jwt({}), ADMIN_SECRET])
      for (const headers of [
        { authorization: `Basic ${credential}` },
        { authorization: credential },
        { 'x-app-api-key': credential },
        { cookie: `cti_console=${credential}`, 'x-cti-console': '1' },
      ])
        expect((await server.request('GET', '/internal/apps', { headers })).status).toBe(401)
  })

  test('another audience, no end, no subject, another key or a secret signature is 401', async () => {
    const stranger = (await generateKeyPair('RS256')).privateKey
    const [head, body] = (await jwt({})).split('.')
    const unsigned = Buffer.from('{"alg":"none","kid":"one"}').toString('base64url')
    for (const bearer of [
      `${unsigned}.${body}.`,
      `${head}.${body}.`,
      await jwt({ aud: `${AUDIENCE}-2` }),
      await jwt({ aud: 'another' }),
      await jwt({ aud: undefined }),
      await jwt({ exp: undefined }),
      await jwt({ sub: undefined }),
      await jwt({}, stranger),
      await jwt({}, new TextEncoder().encode('a secret of thirty-two characters'), 'HS256'),
    ])
      expect(await list(bearer)).toBe(401)
  })
})
