import { afterAll, beforeAll, beforeEach, describe, expect, spyOn, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { checksumOf, isApiKey, makeApiKey, prefixOf } from '../../src/auth/api-key'
import { createKeyVerifier } from '../../src/auth/key-verifier'
import { createAuthStore } from '../../src/auth/store'
import type { Database } from '../../src/db/database'
import type { DomainError } from '../../src/lib/errors'
import { createTestApps } from '../support/app-service'
import { backends } from '../support/backends'
import { until } from '../support/until'

const SECOND = 1000
const FREE = { address: '203.0.113.1', isLockedOut: async () => false }
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: DomainError) => error.code,
  )

describe.each(backends)('API keys on %s', (_name, open) => {
  let database: Database
  let now: number
  let app: { id: string; key: string }
  const clock = () => now
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    now = 1_800_000_000_000
    const { app: made, apiKey } = await apps().create('Acme', 'test')
    app = { id: made.id, key: apiKey }
  })

  const apps = () => createTestApps(database, clock)
  /** The keys as one process knows them; a new one remembers none. */
  const verifier = () => {
    const { verify, ...keys } = createKeyVerifier({ database, store: createAuthStore(database), clock })
    return {
      ...keys,
      verify: (key: string, attempt = FREE) => verify(key, attempt),
      isAlive: async (credentials: { appId: string; keyId: string | null }) => (await keys.endOf(credentials)) > now,
    }
  }
  const changed = (key: string, at: number) => `${key.slice(0, at)}${key[at] === 'f' ? '0' : 'f'}${key.slice(at + 1)}`

  test('a key that shares the indexed prefix of a real one is refused, before and after the real one was used', async () => {
    const forged = prefixOf(app.key) + 'f'.repeat(app.key.length - prefixOf(app.key).length)
    const keys = verifier()
    expect(await code(keys.verify(forged))).toBe('api_key_invalid')
    expect(await keys.verify(app.key)).toMatchObject({ appId: app.id, expiresAt: null })
    expect(await code(keys.verify(forged))).toBe('api_key_invalid')
  })

  test('a key with any one digit changed is refused', async () => {
    const keys = verifier()
    await keys.verify(app.key)
    const position = fc.integer({ min: 'raw_'.length, max: app.key.length - 1 })
    await fc.assert(
      fc.asyncProperty(position, async (at) => {
        expect(await code(keys.verify(changed(app.key, at)))).toBe('api_key_invalid')
      }),
      // bcrypt takes its time for each; the ends of the compared part are always among them.
      { numRuns: 10, examples: [[prefixOf(app.key).length], [app.key.length - 1]] },
    )
  })

  test('a key cut, lengthened, in capitals or with a blank is refused', async () => {
    const keys = verifier()
    await keys.verify(app.key)
    for (const bad of [app.key.slice(0, -1), `${app.key}0`, app.key.toUpperCase(), ` ${app.key}`, `${app.key}\n`, ''])
      expect(await code(keys.verify(bad))).toBe('api_key_invalid')
  })

  test('a wrong key with a real prefix costs no bcrypt, and clients that come at once with a right one share a single check', async () => {
    const verify = spyOn(Bun.password, 'verify')
    try {
      const keys = verifier()
      const forged = Array.from({ length: 50 }, (_, i) => `${prefixOf(app.key)}${String(i).padStart(56, '0')}`)
      const codes = await Promise.all(forged.map((key) => code(keys.verify(key))))
      expect(new Set(codes)).toEqual(new Set(['api_key_invalid']))
      expect(verify).toHaveBeenCalledTimes(0)
      await Promise.all(Array.from({ length: 20 }, () => keys.verify(app.key)))
      expect(verify).toHaveBeenCalledTimes(1)
    } finally {
      verify.mockRestore()
    }
  })

  describe('a key that version 0.1 made, without a checksum', () => {
    const checksum = async () =>
      (await database.queries.select().from(apiKeys).where(eq(apiKeys.appId, app.id)))[0]!.checksum
    let apiKeys: Database['tables']['apiKeys']
    beforeEach(async () => {
      apiKeys = database.tables.apiKeys
      await database.queries.update(apiKeys).set({ checksum: null }).where(eq(apiKeys.appId, app.id))
    })

    test('is accepted, and has its checksum from then on', async () => {
      expect(await verifier().verify(app.key)).toMatchObject({ appId: app.id })
      expect(await checksum()).toBe(checksumOf(app.key))
      expect(await verifier().verify(app.key)).toMatchObject({ appId: app.id })
    })

    test('wrong keys that come at once with its prefix start two checks, the others are refused before theirs', async () => {
      const check = Bun.password.verify.bind(Bun.password)
      let refused = 0
      // No check ends before every key has come.
      const verify = spyOn(Bun.password, 'verify').mockImplementation(async (...given) => {
        await until('the others to be refused', () => refused === 58)
        return check(...given)
      })
      try {
        const keys = verifier()
        const codes = await Promise.all(
          Array.from({ length: 60 }, async (_, i) => {
            const wrong = `${prefixOf(app.key)}${String(i).padStart(56, '0')}`
            const address = `203.0.113.${i}`
            const why = await code(keys.verify(wrong, { address, isLockedOut: async () => false }))
            if (why === 'rate_limited') refused++
            return why
          }),
        )
        expect(verify).toHaveBeenCalledTimes(2)
        expect(codes.filter((one) => one === 'rate_limited')).toHaveLength(58)
        expect(await code(keys.verify(app.key))).toBe('accepted')
        expect(await checksum()).toBe(checksumOf(app.key))
      } finally {
        verify.mockRestore()
      }
    })

    test('is not checked for an address that is locked out', async () => {
      expect(await code(verifier().verify(app.key, { ...FREE, isLockedOut: async () => true }))).toBe('rate_limited')
      expect(await checksum()).toBeNull()
    })
  })

  test('a key revoked while it is being checked is not remembered', async () => {
    const keys = verifier()
    const checking = code(keys.verify(app.key))
    await apps().revokeKey(app.id, 'test')
    keys.forget(app.id)
    await checking
    expect(await code(keys.verify(app.key))).toBe('api_key_invalid')
  })

  test('only its hash is stored', async () => {
    const rows = await database.queries.select().from(database.tables.apiKeys)
    const audit = await database.queries.select().from(database.tables.apiKeyAuditLog)
    expect(JSON.stringify([rows, audit])).not.toContain(app.key.slice(prefixOf(app.key).length, -4))
  })

  test('a rotated key works to the end of its grace and not a millisecond longer, remembered or not', async () => {
    const remembering = verifier()
    await remembering.verify(app.key)
    const { apiKey: fresh } = await apps().rotateKey(app.id, 5, 'test')
    const endsAt = now + 5 * SECOND
    now = endsAt - 1
    remembering.forget(app.id)
    for (const keys of [remembering, verifier()])
      expect(await keys.verify(app.key)).toMatchObject({ expiresAt: endsAt })
    // The remembered row is younger than its next look at the database: its own end must count.
    now = endsAt
    for (const keys of [remembering, verifier()]) {
      expect(await code(keys.verify(app.key))).toBe('api_key_invalid')
      expect((await keys.verify(fresh)).appId).toBe(app.id)
    }
  })

  test('sockets of a key end when its grace period ends', async () => {
    const keys = verifier()
    const { keyId } = await keys.verify(app.key)
    await apps().rotateKey(app.id, 5, 'test')
    expect(await keys.endOf({ appId: app.id, keyId })).toBe(now + 5 * SECOND)
    now += 5 * SECOND - 1
    expect(await keys.isAlive({ appId: app.id, keyId })).toBe(true)
    now += 1
    expect(await keys.isAlive({ appId: app.id, keyId })).toBe(false)
  })

  test('a second rotation never lengthens the grace of the first, nor revives what was revoked', async () => {
    const { apiKey: second } = await apps().rotateKey(app.id, 5, 'test')
    await apps().rotateKey(app.id, 3600, 'test')
    expect((await verifier().verify(second)).expiresAt).toBe(now + 3600 * SECOND)
    expect((await verifier().verify(app.key)).expiresAt).toBe(now + 5 * SECOND)
    await apps().revokeKey(app.id, 'test')
    await apps().rotateKey(app.id, 3600, 'test')
    for (const key of [app.key, second]) expect(await code(verifier().verify(key))).toBe('api_key_invalid')
  })

  test('a rotation without grace ends the old key at once', async () => {
    await apps().rotateKey(app.id, 0, 'test')
    expect(await code(verifier().verify(app.key))).toBe('api_key_invalid')
  })

  test('a key that was rotated without grace, or revoked, stays refused when the clock is set back', async () => {
    const { apiKey: second } = await apps().rotateKey(app.id, 0, 'test')
    await apps().revokeKey(app.id, 'test')
    now -= 3600 * SECOND
    for (const key of [app.key, second]) expect(await code(verifier().verify(key))).toBe('api_key_invalid')
  })

  test.each([
    ['revoked', 'api_key_invalid', (id: string) => apps().revokeKey(id, 'test')],
    ['of an inactive app', 'app_inactive', (id: string) => apps().update(id, { active: false })],
    ['of a deleted app', 'api_key_invalid', (id: string) => apps().remove(id)],
  ])('a remembered key %s is refused once notified, or within ten seconds without', async (_why, why, end) => {
    const notified = verifier()
    const everybody = verifier()
    const unaware = verifier()
    for (const keys of [notified, everybody, unaware]) await keys.verify(app.key)
    await end(app.id)
    notified.forget(app.id)
    everybody.forget()
    for (const keys of [notified, everybody]) expect(await code(keys.verify(app.key))).toBe(why)
    now += 10 * SECOND
    expect(await code(unaware.verify(app.key))).toBe(why)
  })

  test('sockets of a key end once its app is deactivated', async () => {
    const keys = verifier()
    const { keyId } = await keys.verify(app.key)
    expect(await keys.isAlive({ appId: app.id, keyId })).toBe(true)
    await apps().update(app.id, { active: false })
    expect(await keys.isAlive({ appId: app.id, keyId })).toBe(false)
  })

  test("without a key, the operator's sockets stay open as long as the app is active", async () => {
    const keys = verifier()
    const alive = () => keys.isAlive({ appId: app.id, keyId: null })
    expect(await alive()).toBe(true)
    await apps().update(app.id, { active: false })
    expect(await alive()).toBe(false)
    await apps().remove(app.id)
    expect(await alive()).toBe(false)
  })
})

test('an API key is raw_ and 64 lower-case hex digits, and nothing more', () => {
  const key = makeApiKey()
  expect(isApiKey(key)).toBe(true)
  for (const other of [
    `${key}0`,
    `${key}\n`,
    ` ${key}`,
    `x${key}`,
    key.slice(0, -1),
    key.toUpperCase(),
    `${key.slice(0, -1)}g`,
  ])
    expect(isApiKey(other)).toBe(false)
  expect(makeApiKey()).not.toBe(key)
})
