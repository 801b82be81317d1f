import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type RunningServer, startServer } from '../../src/app/server'
import { readConfig } from '../../src/config/settings'
import { freshUrl } from '../support/backends'
import { signedBody } from '../support/dialpad/deliveries'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { freePort } from '../support/free-port'
import { createManualJobs } from '../support/manual-jobs'
import { quickWork } from '../support/server'
import { until } from '../support/until'

/** Every route that leads to Dialpad: success, each refusal, no credentials, another app's key. */

const ADMIN = 'admin-secret-of-thirty-two-characters!'
let dialpad: Dialpad
let server: RunningServer
/** How far the server's clock is ahead. */
let offset = 0
let base: string
let mine: { id: string; key: string }
let other: { id: string; key: string }

interface Paged extends Record<string, unknown> {
  users: { dialpad_user_id: number }[]
  pagination: { has_more: boolean; next_cursor: string; total: number }
}
interface Answer {
  status: number
  body: Record<string, unknown>
}
async function ask(method: string, path: string, key?: string, body?: unknown): Promise<Answer> {
  const response = await fetch(base + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
}
const refusal = async (answer: Promise<Answer>) => {
  const { status, body } = await answer
  expect(body).toMatchObject({ success: false, request_id: expect.any(String) })
  return [status, body.code]
}
const createApp = async (name: string) => {
  const { body } = await ask('POST', '/internal/apps', ADMIN, { name })
  return { id: body.app_id as string, key: body.api_key as string }
}

beforeAll(async () => {
  const port = await freePort()
  base = `http://127.0.0.1:${port}`
  dialpad = startDialpad({ rateLimits: false, wait: async () => {} })
  dialpad.allowRedirectTo(`${base}/auth/dialpad/callback`)
  const settings = {
    PORT: String(port),
    HOST: '127.0.0.1',
    DATABASE_URL: await freshUrl.sqlite(),
    INTERNAL_API_SECRET: ADMIN,
    DIALPAD_WEBHOOK_SECRET: 'shared-secret',
    DIALPAD_API_KEY: dialpad.apiKey,
    DIALPAD_BASE_URL: dialpad.url,
    DIALPAD_SANDBOX_CLIENT_ID: dialpad.clientId,
    DIALPAD_SANDBOX_CLIENT_SECRET: dialpad.clientSecret,
    PUBLIC_URL: base,
    RATE_LIMIT_AUTH: '10000',
    RATE_LIMIT_INTERNAL: '10000',
  }
  server = await startServer(
    readConfig(settings, () => {
      throw new Error('every secret is given')
    }),
    { clock: () => Date.now() + offset, schedule: createManualJobs().schedule, ...quickWork },
  )
})
afterAll(async () => {
  await server.stop()
  await dialpad.stop()
})
beforeEach(async () => {
  dialpad.faults.clear()
  // What a test's faults left at Dialpad is an orphan that the next reconciliation would delete.
  dialpad.state.endpoints.clear()
  dialpad.state.subscriptions.clear()
  mine = await createApp('Mine')
  other = await createApp('Other')
})

describe('credentials', () => {
  const admin: [string, string][] = [
    ['POST', '/internal/webhooks/create?app_id=x'],
    ['GET', '/internal/webhooks'],
    ['POST', '/internal/webhooks/reconcile?app_id=x'],
    ['GET', '/internal/webhooks/x'],
    ['DELETE', '/internal/webhooks/x'],
    ['POST', '/internal/webhooks/x/rotate-secret'],
    ['POST', '/internal/webhooks/x/test'],
    ['GET', '/internal/webhooks/x/subscriptions'],
    ['POST', '/internal/webhooks/x/subscriptions'],
    ['DELETE', '/internal/webhooks/x/subscriptions/y'],
    ['GET', '/internal/dialpad/connections'],
    ['DELETE', '/internal/dialpad/connections/x'],
    ['POST', '/internal/dialpad/connections/backfill'],
    ['GET', '/internal/dialpad/connections/backfill?app_id=x'],
    ['POST', '/internal/apps/x/dialpad/connect-link'],
    ['GET', '/internal/apps/x/dialpad/users'],
    ['POST', '/internal/apps/x/dialpad/users/suggestions'],
  ]
  test.each(admin)('%s %s takes the admin secret alone', async (method, path) => {
    expect((await ask(method, path)).status).toBe(401)
    expect((await ask(method, path, mine.key)).status).toBe(401)
  })

  const client: [string, string][] = [
    ['POST', '/api/calls'],
    ['POST', '/api/calls/x/hangup'],
    ['POST', '/api/calls/x/transfer'],
    ['POST', '/api/messages'],
    ['GET', '/api/calls/x/recording'],
    ['GET', '/api/voicemails/x/audio'],
    ['POST', '/api/dialpad/connect-link'],
  ]
  test.each(client)('%s %s takes a key alone', async (method, path) => {
    expect((await ask(method, path)).status).toBe(401)
    expect((await ask(method, path, ADMIN)).status).toBe(401)
  })
})

describe('webhooks', () => {
  test('a deleted app leaves nothing at Dialpad; what another app has there stays', async () => {
    const create = (app: { id: string }) => ask('POST', `/internal/webhooks/create?app_id=${app.id}`, ADMIN, {})
    const first = await create(mine)
    const second = await create(other)
    expect([first.status, second.status]).toEqual([201, 201])
    const urls = () => [...dialpad.state.endpoints.values()].map(({ hookUrl }) => hookUrl)
    expect(urls()).toHaveLength(2)
    const subscriptions = dialpad.state.subscriptions.size
    expect((await ask('DELETE', `/internal/apps/${mine.id}`, ADMIN)).status).toBe(200)
    expect(urls()).toEqual([`${base}/webhooks/dialpad/${second.body.webhook_id}`])
    expect(dialpad.state.subscriptions.size).toBe(subscriptions / 2)
  })

  test('are created, inspected, changed, tested and deleted', async () => {
    const created = await ask('POST', `/internal/webhooks/create?app_id=${mine.id}`, ADMIN, {
      sms: false,
      call_states: ['hangup'],
    })
    expect(created.status).toBe(201)
    const id = created.body.webhook_id as string
    expect(created.body).toMatchObject({
      hook_url: `${base}/webhooks/dialpad/${id}`,
      subscriptions: [{ kind: 'call' }],
    })
    const path = `/internal/webhooks/${id}`
    expect((await ask('GET', path, ADMIN)).body).toMatchObject({ webhook: { state: 'waiting', pull: null } })
    expect((await ask('GET', `/internal/webhooks?app_id=${other.id}`, ADMIN)).body).toEqual({
      success: true,
      webhooks: [],
      pagination: { limit: 50, has_more: false, next_cursor: null },
    })

    const added = await ask('POST', `${path}/subscriptions`, ADMIN, { kind: 'sms' })
    expect([added.status, (await ask('GET', `${path}/subscriptions`, ADMIN)).body.subscriptions]).toMatchObject([
      201,
      [{ kind: 'call' }, { kind: 'sms' }],
    ])
    const subscription = (added.body.subscription as { id: string }).id
    expect((await ask('DELETE', `${path}/subscriptions/${subscription}`, ADMIN)).status).toBe(200)
    expect(await refusal(ask('DELETE', `${path}/subscriptions/${subscription}`, ADMIN))).toEqual([
      404,
      'subscription_not_found',
    ])

    expect((await ask('POST', `${path}/rotate-secret`, ADMIN)).status).toBe(200)
    expect((await ask('POST', `${path}/test`, ADMIN)).body).toMatchObject({ passed: true })
    expect((await ask('POST', `/internal/webhooks/reconcile?app_id=${mine.id}`, ADMIN)).body).toEqual({
      success: true,
      repairs: [],
    })
    expect((await ask('DELETE', path, ADMIN)).status).toBe(200)
    expect(await refusal(ask('GET', path, ADMIN))).toEqual([404, 'webhook_not_found'])
    expect(dialpad.state.violations).toEqual([])
  })

  test('have an ETag that changes with a delivery, and not with the time', async () => {
    const { body } = await ask('POST', `/internal/webhooks/create?app_id=${mine.id}`, ADMIN)
    const headers = { authorization: `Bearer ${ADMIN}` }
    const etag = async () =>
      (await fetch(`${base}/internal/webhooks/${body.webhook_id}`, { headers })).headers.get('etag')
    const lastDelivery = async () =>
      ((await ask('GET', `/internal/webhooks/${body.webhook_id}`, ADMIN)).body.webhook as Record<string, unknown>)
        .last_delivery_at
    await dialpad.call().ring()
    await server.services.events.receiver.flushCounts()
    await until('the delivery to be counted', async () => (await lastDelivery()) !== null)
    const before = await etag()
    expect(before).toBeString()
    offset = 3 * 60_000
    expect(await etag()).toBe(before)
    await dialpad.call().ring()
    await server.services.events.receiver.flushCounts()
    expect(await etag()).not.toBe(before)
    offset = 0
  })

  test('accept what was signed before and after a rotation of the secret, and nothing else', async () => {
    const { body } = await ask('POST', `/internal/webhooks/create?app_id=${mine.id}`, ADMIN)
    const path = `/webhooks/dialpad/${body.webhook_id}`
    const secret = () => [...dialpad.state.endpoints.values()].find(({ hookUrl }) => hookUrl?.endsWith(path))!.secret!
    const old = secret()
    expect((await ask('POST', `/internal${path.replace('/dialpad', '')}/rotate-secret`, ADMIN)).status).toBe(200)
    const deliver = async (key: string, call_id: number) => {
      const event = { call_id, state: 'ringing', direction: 'inbound', event_timestamp: Date.now() }
      return (await fetch(base + path, { method: 'POST', body: signedBody(event, key) })).status
    }
    expect(secret()).not.toBe(old)
    expect([await deliver(old, 71), await deliver(secret(), 72), await deliver('made-up', 73)]).toEqual([200, 200, 401])
    expect((await ask('GET', `/internal${path.replace('/dialpad', '')}`, ADMIN)).body).toMatchObject({
      webhook: { state: 'failing', failure_count: 1 },
    })
  })

  test('describe what is wrong with a request', async () => {
    const create = (query: string, body?: unknown) =>
      refusal(ask('POST', `/internal/webhooks/create${query}`, ADMIN, body))
    expect(await create('')).toEqual([422, 'validation_failed'])
    expect(await create('?app_id=unknown')).toEqual([404, 'app_not_found'])
    expect(await create(`?app_id=${mine.id}`, { call_states: ['nonsense'] })).toEqual([422, 'validation_failed'])
    dialpad.faults.add({ on: /POST .*webhooks$/, status: 500 })
    expect(await create(`?app_id=${mine.id}`)).toEqual([502, 'dialpad_unavailable'])
    for (const [method, path] of [
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['POST', '/test'],
      ['GET', '/subscriptions'],
    ] as const)
      expect(await refusal(ask(method, `/internal/webhooks/unknown${path}`, ADMIN))).toEqual([404, 'webhook_not_found'])
  })
})

describe('connecting', () => {
  const begin = async () => {
    const { body } = await ask('POST', `/internal/apps/${mine.id}/dialpad/connect-link`, ADMIN)
    return new URL(body.url as string)
  }

  test('works with a one-time link and can be ended', async () => {
    const link = await begin()
    const consent = await fetch(link, { redirect: 'manual' })
    const asked = new URL(consent.headers.get('location')!)
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      client_id: dialpad.clientId,
      redirect_uri: `${base}/auth/dialpad/callback`,
      code_challenge_method: 'S256',
    })
    const page = await fetch(asked, { headers: { accept: 'text/html' } })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('is connected')
    expect(await refusal(ask('GET', link.pathname + link.search))).toEqual([401, 'connect_link_invalid'])
    expect((await ask('GET', `/internal/dialpad/connections?app_id=${other.id}`, ADMIN)).body.connections).toEqual([])
    const { connections } = (await ask('GET', '/internal/dialpad/connections', ADMIN)).body as {
      connections: { id: string }[]
    }
    expect(connections).toMatchObject([{ app_id: mine.id, status: 'connected', org_id: dialpad.state.company.id }])
    expect((await ask('DELETE', `/internal/dialpad/connections/${connections[0]!.id}`, ADMIN)).status).toBe(200)
    expect(await refusal(ask('DELETE', '/internal/dialpad/connections/unknown', ADMIN))).toEqual([
      404,
      'dialpad_connection_not_found',
    ])
  })

  test('refuses a missing link, a wrong state and a denial', async () => {
    expect(await refusal(ask('GET', `/auth/dialpad/authorize?app_id=${mine.id}`))).toEqual([
      401,
      'connect_link_invalid',
    ])
    expect(await refusal(ask('GET', '/auth/dialpad/authorize'))).toEqual([422, 'validation_failed'])
    expect(await refusal(ask('GET', '/auth/dialpad/callback?code=x&state=y'))).toEqual([400, 'oauth_state_invalid'])
    expect(await refusal(ask('GET', '/auth/dialpad/callback?code=x'))).toEqual([422, 'validation_failed'])
    expect(await refusal(ask('POST', '/internal/apps/unknown/dialpad/connect-link', ADMIN))).toEqual([
      404,
      'app_not_found',
    ])
    dialpad.oauth.controls.consent = 'deny'
    const denied = await fetch(await begin(), { headers: { accept: 'text/html' } })
    dialpad.oauth.controls.consent = 'allow'
    expect([denied.status, await denied.text()]).toEqual([403, expect.stringContaining('Consent denied')])
    const escaped = await fetch(`${base}/auth/dialpad/callback?state=%3Cscript%3E`, {
      headers: { accept: 'text/html' },
    })
    expect(await escaped.text()).not.toContain('<script>')
  })
})

describe('calls and messages', () => {
  const dialpad_user_id = () => dialpad.state.users[0]!.id
  const place = (body: unknown, key = mine.key) => ask('POST', '/api/calls', key, body)

  /** A call of my app, and a recording of it. */
  async function myCall() {
    await ask('POST', `/internal/webhooks/create?app_id=${mine.id}`, ADMIN)
    const call = dialpad.call()
    await call.ring()
    await call.connect()
    await call.recorded(new Uint8Array(1000).fill(5))
    await until('the call is there', async () => {
      const { body } = await ask('GET', `/api/calls/dialpad:${call.id}`, mine.key)
      return (body.call as { recording_url: string | null } | undefined)?.recording_url != null
    })
    return call
  }

  test('are placed and sent, or refused with a reason', async () => {
    const phone_number = '+14155550142'
    expect((await place({ phone_number, dialpad_user_id: dialpad_user_id() })).body).toMatchObject({
      success: true,
      status: 'requested',
      phone_number,
    })
    expect(await refusal(place({ phone_number }))).toEqual([422, 'validation_failed'])
    expect(await refusal(place({ dialpad_user_id: 1 }))).toEqual([422, 'validation_failed'])
    expect(await refusal(place({ phone_number, user_id: 'nobody' }))).toEqual([404, 'mapping_not_found'])
    expect(await refusal(place({ phone_number, dialpad_user_id: 1 }))).toEqual([422, 'dialpad_refused'])
    dialpad.faults.add({ on: /POST/, status: 503 })
    expect(await refusal(place({ phone_number, dialpad_user_id: dialpad_user_id() }))).toEqual([
      502,
      'dialpad_unavailable',
    ])
    dialpad.faults.clear()
    const send = (body: object) =>
      ask('POST', '/api/messages', mine.key, { text: 'Hi', dialpad_user_id: dialpad_user_id(), ...body })
    expect((await send({ to_numbers: [phone_number] })).status).toBe(202)
    expect(await refusal(send({ to_numbers: Array(11).fill(phone_number) }))).toEqual([422, 'validation_failed'])
    expect(await refusal(send({ to_numbers: ['nonsense'] }))).toEqual([422, 'validation_failed'])
  })

  test("only the call's own app can hang up, transfer and play it, and Dialpad's limit is reported", async () => {
    const call = await myCall()
    const path = `/api/calls/dialpad:${call.id}`
    for (const [method, action, body] of [
      ['POST', 'hangup', undefined],
      ['POST', 'transfer', { to: { phone_number: '+14155550199' } }],
      ['GET', 'recording', undefined],
    ] as const)
      expect(await refusal(ask(method, `${path}/${action}`, other.key, body))).toEqual([404, 'call_not_found'])

    const audio = await fetch(`${base}${path}/recording`, { headers: { authorization: `Bearer ${mine.key}` } })
    expect([audio.status, audio.headers.get('content-type'), audio.headers.get('content-length')]).toEqual([
      200,
      'audio/mpeg',
      '1000',
    ])
    const beyond = await fetch(`${base}${path}/recording`, {
      headers: { authorization: `Bearer ${mine.key}`, range: 'bytes=5000-' },
    })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */1000'])

    expect(await refusal(ask('POST', `${path}/transfer`, mine.key, { to: {} }))).toEqual([422, 'validation_failed'])
    expect((await ask('POST', `${path}/transfer`, mine.key, { to: { phone_number: '+14155550199' } })).status).toBe(202)
    await until(
      'the call is over',
      async () => ((await ask('GET', path, mine.key)).body.call as { status: string }).status === 'ended',
    )
    expect(await refusal(ask('POST', `${path}/hangup`, mine.key))).toEqual([409, 'conflict'])
    expect(await refusal(ask('GET', '/api/voicemails/unknown/audio', mine.key))).toEqual([404, 'voicemail_not_found'])

    let answer: Answer
    // Dialpad counts the calls of each user: this one's are used up here, and no other test's.
    const busy = dialpad.state.users[1]!.id
    do answer = await place({ phone_number: '+14155550142', dialpad_user_id: busy })
    while (answer.status === 202)
    expect([answer.status, answer.body.code]).toEqual([429, 'dialpad_rate_limited'])
  })

  test('stream their voicemails', async () => {
    await ask('POST', `/internal/webhooks/create?app_id=${mine.id}`, ADMIN)
    await dialpad.call().voicemail(new Uint8Array(700))
    const voicemails = async () =>
      (await ask('GET', '/api/voicemails', mine.key)).body.voicemails as { recording_url: string }[]
    await until('the voicemail is there', async () => (await voicemails()).length > 0)
    const [voicemail] = await voicemails()
    const audio = await fetch(base + voicemail!.recording_url, { headers: { authorization: `Bearer ${mine.key}` } })
    expect([audio.status, (await audio.arrayBuffer()).byteLength]).toEqual([200, 700])
    expect(await refusal(ask('GET', voicemail!.recording_url, other.key))).toEqual([404, 'voicemail_not_found'])
  })
})

test('a backfill is launched, followed and refused', async () => {
  const path = '/internal/dialpad/connections/backfill'
  expect((await ask('POST', path, ADMIN, { app_id: mine.id, since: '2026-01-01T00:00:00Z' })).status).toBe(202)
  const state = async () =>
    (await ask('GET', `${path}?app_id=${mine.id}`, ADMIN)).body.backfill as {
      running: boolean
      last_finished_at: string
    }
  await until('it is over', async () => !(await state()).running)
  expect((await state()).last_finished_at).toBeString()
  expect(await refusal(ask('POST', path, ADMIN, { app_id: 'unknown' }))).toEqual([404, 'app_not_found'])
  expect(await refusal(ask('POST', path, ADMIN, { app_id: mine.id, since: 'yesterday' }))).toEqual([
    422,
    'validation_failed',
  ])
  const held = Promise.withResolvers<void>()
  dialpad.faults.add({ on: /GET .*call$/, delay: () => held.promise })
  await ask('POST', path, ADMIN, { app_id: mine.id })
  expect(await refusal(ask('POST', path, ADMIN, { app_id: mine.id }))).toEqual([409, 'conflict'])
  held.resolve()
  await until('it is over', async () => !(await state()).running)
})

test("Dialpad's users are listed, page by page, and suggested", async () => {
  const path = `/internal/apps/${mine.id}/dialpad/users`
  const first = (await ask('GET', `${path}?limit=2&include_total=true`, ADMIN)).body as Paged
  expect([first.users.length, first.pagination.total]).toEqual([2, 3])
  const second = (await ask('GET', `${path}?limit=2&cursor=${first.pagination.next_cursor}`, ADMIN)).body as Paged
  expect(new Set([...first.users, ...second.users].map(({ dialpad_user_id }) => dialpad_user_id)).size).toBe(3)
  expect(second.pagination.has_more).toBe(false)
  expect(await refusal(ask('GET', `${path}?cursor=made-up`, ADMIN))).toEqual([422, 'cursor_invalid'])
  expect((await ask('GET', path, ADMIN)).body.users).toHaveLength(3)
  const crm_users = [{ crm_user_id: 'crm-2', email: 'ben@example.com' }]
  const suggested = (await ask('POST', `${path}/suggestions`, ADMIN, { crm_users })).body.users as {
    suggested_crm_user_id: string
  }[]
  expect(suggested.map(({ suggested_crm_user_id }) => suggested_crm_user_id)).toEqual([null!, 'crm-2', null!])
  const search = async (query: string) =>
    ((await ask('GET', `${path}?${query}`, ADMIN)).body.users as { name: string }[]).map(({ name }) => name)
  expect(await search('q=CLEO')).toEqual(['Cleo Agent'])
  expect(await search('q=ben@')).toEqual(['Ben Agent'])
  expect(await search('q=(415) 555-1001')).toEqual(['Ada Agent'])
  expect(await search('q=agent&limit=100')).toHaveLength(3)
  expect(await search('q=nobody')).toEqual([])
  expect(await search('mapped=true')).toEqual([])
  expect(await search('mapped=false&limit=1')).toHaveLength(1)
  expect(await refusal(ask('GET', '/internal/apps/unknown/dialpad/users', ADMIN))).toEqual([404, 'app_not_found'])
})

test('requests to Dialpad are counted in the metrics', async () => {
  await ask('GET', `/internal/apps/${mine.id}/dialpad/users`, ADMIN)
  const metrics = await (await fetch(`${base}/metrics?format=prometheus`)).text()
  expect(metrics).toMatch(/cti_dialpad_requests_total\{endpoint="GET \/users",status="200"\} \d+/)
})

test('an app that is deleted leaves nothing at Dialpad, even while Dialpad is unavailable', async () => {
  const gone = await createApp('Gone')
  await ask('POST', `/internal/webhooks/create?app_id=${gone.id}`, ADMIN)
  const registered = () => [...dialpad.state.endpoints.values()].length
  const before = registered()
  await server.services.dialpad.release(gone.id)
  expect(registered()).toBe(before - 1)
  await ask('POST', `/internal/webhooks/create?app_id=${gone.id}`, ADMIN)
  dialpad.faults.add({ on: /DELETE/, status: 500 })
  await server.services.dialpad.release(gone.id)
  expect((await ask('GET', `/internal/webhooks?app_id=${gone.id}`, ADMIN)).body.webhooks).toEqual([])
})
