import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/db/database'
import { DialpadApiError } from '../../src/dialpad/client/dialpad-api-error'
import { createCredentials } from '../../src/dialpad/connections/credentials'
import { GrantInvalid, type TokenSet } from '../../src/dialpad/connections/oauth'
import { sealTokens } from '../../src/dialpad/connections/service'
import { type ConnectionStore, createConnectionStore } from '../../src/dialpad/connections/store'
import { createSecretBox } from '../../src/lib/secret-box'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'

const HOUR = 3600_000
const secretBox = createSecretBox([new Uint8Array(32).fill(7)])

describe.each(backends)('the token that requests to Dialpad carry, on %s', (_name, open) => {
  let database: Database
  let store: ConnectionStore
  let now: number
  let appId: string
  beforeEach(async () => {
    now = 1_800_000_000_000
    database = await open()
    store = createConnectionStore(database)
    appId = await insertApp(database, 'Acme', now)
    await store.insert(database.queries, {
      ...{ id: 'connection', appId, orgId: 42, orgName: 'Acme', scopes: null, status: 'connected' },
      ...{ version: 1, connectedAt: now, createdAt: now, updatedAt: now, expiresAt: now + HOUR },
      tokensEncrypted: await sealTokens(secretBox, tokenSet('first'), null),
    })
  })
  afterEach(() => database.close())

  const row = async () => (await store.byId(database.queries, 'connection'))!
  const tokenSet = (accessToken: string): TokenSet => ({
    ...{ accessToken, refreshToken: `refresh of ${accessToken}`, expiresIn: HOUR / 1000, scopes: null },
  })

  /**
   * An instance, with the refresh tokens it used up and how long it waited.
   * @param changes to its store. @param refusal what Dialpad answers to a refresh instead of tokens.
   */
  function instance(changes: Partial<ConnectionStore> = {}, refusal?: DialpadApiError) {
    const used: string[] = []
    const waits: number[] = []
    const credentials = createCredentials({
      ...{ database, store: { ...store, ...changes }, secretBox, apiKey: null, clock: () => now },
      oauth: {
        authorizeUrl: () => '',
        exchange: () => Promise.reject(new Error('no code is exchanged here')),
        deauthorize: async () => {},
        refresh: async (refreshToken) => {
          used.push(refreshToken)
          if (refusal) throw refusal
          return tokenSet(`token ${used.length} after ${refreshToken}`)
        },
      },
      wait: async (ms) => {
        await database.transaction(async () => {})
        waits.push(ms)
        now += ms
      },
    })
    return { credentials, used, waits }
  }

  test('a refused token that was replaced meanwhile is retried with the newer one, without a refresh', async () => {
    const { credentials, used } = instance()
    const old = await credentials.access(appId)
    now += HOUR
    await instance().credentials.refreshDue()
    const newer = await credentials.access(appId)
    expect(newer.token).not.toBe(old.token)
    expect((await credentials.renew(appId, old))?.token).toBe(newer.token)
    expect(used).toEqual([])
    const newest = await credentials.renew(appId, newer)
    expect(used).toHaveLength(1)
    expect([old.token, newer.token]).not.toContain(newest!.token)
  })

  test('a refused token is not used again when its refresh fails', async () => {
    const away = instance({}, new DialpadApiError('dialpad_unavailable', 'Dialpad is away.', 503))
    const refused = await away.credentials.access(appId)
    expect(await away.credentials.renew(appId, refused)).toBeNull()
    expect(away.used).toEqual(['refresh of first'])
    expect((await row()).status).toBe('failing')
    const gone = instance({}, new GrantInvalid('dialpad_unauthorized', 'The grant is gone.', 400))
    expect(await gone.credentials.renew(appId, refused)).toBeNull()
    expect((await row()).status).toBe('disconnected')
  })

  test('an expired token whose grant is invalid is not used: the app is not connected', async () => {
    const { credentials } = instance({}, new GrantInvalid('dialpad_unauthorized', 'The grant is gone.', 400))
    now += 2 * HOUR
    await expect(credentials.access(appId)).rejects.toMatchObject({ code: 'dialpad_not_connected' })
    expect(await credentials.has(appId)).toBe(false)
  })

  test('a connection whose refresh throws does not keep the others from theirs', async () => {
    const otherApp = await insertApp(database, 'Other', now)
    const { id: _, ...first } = await row()
    await store.insert(database.queries, { ...first, id: 'other', appId: otherApp })
    const { credentials, used } = instance({
      claimRefresh: (q, connection, ...rest) =>
        connection.id === 'connection'
          ? Promise.reject(new Error('the database is away'))
          : store.claimRefresh(q, connection, ...rest),
    })
    now += HOUR
    await credentials.refreshDue()
    expect(used).toHaveLength(1)
    expect((await store.byId(database.queries, 'other'))!.version).toBe(2)
  })

  test('callers of one instance share a running refresh, and none polls the database for its end', async () => {
    const { credentials, used, waits } = instance()
    for (const round of [1, 2]) {
      now += 2 * HOUR
      const accesses = await Promise.all(Array.from({ length: 5 }, () => credentials.access(appId)))
      expect(new Set(accesses.map(({ token }) => token)).size).toBe(1)
      expect(used).toHaveLength(round)
    }
    expect(waits).toEqual([])
  })

  test('new tokens are stored although the database is unavailable for a while, with longer and longer pauses', async () => {
    const waitsBefore: number[] = []
    const { credentials, used, waits } = instance({
      swap: (...swap) => {
        waitsBefore.push(waits.length)
        return waitsBefore.length <= 7 ? Promise.reject(new Error('the database is away')) : store.swap(...swap)
      },
    })
    now += 2 * HOUR
    const { token } = await credentials.access(appId)
    expect(used).toHaveLength(1)
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000])
    expect(waitsBefore).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect((await instance().credentials.access(appId)).token).toBe(token)
  })

  test('tokens that cannot be stored eight times in a row are an error, and the refresh is retried', async () => {
    let swaps = 0
    const { credentials, used } = instance({
      swap: (...swap) => (++swaps <= 8 ? Promise.reject(new Error('the database is away')) : store.swap(...swap)),
    })
    now += 2 * HOUR
    await expect(credentials.access(appId)).rejects.toThrow('the database is away')
    expect(swaps).toBe(8)
    now += 30_001
    await credentials.access(appId)
    expect(used).toHaveLength(2)
  })

  test('a refresh is claimed for thirty seconds, and an instance waits no longer than that for one that died', async () => {
    now += 2 * HOUR
    const claimedUntil: (number | null)[] = []
    const startedAt = now
    const dying = instance({
      swap: async () => {
        claimedUntil.push((await row()).refreshClaimedUntil)
        return false
      },
    })
    await dying.credentials.refreshDue()
    expect(claimedUntil).toEqual([startedAt + 30_000])

    const { credentials, used, waits } = instance()
    await credentials.access(appId)
    expect(waits).toEqual(Array.from({ length: 120 }, () => 250))
    expect(used).toEqual([])
    now += 1
    await credentials.access(appId)
    expect(used).toEqual(['refresh of first'])
  })
})
