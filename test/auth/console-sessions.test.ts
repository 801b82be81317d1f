import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createConsoleSessions } from '../../src/auth/console-sessions'
import { createSessionStore } from '../../src/auth/session-store'
import type { Database } from '../../src/db/database'
import { backends } from '../support/backends'
import { mutationOf } from '../support/mutations'

const HOURS = 3600_000
const ours = { 'x-cti-console': '1' }
const cookieOf = (setCookie: string) => setCookie.split(';')[0]!
const request = (cookie: string, headers: Record<string, string> = ours) =>
  new Request('http://localhost/internal/apps', { headers: { ...headers, cookie } })

describe.each(backends)('console sessions on %s', (_name, open) => {
  let database: Database
  let now: number
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())
  beforeEach(() => {
    now = 1_800_000_000_000
  })
  const create = (adminSecret = 'secret') =>
    createConsoleSessions({ database, store: createSessionStore(database), adminSecret, clock: () => now })

  test('last twelve hours, and leave nothing behind', async () => {
    const sessions = create()
    const cookie = cookieOf(await sessions.begin(false))
    expect(await sessions.adminOf(request(cookie))).toMatchObject({
      subject: 'console',
      session: { expiresAt: now + 12 * HOURS },
    })
    now += 12 * HOURS - 1
    expect(await sessions.adminOf(request(cookie))).not.toBeNull()
    now += 1
    expect(await sessions.adminOf(request(cookie))).toBeNull()
    await sessions.begin(false)
    expect(await database.queries.$count(database.tables.consoleSessions)).toBe(1)
  })

  test('end at the logout for every copy of the cookie, and the others go on', async () => {
    const sessions = create()
    const mine = cookieOf(await sessions.begin(false))
    const another = cookieOf(await sessions.begin(false))
    expect(await sessions.end(request(mine), false)).toContain('Max-Age=0')
    expect(await sessions.adminOf(request(mine))).toBeNull()
    expect(await create().adminOf(request(mine))).toBeNull()
    expect(await sessions.adminOf(request(another))).not.toBeNull()
  })

  test('end with the admin secret they were made under', async () => {
    const made = cookieOf(await create('old').begin(false))
    expect(await create('new').adminOf(request(made))).toBeNull()
  })

  test('are stored as hashes: a copy of the database opens nothing', async () => {
    const sessions = create()
    const [name, token] = cookieOf(await sessions.begin(false)).split('=', 2)
    const rows = await database.queries.select().from(database.tables.consoleSessions)
    expect(JSON.stringify(rows)).not.toContain(token)
    for (const { id } of rows) expect(await sessions.adminOf(request(`${name}=${id}`))).toBeNull()
  })

  test('are refused when empty, cut, or with any one character changed, added, or removed', async () => {
    const sessions = create()
    const [name, token] = cookieOf(await sessions.begin(false)).split('=', 2) as [string, string]
    for (const bad of ['', '.', token.slice(1), token.repeat(2), `${token}.`])
      expect(await sessions.adminOf(request(`${name}=${bad}`))).toBeNull()
    await fc.assert(
      fc.asyncProperty(mutationOf(token), async (mutant) => {
        expect(await sessions.adminOf(request(`${name}=${mutant}`))).toBeNull()
      }),
    )
  })

  test('are found among other cookies, and under their own name alone', async () => {
    const sessions = create()
    const cookie = cookieOf(await sessions.begin(false))
    for (const found of [`a=b; ${cookie}`, `${cookie}; a=b`, `cti_console=forged; ${cookie}`])
      expect(await sessions.adminOf(request(found))).not.toBeNull()
    for (const other of [`x${cookie}`, cookie.replace('=', '2=')])
      expect(await sessions.adminOf(request(other))).toBeNull()
  })

  test('are not accepted from another site, or from a request that is not of our page', async () => {
    const sessions = create()
    const cookie = cookieOf(await sessions.begin(false))
    expect(await sessions.adminOf(request(cookie, {}))).toBeNull()
    for (const [site, isOpen] of [
      ['cross-site', false],
      ['same-site', false],
      ['same-origin', true],
    ] as const)
      expect((await sessions.adminOf(request(cookie, { ...ours, 'sec-fetch-site': site }))) !== null).toBe(isOpen)
  })

  test('are hidden from scripts and other sites, and from plain HTTP when the client used HTTPS', async () => {
    const sessions = create()
    expect(await sessions.begin(false)).toMatch(/; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    expect(await sessions.begin(true)).toEndWith('; Secure')
  })
})
