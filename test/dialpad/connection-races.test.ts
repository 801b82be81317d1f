import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { decodeJwt } from 'jose'
import type { Database } from '../../src/db/database'
import { createCredentials } from '../../src/dialpad/connections/credentials'
import type { OAuthProtocol } from '../../src/dialpad/connections/oauth'
import { createOAuthProtocol } from '../../src/dialpad/connections/oauth'
import { createConnectionService, openTokens, sealTokens } from '../../src/dialpad/connections/service'
import { createStateTokens } from '../../src/dialpad/connections/state-token'
import { createConnectionStore } from '../../src/dialpad/connections/store'
import { DomainError } from '../../src/lib/errors'
import { createSecretBox } from '../../src/lib/secret-box'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'

const HOUR = 3600_000
const CLAIM_MS = 30_000
const redirectUri = 'http://cti.test/auth/dialpad/callback'
const OLD_KEY = new Uint8Array(32).fill(7)
const NEW_KEY = new Uint8Array(32).fill(8)
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => {
      if (error instanceof DomainError) return error.code
      throw error
    },
  )

describe.each(backends)('connections of several instances on %s', (_name, open) => {
  let database: Database
  let dialpad: Dialpad
  let now: number
  let appId: string
  const clock = () => now
  beforeEach(async () => {
    now = 1_800_000_000_000
    database = await open()
    dialpad = startDialpad({ clock, redirectUris: [redirectUri], rateLimits: false })
    appId = await insertApp(database, 'Acme', now)
  })
  afterEach(async () => {
    await dialpad.stop()
    await database.close()
  })

  const store = () => createConnectionStore(database)
  const row = async () => (await store().ofApp(database.queries, appId))!
  const tokensOf = async (keys = [OLD_KEY]) => openTokens(createSecretBox(keys), await row())

  /** One instance of the server's part. @param protocol what its refreshes pass through on their way to Dialpad. */
  function instance(keys = [OLD_KEY], protocol: Partial<OAuthProtocol> = {}) {
    const { url, clientId, clientSecret } = dialpad
    const scopes = 'calls:list offline_access'
    const oauth = { ...createOAuthProtocol(url, { clientId, clientSecret, redirectUri, scopes }), ...protocol }
    const secretBox = createSecretBox(keys)
    const common = { database, store: store(), oauth, secretBox, clock }
    const service = createConnectionService({
      ...common,
      encryptionKeys: keys,
      scopes,
      companyOf: async () => ({ id: 42, name: 'Acme' }),
      apps: { requireApp: async () => {} },
      onConnected: async () => {},
    })
    const wait = () => new Promise((resolve) => setImmediate(resolve))
    return { oauth, service, credentials: createCredentials({ ...common, apiKey: null, wait }) }
  }
  type Instance = ReturnType<typeof instance>

  async function consent({ service }: Instance, link: string): Promise<{ code: string; state: string }> {
    const page = await fetch(await service.authorize(appId, link), { redirect: 'manual' })
    const query = new URL(page.headers.get('location')!).searchParams
    return Object.fromEntries(query) as { code: string; state: string }
  }
  async function connect(one: Instance): Promise<void> {
    await one.service.finish(await consent(one, (await one.service.createLink(appId)).token))
  }

  /** An instance whose refresh stops half way until released; it then ends well, or in a refusal of Dialpad. */
  function held(end: 'ends well' | 'is refused' = 'ends well') {
    const halfWay = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const { oauth } = instance()
    const refresh = async (token: string) => {
      const tokens = end === 'ends well' ? await oauth.refresh(token) : null
      halfWay.resolve()
      await released.promise
      return tokens ?? oauth.refresh('a token that was never given')
    }
    return { ...instance([OLD_KEY], { refresh }), halfWay: halfWay.promise, release: released.resolve }
  }

  test('a slow refresh never overwrites the tokens that another instance stored meanwhile', async () => {
    dialpad.oauth.controls.rotatesRefreshTokens = false
    await connect(instance())
    now += 2 * HOUR
    const slow = held()
    const slowly = slow.credentials.access(appId)
    await slow.halfWay
    now += CLAIM_MS + 1
    const { token } = await instance().credentials.access(appId)
    const stored = await row()
    slow.release()
    expect((await slowly).token).toBe(token)
    expect(await row()).toEqual(stored)
    expect((await tokensOf()).access_token).toBe(token)
  })

  test.each(['ends well', 'is refused'] as const)(
    'a refresh that %s never overwrites a grant that was made meanwhile',
    async (end) => {
      await connect(instance())
      now += 2 * HOUR
      const slow = held(end)
      const slowly = slow.credentials.refreshDue()
      await slow.halfWay
      await connect(instance())
      const granted = await row()
      slow.release()
      await slowly
      expect(await row()).toEqual(granted)
    },
  )

  test('when two read the same version, only the first writes', async () => {
    await connect(instance())
    const seen = await row()
    const box = createSecretBox([OLD_KEY])
    const set = async (accessToken: string) => ({
      tokensEncrypted: await sealTokens(box, { accessToken, refreshToken: 'r', expiresIn: 60, scopes: null }, null),
      version: seen.version + 1,
    })
    expect(await store().swap(database.queries, seen, await set('first'))).toBe(true)
    expect(await store().swap(database.queries, seen, await set('second'))).toBe(false)
    expect((await tokensOf()).access_token).toBe('first')
  })

  test('a refresh is claimed by one, of the version it read, until the claim ends or the tokens are written', async () => {
    await connect(instance())
    const { queries: q } = database
    const seen = await row()
    const claim = (at: number, of = seen) => store().claimRefresh(q, of, at, at + CLAIM_MS)
    const claims = await Promise.all([claim(now), claim(now), claim(now)])
    expect(claims.filter(Boolean)).toHaveLength(1)
    expect(await claim(now + CLAIM_MS)).toBe(false)
    expect(await claim(now + CLAIM_MS + 1)).toBe(true)
    expect(await store().swap(q, seen, { version: seen.version + 1 })).toBe(true)
    expect(await claim(now + CLAIM_MS + 2)).toBe(false)
    expect(await claim(now, await row())).toBe(true)
  })

  test('when two return with one link at once, one connects', async () => {
    const one = instance()
    const { token } = await one.service.createLink(appId)
    const back = [await consent(one, token), await consent(one, token)]
    const outcomes = await Promise.all(back.map((query) => code(instance().service.finish(query))))
    expect(outcomes.sort()).toEqual(['accepted', 'connect_link_invalid'])
  })

  test('when two return with one state at once, one connects, and the code is exchanged once', async () => {
    const one = instance()
    const back = await consent(one, (await one.service.createLink(appId)).token)
    const outcomes = await Promise.all([code(one.service.finish(back)), code(instance().service.finish(back))])
    expect(outcomes.sort()).toEqual(['accepted', 'oauth_state_invalid'])
    expect(dialpad.requests(/token$/)).toHaveLength(1)
  })

  test('a used link causes no exchange of a code at Dialpad', async () => {
    const one = instance()
    const { token } = await one.service.createLink(appId)
    const [first, second] = [await consent(one, token), await consent(one, token)]
    expect(await code(one.service.finish(first))).toBe('accepted')
    expect(await code(one.service.finish(second))).toBe('connect_link_invalid')
    expect(dialpad.requests(/token$/)).toHaveLength(1)
  })

  test('a one-time token opens only what it was made for', async () => {
    const { queries: q } = database
    await store().insertToken(q, { id: 'one', appId, purpose: 'connect_link', expiresAt: now + HOUR })
    expect(await store().token(q, 'one', 'oauth_state')).toBeNull()
    expect(await store().useToken(q, 'one', 'oauth_state', now)).toBeNull()
    expect(await store().useToken(q, 'one', 'connect_link', now)).not.toBeNull()
  })

  test('a one-time token is used once, however many have read it as unused', async () => {
    const { queries: q } = database
    await store().insertToken(q, { id: 'one', appId, purpose: 'connect_link', expiresAt: now + HOUR })
    const uses = await Promise.all([1, 2, 3].map(() => store().useToken(q, 'one', 'connect_link', now)))
    expect(uses.filter((used) => used !== null)).toHaveLength(1)
    expect(await store().useToken(q, 'one', 'connect_link', now)).toBeNull()
  })

  test('a link is used up only by a connection: it stays valid after a denied consent', async () => {
    const one = instance()
    const { token } = await one.service.createLink(appId)
    const { state } = await consent(one, token)
    expect(await code(one.service.finish({ state, error: 'access_denied' }))).toBe('oauth_denied')
    expect(await code(one.service.finish(await consent(one, token)))).toBe('accepted')
    expect(await code(one.service.authorize(appId, token))).toBe('connect_link_invalid')
  })

  test('a well signed state of another app, of no row or of an ended one is refused', async () => {
    const one = instance()
    const other = await insertApp(database, 'Other', now)
    const link = (await one.service.createLink(appId)).token
    const states = createStateTokens([OLD_KEY])
    const finish = async (sub: string, id: string) =>
      code(one.service.finish({ code: 'any', state: await states.sign(sub, id, now) }))
    expect(await finish(appId, 'made-up')).toBe('oauth_state_invalid')
    const id = async () => decodeJwt((await consent(one, link)).state).jti!
    expect(await finish(other, await id())).toBe('oauth_state_invalid')
    const ended = await id()
    now += 10 * 60_000
    expect(await finish(appId, ended)).toBe('oauth_state_invalid')
  })

  test('data sealed and signed with the old encryption key stays valid after its rotation, and is then sealed with the new key', async () => {
    const before = instance([OLD_KEY])
    const back = await consent(before, (await before.service.createLink(appId)).token)
    const rotated = instance([NEW_KEY, OLD_KEY])
    expect(await code(rotated.service.finish(back))).toBe('accepted')
    expect((await tokensOf([NEW_KEY])).access_token).toBeString()
    now += 2 * HOUR
    await rotated.credentials.refreshDue()
    expect((await row()).version).toBe(2)
    expect((await instance([NEW_KEY]).credentials.access(appId)).token).toBe((await tokensOf([NEW_KEY])).access_token)
  })
})
