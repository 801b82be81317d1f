import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/db/database'
import { createIdempotency } from '../../src/http/idempotency/service'
import { createIdempotencyStore } from '../../src/http/idempotency/store'
import type { DomainError } from '../../src/lib/errors'
import { createSecretBox } from '../../src/lib/secret-box'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const REQUEST = 'POST /api/calls\n{}'

describe.each(backends)('idempotency keys on %s', (_name, open) => {
  let database: Database
  let now: number
  let appId: string
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    now = 1_800_000_000_000
    appId = await insertApp(database, 'Acme', now)
  })

  const keys = () =>
    createIdempotency({
      database,
      store: createIdempotencyStore(database),
      secretBox: createSecretBox([new Uint8Array(32).fill(7)]),
      clock: () => now,
    })
  /** What a request that begins now is given: 'serve' when it is to be served. */
  const begin = (key: string, request = REQUEST, app = appId) =>
    keys()
      .begin(app, key, request)
      .then(
        (kept) => kept ?? 'serve',
        (error: DomainError) => error.code,
      )
  const rows = () => database.queries.$count(database.tables.idempotencyKeys)

  test('a response is repeated for a day, then the key is free', async () => {
    const answer = { status: 201, body: '{"token":"secret"}' }
    expect(await begin('a')).toBe('serve')
    now += 5 * MINUTE
    await keys().finish(appId, 'a', answer)
    now += DAY - 1
    expect(await begin('a')).toEqual(answer)
    expect(await begin('a', 'POST /api/calls\n{"other":true}')).toBe('idempotency_key_reused')
    now += 1
    expect(await begin('a', 'POST /api/calls\n{"other":true}')).toBe('serve')
  })

  test.each([429, 500, 503])('a %d is not kept: the same request is served again at once', async (status) => {
    expect(await begin('b')).toBe('serve')
    await keys().finish(appId, 'b', { status, body: '{}' })
    expect(await begin('b')).toBe('serve')
  })

  test.each([200, 201, 202, 400, 403, 404, 409, 422, 502])('a %d is kept', async (status) => {
    expect(await begin('c')).toBe('serve')
    await keys().finish(appId, 'c', { status, body: '{}' })
    expect(await begin('c')).toEqual({ status, body: '{}' })
  })

  test('the key of a request that never ended, as when the server was killed, is free after ten minutes', async () => {
    expect(await begin('d')).toBe('serve')
    now += 10 * MINUTE - 1
    expect(await begin('d')).toBe('request_in_progress')
    now += 1
    expect(await begin('d')).toBe('serve')
    expect(await begin('d')).toBe('request_in_progress')
  })

  test('of many at once, over any number of instances, one is served', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => begin('e')))
    expect(outcomes.filter((outcome) => outcome === 'serve')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'request_in_progress')).toHaveLength(19)
  })

  test('keys of two apps are independent when they start, finish, and are freed', async () => {
    const other = await insertApp(database, 'Other', now)
    expect(await begin('f')).toBe('serve')
    expect(await begin('f', REQUEST, other)).toBe('serve')
    await keys().finish(other, 'f', { status: 200, body: '"other"' })
    expect(await begin('f')).toBe('request_in_progress')
    await keys().finish(appId, 'f', { status: 503, body: '{}' })
    expect(await begin('f', REQUEST, other)).toEqual({ status: 200, body: '"other"' })
  })

  test('two keys of one app are independent', async () => {
    expect([await begin('g'), await begin('h')]).toEqual(['serve', 'serve'])
    await keys().finish(appId, 'g', { status: 200, body: '"g"' })
    expect(await begin('h')).toBe('request_in_progress')
    await keys().finish(appId, 'h', { status: 500, body: '{}' })
    expect(await begin('g')).toEqual({ status: 200, body: '"g"' })
  })

  test('the purge removes expired keys, and nothing else', async () => {
    await database.queries.delete(database.tables.idempotencyKeys)
    await begin('held')
    await begin('kept')
    await keys().finish(appId, 'kept', { status: 200, body: '{}' })
    now += 10 * MINUTE - 1
    await keys().purge()
    expect(await rows()).toBe(2)
    now += 1
    await keys().purge()
    expect(await begin('kept')).toEqual({ status: 200, body: '{}' })
    expect(await rows()).toBe(1)
    now += DAY
    await keys().purge()
    expect(await rows()).toBe(0)
  })
})
