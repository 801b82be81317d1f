import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { prefixOf } from '../../src/auth/api-key'
import { createAuthenticator } from '../../src/auth/authenticator'
import { createClientTokens } from '../../src/auth/client-tokens'
import { createKeyVerifier } from '../../src/auth/key-verifier'
import { createLoginLimiter } from '../../src/auth/login-limiter'
import { createAuthStore } from '../../src/auth/store'
import type { Database } from '../../src/db/database'
import type { DomainError } from '../../src/lib/errors'
import { createTestApps } from '../support/app-service'
import { backends } from '../support/backends'
import { mutationOf } from '../support/mutations'

const ADMIN_SECRET = 'an-admin-secret-of-more-than-32-characters'
const UNKNOWN_KEY = `raw_${'0'.repeat(64)}`
const HERE = '203.0.113.1'
const ELSEWHERE = '203.0.113.2'
const code = async (work: () => Promise<unknown>) => {
  try {
    await work()
    return 'accepted'
  } catch (error) {
    return (error as DomainError).code
  }
}

describe.each(backends)('credentials on %s', (_name, open) => {
  let database: Database
  let apiKey: string
  let appId: string
  beforeAll(async () => {
    database = await open()
    const made = await createTestApps(database, clock).create('A', 'test')
    apiKey = made.apiKey
    appId = made.app.id
  })
  afterAll(() => database.close())
  const clock = () => 1_800_000_000_000

  function setUp(failures = 1_000_000) {
    const store = createAuthStore(database)
    const keys = createKeyVerifier({ database, store, clock })
    const tokens = createClientTokens({ secret: ADMIN_SECRET, endOf: keys.endOf, clock })
    const limiter = createLoginLimiter(failures)
    return { tokens, login: createAuthenticator({ keys, tokens, adminSecret: ADMIN_SECRET, verifyAdmin: [], limiter }) }
  }

  test('the admin secret is accepted whole and as it is; cut, lengthened, in other letters or empty it is refused', async () => {
    const { login } = setUp()
    expect(await login.admin(ADMIN_SECRET, HERE)).toEqual({ subject: 'admin' })
    for (let length = 1; length < ADMIN_SECRET.length; length++)
      expect(await code(() => login.admin(ADMIN_SECRET.slice(0, length), HERE))).toBe('admin_credentials_invalid')
    for (const bad of [`${ADMIN_SECRET}x`, ADMIN_SECRET + ADMIN_SECRET, ADMIN_SECRET.toUpperCase(), ` ${ADMIN_SECRET}`])
      expect(await code(() => login.admin(bad, HERE))).toBe('admin_credentials_invalid')
    for (const none of ['', null]) expect(await code(() => login.admin(none, HERE))).toBe('admin_credentials_missing')
  })

  test('the admin secret with any one character changed, added or lost is refused', async () => {
    const { login } = setUp()
    await fc.assert(
      fc.asyncProperty(mutationOf(ADMIN_SECRET), async (mutant) => {
        expect(await code(() => login.admin(mutant, HERE))).toBe('admin_credentials_invalid')
      }),
    )
  })

  test('an API key and a token are no admin credentials, and the admin secret is no app key', async () => {
    const { login, tokens } = setUp()
    const { token } = await tokens.issue(appId, null, null, 60)
    for (const credential of [apiKey, token])
      expect(await code(() => login.admin(credential, HERE))).toBe('admin_credentials_invalid')
    expect(await code(() => login.app(ADMIN_SECRET, HERE))).toBe('api_key_invalid')
    for (const none of ['', null]) expect(await code(() => login.app(none, HERE))).toBe('api_key_missing')
  })

  test('every kind of failed login counts for its address alone', async () => {
    for (const fail of [
      (login: ReturnType<typeof setUp>['login']) => login.app(UNKNOWN_KEY, HERE),
      (login: ReturnType<typeof setUp>['login']) => login.app('a.b.c', HERE),
      (login: ReturnType<typeof setUp>['login']) => login.app('nonsense', HERE),
      (login: ReturnType<typeof setUp>['login']) => login.admin('wrong', HERE),
    ]) {
      const { login } = setUp(2)
      const seen = [await code(() => fail(login)), await code(() => fail(login))]
      expect(seen).not.toContain('rate_limited')
      expect(await code(() => fail(login))).toBe('rate_limited')
      expect(await code(() => login.admin('wrong', HERE))).toBe('rate_limited')
      expect(await code(() => login.app(UNKNOWN_KEY, HERE))).toBe('rate_limited')
      expect(await code(() => login.admin('wrong', ELSEWHERE))).toBe('admin_credentials_invalid')
      expect(await code(() => login.app(UNKNOWN_KEY, ELSEWHERE))).toBe('api_key_invalid')
    }
  })

  test('valid credentials are accepted from an address that is locked out', async () => {
    const { login, tokens } = setUp(1)
    const { token } = await tokens.issue(appId, null, null, 60)
    await code(() => login.app(UNKNOWN_KEY, HERE))
    expect(await code(() => login.app(UNKNOWN_KEY, HERE))).toBe('rate_limited')
    expect(await code(() => login.app(apiKey, HERE))).toBe('accepted')
    expect(await code(() => login.app(token, HERE))).toBe('accepted')
    expect(await code(() => login.admin(ADMIN_SECRET, HERE))).toBe('accepted')
  })

  test('invalid keys sent at once are limited as if sent one by one', async () => {
    const { login } = setUp(3)
    const forged = (i: number) =>
      `${prefixOf(apiKey)}${String(i).padStart(apiKey.length - prefixOf(apiKey).length, '0')}`
    const codes = await Promise.all(Array.from({ length: 100 }, (_, i) => code(() => login.app(forged(i), HERE))))
    expect(codes.filter((one) => one === 'api_key_invalid')).toHaveLength(3)
    expect(codes.filter((one) => one === 'rate_limited')).toHaveLength(97)
  })

  test('a success costs no attempt, and does not give failed ones back', async () => {
    const { login } = setUp(2)
    for (let i = 0; i < 5; i++) expect(await code(() => login.admin(ADMIN_SECRET, HERE))).toBe('accepted')
    expect(await code(() => login.admin('wrong', HERE))).toBe('admin_credentials_invalid')
    for (let i = 0; i < 5; i++) expect(await code(() => login.app(apiKey, HERE))).toBe('accepted')
    expect(await code(() => login.admin('wrong', HERE))).toBe('admin_credentials_invalid')
    expect(await code(() => login.admin('wrong', HERE))).toBe('rate_limited')
  })

  test('a locked out address may try again after fifteen minutes', async () => {
    const { login } = setUp(1)
    await code(() => login.admin('wrong', HERE))
    const refused = await login.admin('wrong', HERE).catch((error: DomainError) => error)
    const seconds = Number((refused as DomainError).extra.headers?.['retry-after'])
    expect(seconds).toBeGreaterThan(14 * 60)
    expect(seconds).toBeLessThanOrEqual(15 * 60)
  })
})
