import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/db/database'
import { createDialpadApi } from '../../src/dialpad/client/api'
import { type Access, createDialpadClient } from '../../src/dialpad/client/client'
import { createRateLimiter } from '../../src/dialpad/client/rate-limiter'
import { createCredentials, REFRESH_BEFORE_MS } from '../../src/dialpad/connections/credentials'
import { createOAuthProtocol } from '../../src/dialpad/connections/oauth'
import { createConnectionService } from '../../src/dialpad/connections/service'
import { createConnectionStore } from '../../src/dialpad/connections/store'
import { DomainError, type ErrorCode } from '../../src/lib/errors'
import { createSecretBox } from '../../src/lib/secret-box'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'

const HOUR = 3600_000
const redirectUri = 'http://cti.test/auth/dialpad/callback'
const code = (work: Promise<unknown>): Promise<ErrorCode | 'no error'> =>
  work.then(
    () => 'no error' as const,
    (error: unknown) => {
      if (error instanceof DomainError) return error.code
      throw error
    },
  )

describe.each(backends)('connections on %s', (_name, openBackend) => {
  let database: Database
  let dialpad: Dialpad
  let now: number
  const clock = () => now
  const scopes = 'calls:list recordings_export offline_access'
  const keys = [new Uint8Array(32).fill(7)]

  beforeEach(async () => {
    now = 1_800_000_000_000
    database = await openBackend()
    dialpad = startDialpad({ clock, redirectUris: [redirectUri], rateLimits: false })
  })
  afterEach(async () => {
    await dialpad.stop()
    await database.close()
  })

  /** One instance of the server's part; two of them share the database and nothing else. */
  function instance(appId: string, apiKey: string | null = null, clientSecret = dialpad.clientSecret) {
    const store = createConnectionStore(database)
    const secretBox = createSecretBox(keys)
    const { clientId } = dialpad
    const oauth = createOAuthProtocol(dialpad.url, { clientId, clientSecret, redirectUri, scopes })
    const credentials = createCredentials({
      database,
      store,
      oauth,
      secretBox,
      apiKey,
      clock,
      wait: () => new Promise((resolve) => setImmediate(resolve)),
    })
    const api = (access: Access) =>
      createDialpadApi(
        createDialpadClient({
          baseUrl: dialpad.url,
          credentials: { access: async () => access, renew: async () => null },
          limiter: createRateLimiter(),
          retryDelayMs: () => 1,
        }),
      )
    const connected: [string, number][] = []
    const service = createConnectionService({
      database,
      store,
      oauth,
      secretBox,
      encryptionKeys: keys,
      scopes,
      clock,
      companyOf: (token) => api({ token, company: 'new' }).company(appId),
      apps: { requireApp: async () => {} },
      onConnected: async (...told) => void connected.push(told),
    })
    const client = createDialpadClient({
      baseUrl: dialpad.url,
      credentials,
      limiter: createRateLimiter(),
      retryDelayMs: () => 1,
    })
    return { appId, store, credentials, service, connected, api: createDialpadApi(client) }
  }
  type Instance = ReturnType<typeof instance>

  /** Follows the link as an administrator's browser does. */
  async function consent({ service, appId }: Instance, link: string): Promise<{ code: string; state: string }> {
    const page = await fetch(await service.authorize(appId, link), { redirect: 'manual' })
    const query = new URL(page.headers.get('location')!).searchParams
    return Object.fromEntries(query) as { code: string; state: string }
  }
  async function connect(one: Instance): Promise<void> {
    const { token } = await one.service.createLink(one.appId)
    await one.service.finish(await consent(one, token))
  }
  const start = async () => instance(await insertApp(database, 'Acme', now))
  const row = async ({ store, appId }: Instance) => (await store.ofApp(database.queries, appId))!

  test('connects an account and reads its organization from the API', async () => {
    const one = await start()
    await connect(one)
    expect(await row(one)).toMatchObject({
      orgId: 4508591728425653,
      companyName: 'Example Plumbing',
      status: 'connected',
    })
    expect(one.connected).toEqual([[one.appId, 4508591728425653]])
    expect((await one.api.company(one.appId)).name).toBe('Example Plumbing')
    expect(dialpad.state.violations).toEqual([])
  })

  test('stores no token in plain text', async () => {
    const one = await start()
    await connect(one)
    const dump = JSON.stringify([
      await one.service.list(),
      await database.queries.select().from(database.tables.oneTimeTokens),
    ])
    for (const token of dialpad.oauth.tokens()) expect(dump).not.toContain(token)
  })

  test('refuses a missing, foreign, expired or used link', async () => {
    const one = await start()
    const other = await start()
    const { token } = await one.service.createLink(one.appId)
    expect(await code(one.service.authorize(one.appId, null))).toBe('connect_link_invalid')
    expect(await code(one.service.authorize(one.appId, 'x'.repeat(43)))).toBe('connect_link_invalid')
    expect(await code(one.service.authorize(other.appId, token))).toBe('connect_link_invalid')
    const twice = [await consent(one, token), await consent(one, token)]
    await one.service.finish(twice[0]!)
    expect(await code(one.service.finish(twice[1]!))).toBe('connect_link_invalid')
    expect(await code(one.service.authorize(one.appId, token))).toBe('connect_link_invalid')
    const late = await one.service.createLink(one.appId)
    now += 24 * HOUR
    expect(await code(one.service.authorize(one.appId, late.token))).toBe('connect_link_invalid')
  })

  test('refuses a made-up, changed, used or expired state, and a code that was used or never given', async () => {
    const one = await start()
    const { token } = await one.service.createLink(one.appId)
    const given = await consent(one, token)
    expect(await code(one.service.finish({ ...given, state: 'nonsense' }))).toBe('oauth_state_invalid')
    expect(await code(one.service.finish({ ...given, state: `${given.state}x` }))).toBe('oauth_state_invalid')
    expect(await code(one.service.finish({ ...given, code: 'made-up' }))).toBe('oauth_code_invalid')
    expect(await code(one.service.finish(given))).toBe('oauth_state_invalid')
    const late = await consent(one, token)
    now += 10 * 60_000 + 1000
    expect(await code(one.service.finish(late))).toBe('oauth_state_invalid')
    dialpad.oauth.controls.consent = 'deny'
    expect(await code(one.service.finish(await consent(one, token)))).toBe('oauth_denied')
    expect(await one.service.list()).toEqual([])
  })

  test('refreshes 15 minutes before the end, and keeps a refresh token that was not replaced', async () => {
    const one = await start()
    await connect(one)
    dialpad.oauth.controls.rotatesRefreshTokens = false
    for (let i = 0; i < 3; i++) {
      const before = await row(one)
      now = before.expiresAt! - REFRESH_BEFORE_MS - 1
      await one.credentials.refreshDue()
      expect((await row(one)).version).toBe(before.version)
      now += 2
      await one.credentials.refreshDue()
      expect((await row(one)).version).toBe(before.version + 1)
    }
    now += HOUR - 1
    expect((await one.api.company(one.appId)).id).toBePositive()
  })

  test('uses a refresh token once, for any number of callers and instances', async () => {
    const one = await start()
    await connect(one)
    const two = instance(one.appId)
    now += 2 * HOUR
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? one : two).api.company(one.appId)))
    expect(answers).toHaveLength(12)
    const refreshes = dialpad
      .requests(/token$/)
      .filter(({ body }) => (body as { grant_type: string }).grant_type === 'refresh_token')
    expect(refreshes.map(({ status }) => status)).toEqual([200])
    expect((await row(one)).status).toBe('connected')
  })

  test('takes over the refresh of an instance that died in the middle', async () => {
    const one = await start()
    await connect(one)
    now += 2 * HOUR
    await one.store.claimRefresh(database.queries, await row(one), now, now + 30_000)
    now += 30_001
    expect((await one.api.company(one.appId)).id).toBePositive()
  })

  test('shows a failing connection and repairs it, and keeps its refresh token', async () => {
    const one = await start()
    await connect(one)
    now += 2 * HOUR
    dialpad.faults.add({ on: /token$/, times: 1, status: 500 })
    await one.credentials.refreshDue()
    expect(await row(one)).toMatchObject({ status: 'failing', lastError: expect.stringContaining('500') })
    dialpad.faults.add({ on: /token$/, times: 1, status: 200, body: '<html>' })
    await one.credentials.refreshDue()
    expect((await row(one)).status).toBe('failing')
    await one.credentials.refreshDue()
    expect(await row(one)).toMatchObject({ status: 'connected', lastError: null })
  })

  test.each([
    ['a page of a proxy', { status: 400, body: '<html>invalid_grant</html>' }],
    ['another OAuth error', { status: 400, body: '{"error":"invalid_request"}' }],
    [
      'an error that mentions a grant',
      { status: 400, body: '{"error":"server_error","error_description":"invalid_grant?"}' },
    ],
    ['401 without a reason', { status: 401, body: '' }],
    ['half an answer', { status: 400, body: '{"error":"invalid_gra' }],
  ])('takes %s for a trouble that passes: only invalid_grant in JSON ends a connection', async (_what, fault) => {
    const one = await start()
    await connect(one)
    now += 2 * HOUR
    dialpad.faults.add({ on: /token$/, times: 1, ...fault })
    await one.credentials.refreshDue()
    expect((await row(one)).status).toBe('failing')
    await one.credentials.refreshDue()
    expect((await row(one)).status).toBe('connected')
    now += 2 * HOUR
    dialpad.faults.add({ on: /token$/, times: 1, status: 400, body: '{"error":"invalid_grant"}' })
    await one.credentials.refreshDue()
    expect((await row(one)).status).toBe('disconnected')
  })

  test.each<[what: string, odd: Record<string, unknown>]>([
    ['an id_token of keys that Dialpad does not publish', { id_token: 'e30.e30.c2ln' }],
    ['no token_type', { token_type: undefined }],
    ['a lifetime of null', { expires_in: null }],
    ['scopes as a list', { scope: ['calls:list'] }],
  ])('keeps the tokens of an answer with %s: the refresh token before it works no more', async (_what, odd) => {
    const one = await start()
    await connect(one)
    now += 2 * HOUR
    const alter = (answer: Record<string, unknown>) => ({ ...answer, ...odd })
    dialpad.faults.add({ on: /token$/, times: 1, alter })
    await one.credentials.refreshDue()
    expect(await row(one)).toMatchObject({ status: 'connected', lastError: null })
    expect((await one.api.company(one.appId)).id).toBePositive()
  })

  test('keeps the granted scopes when Dialpad lists them', async () => {
    const one = await start()
    const alter = (answer: Record<string, unknown>) => ({ ...answer, scope: 'calls:list offline_access' })
    dialpad.faults.add({ on: /token$/, times: 1, alter })
    await connect(one)
    expect((await row(one)).scopes).toBe('calls:list offline_access')
  })

  test('treats the requested scopes as granted when Dialpad does not list them', async () => {
    const one = await start()
    const alter = ({ scope: _, ...answer }: Record<string, unknown>) => answer
    dialpad.faults.add({ on: /token$/, times: 1, alter })
    await connect(one)
    expect((await row(one)).scopes).toBe(scopes)
  })

  test('exchanges no code where none was given', async () => {
    const one = await start()
    const { state } = await consent(one, (await one.service.createLink(one.appId)).token)
    expect(await code(one.service.finish({ state }))).toBe('oauth_code_invalid')
    expect(dialpad.requests(/token$/)).toEqual([])
  })

  test('a connection that could not be deleted is an error, not a success', async () => {
    const one = await start()
    await connect(one)
    const { id } = await row(one)
    one.store.remove = () => Promise.reject(new Error('the database is away'))
    await expect(one.service.disconnect(id)).rejects.toThrow('the database is away')
  })

  test('is kept when its tokens could not be revoked at Dialpad, except with force', async () => {
    const one = await start()
    await connect(one)
    const { id } = await row(one)
    dialpad.faults.add({ on: /deauthorize$/, times: 2, status: 503 })
    expect(await code(one.service.disconnect(id))).toBe('dialpad_unavailable')
    expect(await one.service.list()).toHaveLength(1)
    await one.service.disconnect(id, true)
    expect(await one.service.list()).toEqual([])
  })

  test('a wrong client secret does not end the connection', async () => {
    const one = await start()
    await connect(one)
    const wrong = instance(one.appId, null, 'wrong')
    now += 2 * HOUR
    await wrong.credentials.refreshDue()
    expect(await row(one)).toMatchObject({ status: 'failing', lastError: expect.stringContaining('invalid_client') })
    expect(await code(connect(wrong))).toBe('dialpad_unauthorized')
    expect((await one.api.company(one.appId)).id).toBePositive()
  })

  test('reports that tokens revoked at Dialpad need a new connection, and accepts one', async () => {
    const one = await start()
    await connect(one)
    dialpad.oauth.revokeAll()
    expect(await code(one.api.company(one.appId))).toBe('dialpad_unauthorized')
    expect((await row(one)).status).toBe('disconnected')
    expect(await code(one.api.company(one.appId))).toBe('dialpad_not_connected')
    await connect(one)
    expect((await one.api.company(one.appId)).id).toBePositive()
  })

  test('deauthorizes at Dialpad, then deletes the tokens', async () => {
    const one = await start()
    await connect(one)
    const token = dialpad.oauth.tokens()[0]!
    await one.service.disconnect((await row(one)).id)
    expect(dialpad.oauth.scopesOf(token)).toBeNull()
    expect(await one.service.list()).toEqual([])
    expect(await code(one.service.disconnect('unknown'))).toBe('dialpad_connection_not_found')
    expect(await code(one.api.company(one.appId))).toBe('dialpad_not_connected')
  })

  test('deletes tokens that no key can decrypt', async () => {
    const one = await start()
    await connect(one)
    await one.store.update(database.queries, (await row(one)).id, { tokensEncrypted: 'sealed with a lost key' })
    await one.service.disconnect((await row(one)).id)
    expect(await one.service.list()).toEqual([])
  })

  test('prefers the static key', async () => {
    const one = instance(await insertApp(database, 'Acme', now), dialpad.apiKey)
    expect((await one.api.company(one.appId)).id).toBePositive()
  })
})
