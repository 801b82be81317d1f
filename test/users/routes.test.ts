import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('user mappings on %s', (_name, url) => {
  let server: TestServer
  let base: string
  let app: { appId: string; apiKey: string }
  let orgId = 0
  beforeAll(async () => {
    server = await startTestServer(await url())
  })
  beforeEach(async () => {
    app = await server.createApp('One', ++orgId)
    base = `/internal/apps/${app.appId}/users`
  })
  afterAll(() => server.stop())

  const map = (dialpad_user_id: unknown, crm_user_id: unknown) =>
    server.admin('POST', `${base}/map`, { dialpad_user_id, crm_user_id })
  const batch = (mappings: unknown) => server.admin('POST', `${base}/batch-map`, { mappings })

  test('a mapping is made, changed in place, found by either id, and deleted by either', async () => {
    const made = (await map(901, 'ann')).body.mapping
    expect(made).toMatchObject({ dialpad_user_id: 901, crm_user_id: 'ann' })
    const changed = (await map(901, 'anna')).body.mapping
    expect(changed).toMatchObject({ id: made.id, crm_user_id: 'anna', created_at: made.created_at })
    await map(902, 'anna')
    expect((await server.admin('GET', `${base}/mappings/dialpad/901`)).body.mapping).toEqual(changed)
    const { body } = await server.admin('GET', `${base}/mappings/crm/anna`)
    expect(body.mapping).toEqual(changed)
    expect(body.mappings.map((row: { dialpad_user_id: number }) => row.dialpad_user_id)).toEqual([901, 902])
    expect((await server.admin('DELETE', `${base}/mappings/${made.id}`)).body.mapping).toEqual(changed)
    expect((await server.admin('DELETE', `${base}/mappings/dialpad/902`)).status).toBe(200)
    for (const path of ['mappings/dialpad/901', 'mappings/crm/anna'])
      expect((await server.admin('GET', `${base}/${path}`)).body.code).toBe('mapping_not_found')
    expect((await server.admin('DELETE', `${base}/mappings/${made.id}`)).status).toBe(404)
  })

  test('10,000 are mapped in one transaction, and again as updates', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({ dialpad_user_id: 100_000 + i, crm_user_id: `crm-${i}` }))
    expect((await batch(rows)).body).toEqual({ success: true, count: 10_000, created: 10_000, updated: 0 })
    rows[5]!.crm_user_id = 'changed'
    expect((await batch(rows)).body).toEqual({ success: true, count: 10_000, created: 0, updated: 10_000 })
    expect((await server.admin('GET', `${base}/mappings/dialpad/100005`)).body.mapping.crm_user_id).toBe('changed')
    const seen = new Set<number>()
    let cursor = ''
    for (let pages = 0; pages < 3; pages++) {
      const { body } = await server.admin('GET', `${base}/mappings?limit=100&include_total=true${cursor}`)
      expect(body.pagination).toMatchObject({ limit: 100, has_more: true, total: 10_000 })
      for (const row of body.mappings) seen.add(row.dialpad_user_id)
      cursor = `&cursor=${body.pagination.next_cursor}`
    }
    expect(seen.size).toBe(300)
    expect((await batch([...rows, { dialpad_user_id: 1, crm_user_id: 'x' }])).status).toBe(422)
  })

  test('with one invalid row none is mapped; every invalid row is named', async () => {
    const answer = await batch([
      { dialpad_user_id: 7001, crm_user_id: 'good' },
      { dialpad_user_id: -1, crm_user_id: 'x' },
      { dialpad_user_id: 7002, crm_user_id: '' },
      { dialpad_user_id: 'seven', crm_user_id: 'x' },
      { dialpad_user_id: 7003 },
    ])
    expect(answer.status).toBe(422)
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual([
      'mappings.1.dialpad_user_id',
      'mappings.2.crm_user_id',
      'mappings.3.dialpad_user_id',
      'mappings.4.crm_user_id',
    ])
    const twice = await batch([
      { dialpad_user_id: 7001, crm_user_id: 'one' },
      { dialpad_user_id: 7001, crm_user_id: 'two' },
    ])
    expect(twice.body.errors).toEqual([{ path: 'mappings.1.dialpad_user_id', message: 'duplicate of row 0' }])
    expect((await server.admin('GET', `${base}/mappings/dialpad/7001`)).status).toBe(404)
  })

  test('batches that cross each other at once all succeed', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({ dialpad_user_id: 500 + i, crm_user_id: 'a' }))
    const answers = await Promise.all([batch(rows), batch(rows.toReversed()), batch(rows), map(510, 'b')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await server.admin('GET', `${base}/mappings/crm/a?`)).body.mappings.length).toBeGreaterThan(48)
  })

  test.each([
    [0, 'x'],
    [1.5, 'x'],
    ['12', 'x'],
    [2 ** 53, 'x'],
    [null, 'x'],
    [5, '   '],
    [5, 'x'.repeat(201)],
    [5, 5],
  ])('map %p to %p is 422 and changes nothing', async (dialpad, crm) => {
    const answer = await map(dialpad, crm)
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed'])
    expect(answer.body.errors.length).toBeGreaterThan(0)
  })

  test('calls carry the mapped user from then on', async () => {
    await map(5991398486736896, 'crm-agent')
    await server.deliver(callEvent(1, 'ringing', T0, { org_id: orgId }))
    await server.settle()
    expect((await server.get('/api/calls?user_id=crm-agent', app.apiKey)).body.calls[0]).toMatchObject({
      user_id: 'crm-agent',
      dialpad_user_id: 5991398486736896,
    })
  })

  test('another app has its own mappings', async () => {
    const other = await server.createApp('Other')
    const theirs = `/internal/apps/${other.appId}/users/mappings`
    const mine = (await map(321, 'mine')).body.mapping
    await map(322, 'mine')
    for (const path of [`${theirs}/dialpad/321`, `${theirs}/crm/mine`])
      expect((await server.admin('GET', path)).status).toBe(404)
    for (const path of [`${theirs}/${mine.id}`, `${theirs}/dialpad/321`])
      expect((await server.admin('DELETE', path)).status).toBe(404)
    expect((await server.admin('GET', theirs)).body.mappings).toEqual([])
    const cursor = (await server.admin('GET', `${base}/mappings?limit=1`)).body.pagination.next_cursor
    expect(cursor).toBeString()
    expect((await server.admin('GET', `${theirs}?cursor=${cursor}`)).body.code).toBe('cursor_invalid')
  })
})
