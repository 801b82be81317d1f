import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { hintOf } from '../../src/auth/api-key'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('apps on %s', (_name, url) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(await url())
  })
  afterAll(() => server.stop())

  test('an app is read, renamed, given its organization, and only what was named changes', async () => {
    const { appId } = await server.createApp('Before')
    const renamed = await server.admin('PATCH', `/internal/apps/${appId}`, { name: '  After  ' })
    expect(renamed.body.app).toMatchObject({ app_name: 'After', active: true, dialpad_org_id: null })
    await server.admin('PATCH', `/internal/apps/${appId}`, { dialpad_org_id: 4242 })
    const { body } = await server.admin('GET', `/internal/apps/${appId}`)
    expect(body).toMatchObject({ success: true, app: { app_id: appId, app_name: 'After', dialpad_org_id: 4242 } })
    await server.admin('PATCH', `/internal/apps/${appId}`, { dialpad_org_id: null })
    expect((await server.admin('GET', `/internal/apps/${appId}`)).body.app.dialpad_org_id).toBeNull()
  })

  test('the key of a deactivated app is 403 until it is activated again', async () => {
    const { appId, apiKey } = await server.createApp('Sleeper')
    expect((await server.get('/api/calls', apiKey)).status).toBe(200)
    await server.admin('PATCH', `/internal/apps/${appId}`, { active: false })
    const refused = await server.get('/api/calls', apiKey)
    expect([refused.status, refused.body.code]).toEqual([403, 'app_inactive'])
    await server.admin('PATCH', `/internal/apps/${appId}`, { active: true })
    expect((await server.get('/api/calls', apiKey)).status).toBe(200)
  })

  test('the history of the key names the key that each rotation replaced, also while older ones are still valid', async () => {
    const { appId } = await server.createApp('Rotated')
    for (const grace_seconds of [3600, 3600, 0])
      expect((await server.admin('POST', `/internal/apps/${appId}/api-key`, { grace_seconds })).status).toBe(201)
    const { audit_log } = (await server.admin('GET', `/internal/apps/${appId}/api-key/audit`)).body
    const hints = audit_log.map((entry: Record<string, string>) => [entry.old_key_hint, entry.new_key_hint])
    expect(hints).toHaveLength(4)
    for (const [index, [old]] of hints.slice(0, -1).entries()) expect(old).toBe(hints[index + 1][1])
    expect(hints.at(-1)[0]).toBeNull()
  })

  test('the status of the key shows the active one and when it was made, then that none is, and the history who revoked it', async () => {
    const { appId, apiKey } = await server.createApp('Status')
    const path = `/internal/apps/${appId}/api-key`
    const status = async () => (await server.admin('GET', `${path}/status`)).body
    const shown = (key: string) => ({ has_active_key: true, action_needed: false, key_hint: hintOf(key) })
    expect(await status()).toMatchObject({ ...shown(apiKey), last_used_at: null })
    const rotated = (await server.admin('POST', path)).body
    expect(await status()).toMatchObject({ ...shown(rotated.api_key), last_rotated: rotated.rotated_at })
    await server.admin('POST', `${path}/revoke`)
    expect(await status()).toMatchObject({ has_active_key: false, action_needed: true, key_hint: null })
    const [last] = (await server.admin('GET', `${path}/audit`)).body.audit_log
    expect(last).toMatchObject({ action: 'revoked', old_key_hint: hintOf(rotated.api_key) })
  })

  test('a deleted app takes its key and everything it owns with it', async () => {
    const { appId, apiKey } = await server.createApp('Doomed', 99)
    await server.deliver(callEvent(1, 'ringing', T0, { org_id: 99 }))
    await server.settle()
    await server.request('PUT', '/api/customers', {
      headers: { 'x-app-api-key': apiKey },
      body: { customers: [{ external_id: '1', name: 'One', phones: ['+15555550109'] }] },
    })
    await server.admin('POST', `/internal/apps/${appId}/users/map`, { dialpad_user_id: 5, crm_user_id: 'u' })
    const { body } = await server.admin('DELETE', `/internal/apps/${appId}`)
    expect(body).toEqual({ success: true, app_id: appId })
    expect((await server.get('/api/calls', apiKey)).status).toBe(401)
    expect((await server.admin('GET', `/internal/apps/${appId}`)).body.code).toBe('app_not_found')
    const { calls, customers, customerPhones, dialpadUserMappings, apiKeys } = server.services.database.tables
    for (const table of [calls, customers, customerPhones, dialpadUserMappings, apiKeys])
      expect(await server.services.database.queries.$count(table, eq(table.appId, appId))).toBe(0)
  })

  test.each([
    [{}, ''],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ name: 7 }, 'name'],
    [{ active: 'yes' }, 'active'],
    [{ dialpad_org_id: 1.5 }, 'dialpad_org_id'],
    [{ dialpad_org_id: -1 }, 'dialpad_org_id'],
    [{ nmae: 'Typo' }, 'nmae'],
  ])('a wrong change %j is 422, names the field and changes nothing', async (change, path) => {
    const { appId } = await server.createApp('Steady')
    const answer = await server.admin('PATCH', `/internal/apps/${appId}`, change)
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed'])
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path || 'body')
    expect((await server.admin('GET', `/internal/apps/${appId}`)).body.app.app_name).toBe('Steady')
  })

  test('a rename and a deletion at once both succeed or are refused, neither with 500', async () => {
    const { appId } = await server.createApp('Contested')
    const path = `/internal/apps/${appId}`
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, (_, i) => server.admin('PATCH', path, { name: `Name ${i}` })),
      server.admin('DELETE', path),
      server.admin('DELETE', path),
      server.admin('POST', `${path}/api-key`),
    ])
    for (const { status } of answers) expect([200, 201, 404]).toContain(status)
    expect((await server.admin('GET', path)).status).toBe(404)
  })
})

describe('tokens', () => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  beforeAll(async () => {
    server = await startTestServer(await freshUrl.sqlite())
    app = await server.createApp('One')
  })
  afterAll(() => server.stop())

  const tokenOf = async (body?: object) =>
    (await server.request('POST', '/api/tokens', { headers: { 'x-app-api-key': app.apiKey }, body })).body.token
  const withToken = (method: string, path: string, token: string, body?: object) =>
    server.request(method, path, { headers: { authorization: `Bearer ${token}` }, body })

  test('a token can read, cannot write or create tokens, and ends with the key that created it', async () => {
    const token = await tokenOf()
    expect((await withToken('GET', '/api/calls', token)).status).toBe(200)
    expect((await withToken('GET', '/api/customers', token)).status).toBe(200)
    for (const [method, path, body] of [
      ['POST', '/api/tokens', {}],
      ['PUT', '/api/customers', { customers: [{ external_id: '1', name: 'One' }] }],
      ['DELETE', '/api/customers/x', undefined],
    ] as const) {
      const refused = await withToken(method, path, token, body)
      expect([refused.status, refused.body.code]).toEqual([403, 'scope_missing'])
    }
    await server.admin('POST', `/internal/apps/${app.appId}/api-key/revoke`)
    expect((await withToken('GET', '/api/calls', token)).body.code).toBe('token_invalid')
    app.apiKey = (await server.admin('POST', `/internal/apps/${app.appId}/api-key`)).body.api_key
    expect((await withToken('GET', '/api/calls', token)).status).toBe(401)
  })

  test('a token of one CRM user sees that user’s calls alone', async () => {
    await server.admin('POST', `/internal/apps/${app.appId}/users/map`, { dialpad_user_id: 501, crm_user_id: 'ann' })
    await server.deliver(callEvent(10, 'ringing', T0, { target: { id: 501, type: 'user' } }))
    await server.deliver(callEvent(11, 'ringing', T0, { target: { id: 502, type: 'user' } }))
    await server.settle()
    const ann = await tokenOf({ user_id: 'ann' })
    const { body } = await withToken('GET', '/api/calls?include_total=true', ann)
    expect(body.calls.map((call: { dialpad_call_id: number }) => call.dialpad_call_id)).toEqual([10])
    expect(body.pagination.total).toBe(1)
    const [whole] = (await server.get('/api/calls?dialpad_user_id=502', app.apiKey)).body.calls
    for (const path of [
      '/api/calls/dialpad:11',
      `/api/calls/${whole.id}`,
      `/api/conversations/${whole.conversation_id}`,
      '/api/calls/dialpad:11/recording',
    ])
      expect((await withToken('GET', path, ann)).status).toBe(404)
    expect((await withToken('GET', '/api/calls/export?format=ndjson', ann)).body.trim().split('\n')).toHaveLength(1)
    const events = (await withToken('GET', '/api/events', ann)).body.events
    expect(events.map((event: { call_id: number }) => event.call_id)).toEqual([10])
    expect((await withToken('GET', '/api/events?user_id=bob', ann)).body.events).toEqual([])
  })

  test('a token of another server, an altered one and nonsense are 401', async () => {
    const token = await tokenOf()
    const [head, body, signature] = token.split('.')
    const claims = JSON.parse(Buffer.from(body!, 'base64url').toString())
    const forged = Buffer.from(JSON.stringify({ ...claims, app: 'another' })).toString('base64url')
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url')
    for (const bad of [`${head}.${forged}.${signature}`, `${unsigned}.${body}.`, `${token}x`, 'a.b.c', 'raw_nonsense'])
      expect((await withToken('GET', '/api/calls', bad)).status).toBe(401)
  })

  test.each([{ ttl_seconds: 0 }, { ttl_seconds: 86_401 }, { ttl_seconds: '60' }, { user_id: '' }, { ttl: 5 }])(
    'a wrong wish %j is 422',
    async (body) => {
      const answer = await server.request('POST', '/api/tokens', { headers: { 'x-app-api-key': app.apiKey }, body })
      expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed'])
    },
  )
})
