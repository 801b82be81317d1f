import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freshUrl } from '../support/backends'
import { startDialpad } from '../support/dialpad/start'
import { operations } from '../support/documented'
import { callRow, insertPagedRows, ROWS } from '../support/paged-rows'
import { ADMIN_SECRET, startTestServer, type TestServer } from '../support/server'

/** Every list, by its pages of two: nothing is missing, repeated or out of order, whatever lies at a page's edge. */

const lists = operations.filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'cursor'))
const SORTS = ['started_at', '-started_at', 'duration_seconds', '-duration_seconds']
const views = lists.flatMap((one) =>
  (one.path === '/api/calls' ? SORTS.map((sort) => `sort=${sort}`) : ['']).map(
    (query) => [`${one.method} ${one.path}${query && `?${query}`}`, one, query] as const,
  ),
)
const EXPORTED = 1203
/** Its rows come from Dialpad, which may not be asked often. */
const asksDialpad = ({ path }: (typeof lists)[number]) => path.includes('/dialpad/users')

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('lists on %s', (_name, url) => {
  const dialpad = startDialpad({ rateLimits: false, wait: async () => {} })
  let server: TestServer
  let app: { appId: string; apiKey: string }
  let other: { appId: string; apiKey: string }
  let owners: Awaited<ReturnType<typeof insertPagedRows>>
  beforeAll(async () => {
    server = await startTestServer(await url(), { DIALPAD_API_KEY: dialpad.apiKey, DIALPAD_BASE_URL: dialpad.url })
    app = await server.createApp('One')
    other = await server.createApp('Other')
    owners = await insertPagedRows(server.services.database, app.appId)
    const { dir } = server.services.config.backup
    mkdirSync(dir, { recursive: true })
    for (let second = 10; second < 10 + ROWS; second++)
      writeFileSync(join(dir, `cti-20260101T0000${second}Z.db`), 'a file of this name is listed')
    const [user] = dialpad.state.users
    while (dialpad.state.users.length < ROWS)
      dialpad.state.users.push({ ...user!, id: user!.id + dialpad.state.users.length })
  })
  afterAll(async () => {
    await server.stop()
    await dialpad.stop()
  })

  async function read(one: (typeof lists)[number], query: string, apiKey = app.apiKey) {
    const path = one.path
      .replace('{app_id}', app.appId)
      .replace('{id}', one.path.includes('/endpoints/') ? owners.endpointId : owners.webhookId)
    const credential = one.credentials === 'admin' ? ADMIN_SECRET : apiKey
    const { status, body } = await server.request(one.method, `${path}?${query}`, {
      headers: { authorization: `Bearer ${credential}` },
      ...(one.operation.requestBody ? { body: { crm_users: [] } } : {}),
    })
    const rows = (Object.values(body).find(Array.isArray) ?? []) as Record<string, unknown>[]
    return { status, body, rows }
  }
  const firstCursors = new Map<string, string>()
  async function firstCursor(line: string, one: (typeof lists)[number], query: string): Promise<string> {
    const cursor = firstCursors.get(line) ?? (await read(one, `${query}&limit=1`)).body.pagination.next_cursor
    firstCursors.set(line, cursor)
    return cursor
  }
  /** All pages of `limit`, each with the page it came on. */
  async function pages(one: (typeof lists)[number], query: string, limit: number) {
    const all: Awaited<ReturnType<typeof read>>[] = []
    for (let cursor = ''; ; ) {
      const page = await read(one, `${query}&limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
      all.push(page)
      if (!page.body.pagination.has_more || all.length > ROWS + 5) return all
      cursor = page.body.pagination.next_cursor
    }
  }

  test.each(views)(
    '%s gives each row once and in order, also where a page ends amid equal ones',
    async (_, one, query) => {
      const whole = (await read(one, `${query}&limit=100&include_total=true`)).body
      const { rows } = await read(one, `${query}&limit=100`)
      expect(rows.length).toBeGreaterThanOrEqual(ROWS)
      expect(whole.pagination).toMatchObject({ total: rows.length, has_more: false, next_cursor: null })
      for (const limit of asksDialpad(one) ? [3] : [1, 2, 3]) {
        const found = await pages(one, query, limit)
        expect(found.flatMap((page) => page.rows)).toEqual(rows)
        expect(found.map((page) => page.rows.length)).toEqual(
          found.map((_, index) => Math.min(limit, rows.length - index * limit)),
        )
      }
    },
  )

  test.each(views)('%s says that there is more exactly when there is', async (_, one, query) => {
    const { rows } = await read(one, `${query}&limit=100`)
    for (const [limit, more] of [
      [rows.length - 1, true],
      [rows.length, false],
      [rows.length + 1, false],
    ] as const) {
      const { pagination } = (await read(one, `${query}&limit=${limit}`)).body
      expect([limit, pagination.has_more, pagination.next_cursor !== null]).toEqual([limit, more, more])
    }
    for (const offset of [1, rows.length - 1, rows.length]) {
      const page = await read(one, `${query}&limit=2&offset=${offset}`)
      expect(page.rows).toEqual(rows.slice(offset, offset + 2))
      expect(page.body.pagination).toMatchObject({ offset, has_more: offset + 2 < rows.length })
    }
  })

  test.each(views)(
    '%s takes no cursor that was altered or made for another list, app or order',
    async (line, one, query) => {
      const cursor = await firstCursor(line, one, query)
      const codeOf = async (forged: string, key?: string) =>
        (await read(one, `${query}&limit=1&cursor=${encodeURIComponent(forged)}`, key)).body.code
      const bytes = Buffer.from(cursor, 'base64url')
      for (const at of [0, 11, 12, bytes.length - 1]) {
        const altered = Buffer.from(bytes)
        altered[at]! ^= 1
        expect(await codeOf(altered.toString('base64url'))).toBe('cursor_invalid')
      }
      expect(await codeOf(bytes.subarray(0, 12).toString('base64url'))).toBe('cursor_invalid')
      // Another app's endpoint is not found before its cursor is looked at.
      const refusal = one.path.includes('/endpoints/') ? 'endpoint_not_found' : 'cursor_invalid'
      if (one.credentials === 'app') expect(await codeOf(cursor, other.apiKey)).toBe(refusal)
      // Two routes each give the same voicemails, users of Dialpad's, endpoints and deliveries.
      const rowsOf = ({ path }: (typeof lists)[number]) =>
        path.replace(/.*(voicemails|dialpad\/users|endpoints.*).*/, '$1')
      for (const [theirs, another, order] of asksDialpad(one) ? views.slice(0, 2) : views)
        if (rowsOf(another) !== rowsOf(one) || order !== query)
          expect([theirs, await codeOf(await firstCursor(theirs, another, order))]).toEqual([theirs, 'cursor_invalid'])
    },
  )

  test.each(SORTS)(
    'an export by %s has each call once and in order, over pages of calls that are all equal',
    async (sort) => {
      const { queries, tables } = server.services.database
      if ((await queries.$count(tables.calls)) < EXPORTED)
        for (let from = 0; from < EXPORTED; from += 200)
          await queries
            .insert(tables.calls)
            .values(
              Array.from({ length: Math.min(200, EXPORTED - from) }, (_, index) =>
                callRow(other.appId, crypto.randomUUID(), from + index + 1, 1_731_600_000_000),
              ),
            )
      const { body } = await server.get(`/api/calls/export?format=ndjson&sort=${sort}`, other.apiKey)
      const ids: string[] = body
        .trim()
        .split('\n')
        .map((line: string) => JSON.parse(line).id)
      expect(ids).toHaveLength(EXPORTED)
      expect(ids).toEqual(sort.startsWith('-') ? ids.toSorted().reverse() : ids.toSorted())
      expect(new Set(ids).size).toBe(EXPORTED)
    },
  )
})
