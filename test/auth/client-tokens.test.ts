import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { decodeJwt, SignJWT } from 'jose'
import { createClientTokens } from '../../src/auth/client-tokens'
import { createKeyVerifier } from '../../src/auth/key-verifier'
import { READ_SCOPES } from '../../src/auth/principal'
import { createAuthStore } from '../../src/auth/store'
import type { Database } from '../../src/db/database'
import type { DomainError } from '../../src/lib/errors'
import { createTestApps } from '../support/app-service'
import { backends } from '../support/backends'
import { mutationOf } from '../support/mutations'

const SECRET = 'the secret tokens are signed under'
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: DomainError) => error.code,
  )

describe.each(backends)('client tokens on %s', (_name, open) => {
  let database: Database
  let now: number
  let appId: string
  let keyId: string
  const clock = () => now
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    now = 1_800_000_000_000
    const { app, apiKey } = await apps().create('Acme', 'test')
    appId = app.id
    keyId = (await keys().verify(apiKey, { address: '203.0.113.1', isLockedOut: async () => false })).keyId
  })

  const apps = () => createTestApps(database, clock)
  const keys = () => createKeyVerifier({ database, store: createAuthStore(database), clock })
  const tokens = (secret = SECRET) => createClientTokens({ secret, endOf: keys().endOf, clock })
  const issue = async (ttlSeconds = 60, of = tokens()) => (await of.issue(appId, keyId, null, ttlSeconds)).token

  /** A token as the server signs it, with one thing different. */
  function forge(different: { alg?: string; key?: Uint8Array; issuer?: string; claims?: object; exp?: number | null }) {
    const { alg = 'HS256', key = signingKey(), issuer = 'cti-server', claims, exp } = different
    const jwt = new SignJWT({ app: appId, key: keyId, user: null, ...claims })
      .setProtectedHeader({ alg })
      .setIssuer(issuer)
    if (exp !== null) jwt.setExpirationTime(exp ?? now / 1000 + 60)
    return jwt.sign(key)
  }
  const signingKey = () => createHash('sha256').update(`client-token:${SECRET}`).digest()

  test('a token reads as the app and user it was made for, until its end', async () => {
    const { token, expiresAt } = await tokens().issue(appId, keyId, 'ann', 60)
    expect(expiresAt).toBe(now + 60_000)
    expect(await tokens().verify(token)).toEqual({ appId, keyId, expiresAt, scopes: READ_SCOPES, userId: 'ann' })
  })

  test('a token is refused from the second it ends', async () => {
    const token = await issue(60)
    now += 59_999
    expect(await code(tokens().verify(token))).toBe('accepted')
    now += 1
    expect(await code(tokens().verify(token))).toBe('token_invalid')
  })

  test('a token signed with another secret, another algorithm or for another issuer is refused', async () => {
    const text = new TextEncoder()
    expect(await code(tokens().verify(await forge({})))).toBe('accepted')
    for (const bad of [
      await issue(60, tokens('another secret')),
      await forge({ key: text.encode(SECRET.padEnd(64)) }),
      await forge({ alg: 'HS384' }),
      await forge({ alg: 'HS512' }),
      await forge({ issuer: 'another' }),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await forge({})).split('.')[1]}.`,
    ])
      expect(await code(tokens().verify(bad))).toBe('token_invalid')
  })

  test('a signed token that lacks its app, key, user or end is refused', async () => {
    for (const claims of [{ app: undefined }, { key: undefined }, { user: undefined }, { user: 7 }])
      expect(await code(tokens().verify(await forge({ claims })))).toBe('token_invalid')
    expect(await code(tokens().verify(await forge({ exp: null })))).toBe('token_invalid')
  })

  test('a token with any one character changed, added or lost is refused', async () => {
    const token = await issue()
    const { exp } = decodeJwt(token)
    expect(exp).toBe(now / 1000 + 60)
    await fc.assert(
      fc.asyncProperty(mutationOf(token), async (mutant) => {
        expect(await code(tokens().verify(mutant))).toBe('token_invalid')
      }),
    )
  })

  test('a token ends with the key that created it, and with its app', async () => {
    const byKey = await issue()
    const byOperator = (await tokens().issue(appId, null, null, 60)).token
    await apps().revokeKey(appId, 'test')
    expect(await code(tokens().verify(byKey))).toBe('token_invalid')
    expect(await code(tokens().verify(byOperator))).toBe('accepted')
    await apps().update(appId, { active: false })
    expect(await code(tokens().verify(byOperator))).toBe('token_invalid')
  })

  test('a token ends with the grace of its key, though its own end is later', async () => {
    const token = await issue(3600)
    await apps().rotateKey(appId, 60, 'test')
    now += 59_999
    expect(await code(tokens().verify(token))).toBe('accepted')
    now += 1
    expect(await code(tokens().verify(token))).toBe('token_invalid')
  })
})
