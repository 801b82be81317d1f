import { afterEach, describe, expect, test } from 'bun:test'
import { configure, getJsonLinesFormatter, type LogRecord, reset } from '@logtape/logtape'
import { type RunningServer, startServer } from '../../src/app/server'
import { readConfig } from '../../src/config/settings'
import { openDatabase } from '../../src/db'
import { emptyUrl } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { freePort } from '../support/free-port'
import { createManualJobs } from '../support/manual-jobs'
import { scratchDir } from '../support/scratch'
import { quickWork } from '../support/server'
import { until } from '../support/until'

/** A new operator's first day with Dialpad: the server, its database, and the HTTP server that behaves like Dialpad are real. */

const ADMIN = 'admin-secret-of-thirty-two-characters!'
const ENCRYPTION_KEY = Buffer.alloc(32, 9).toString('base64')
const MINUTE = 60_000

interface CallJson {
  id: string
  dialpad_call_id: number
  status: string
  customer_id: string | null
  job_id: string | null
  custom_data: unknown
  recording_url: string | null
}

describe.each(Object.entries(emptyUrl))('a first day on %s', (_name, makeUrl) => {
  let dialpad: Dialpad
  let server: RunningServer | null = null
  let dataDir: string
  let settings: Record<string, string>
  let offset = 0
  const clock = () => Date.now() + offset
  const answers: string[] = []
  const logged: string[] = []

  async function setUp(more: (port: number) => Record<string, string>) {
    answers.length = 0
    logged.length = 0
    dataDir = scratchDir('day')
    const port = await freePort()
    dialpad = startDialpad({ clock, wait: async () => {}, pageSize: 2, clientSecret: 'oauth-client-secret-value' })
    settings = {
      PORT: String(port),
      HOST: '127.0.0.1',
      NODE_ENV: 'sandbox',
      DATA_DIR: dataDir,
      DATABASE_URL: await makeUrl(),
      INTERNAL_API_SECRET: ADMIN,
      DIALPAD_WEBHOOK_SECRET: 'shared-webhook-secret-of-the-server',
      ENCRYPTION_KEY,
      DIALPAD_BASE_URL: dialpad.url,
      ...more(port),
    }
    const format = getJsonLinesFormatter()
    await configure({
      reset: true,
      sinks: { memory: (record: LogRecord) => void logged.push(format(record)) },
      loggers: [
        { category: 'cti', lowestLevel: 'debug', sinks: ['memory'] },
        { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['memory'] },
      ],
    })
    await start()
  }
  const start = async () => {
    const generated = () => {
      throw new Error('every secret is given')
    }
    server = await startServer(readConfig(settings, generated), {
      clock,
      schedule: createManualJobs().schedule,
      report: (line) => void logged.push(line),
      ...quickWork,
    })
  }
  const stop = async () => {
    await server?.stop()
    server = null
  }
  afterEach(async () => {
    await stop()
    await dialpad.stop()
    await reset()
    offset = 0
  })

  async function ask<T>(
    method: string,
    path: string,
    key: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> {
    const response = await fetch(`http://127.0.0.1:${settings.PORT}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    answers.push(text)
    return { status: response.status, body: JSON.parse(text) as T }
  }
  async function createApp() {
    const { body } = await ask<{ app_id: string; api_key: string }>('POST', '/internal/apps', ADMIN, { name: 'Acme' })
    return { appId: body.app_id, key: body.api_key }
  }
  const calls = async (key: string) => (await ask<{ calls: CallJson[] }>('GET', '/api/calls?limit=100', key)).body.calls
  const call = async (key: string, id: number) =>
    (await ask<{ call: CallJson }>('GET', `/api/calls/dialpad:${id}`, key)).body.call as CallJson | undefined

  /** Calls while nobody listens: two answered, one missed, one with a recording. */
  async function callsDuringAnOutage(): Promise<number[]> {
    await stop()
    const missed = []
    for (const kind of ['answered', 'missed', 'recorded', 'answered']) {
      const one = dialpad.call()
      offset += MINUTE / 4
      await one.ring()
      if (kind !== 'missed') await one.connect()
      await one.hangup()
      if (kind === 'recorded') await one.recorded(new Uint8Array([1, 2, 3]))
      missed.push(one.id)
    }
    await start()
    return missed
  }

  async function expectEachOnce(key: string, ids: number[]) {
    await until('every call is there', async () => (await calls(key)).length >= ids.length)
    const all = await calls(key)
    expect(all.map(({ dialpad_call_id }) => dialpad_call_id).toSorted()).toEqual(ids.toSorted())
    expect(all.filter(({ status }) => !['ended', 'missed'].includes(status))).toEqual([])
  }

  /** Every table's rows as text, the way a stolen backup would show them. */
  async function dump(): Promise<string> {
    const database = await openDatabase(settings.DATABASE_URL!)
    const rows = []
    for (const table of Object.values(database.tables)) rows.push(await database.queries.select().from(table))
    await database.close()
    return JSON.stringify(rows)
  }

  async function expectNoSecrets(secrets: string[]) {
    const places = { answers: answers.join('\n'), logs: logged.join('\n'), database: await dump() }
    for (const secret of [...secrets, ADMIN, ENCRYPTION_KEY, settings.DIALPAD_WEBHOOK_SECRET!])
      for (const [place, text] of Object.entries(places))
        if (text.includes(secret)) throw new Error(`${place} hold the secret ${secret}`)
    expect(places.logs.length).toBeGreaterThan(100)
  }

  test('with OAuth and a public address', async () => {
    await setUp((port) => ({
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DIALPAD_SANDBOX_CLIENT_ID: 'client-id',
      DIALPAD_SANDBOX_CLIENT_SECRET: 'oauth-client-secret-value',
    }))
    const { appId, key } = await createApp()
    dialpad.allowRedirectTo(`${settings.PUBLIC_URL}/auth/dialpad/callback`)

    // Connect.
    const link = (await ask<{ url: string }>('POST', '/api/dialpad/connect-link', key)).body
    answers.pop()
    const connected = await fetch(link.url)
    expect(await connected.json()).toEqual({ status: 'connected', org_id: dialpad.state.company.id })

    // Create the webhook and receive a signed call.
    const created = await ask<{ webhook_id: string; hook_url: string }>(
      'POST',
      `/internal/webhooks/create?app_id=${appId}`,
      ADMIN,
      {},
    )
    expect(created.status).toBe(201)
    const inbound = dialpad.call()
    for (const step of [inbound.ring, inbound.connect, inbound.hangup]) await step()
    await inbound.recorded(new Uint8Array(5000).fill(7))
    await until('the call is over', async () => (await call(key, inbound.id))?.recording_url != null)
    expect((await call(key, inbound.id))?.status).toBe('ended')

    // Hear its recording.
    const url = `http://127.0.0.1:${settings.PORT}${(await call(key, inbound.id))?.recording_url}`
    const audio = await fetch(url, { headers: { authorization: `Bearer ${key}`, range: 'bytes=0-99' } })
    expect([audio.status, audio.headers.get('content-range'), (await audio.arrayBuffer()).byteLength]).toEqual([
      206,
      'bytes 0-99/5000',
      100,
    ])

    // A player in a page sends no header: its token is in the address.
    const { body: token } = await ask<{ token: string }>('POST', '/api/tokens', key, {})
    const played = await fetch(`${url}?token=${token.token}`, { headers: { range: 'bytes=100-109' } })
    expect([played.status, played.headers.get('content-range')]).toEqual([206, 'bytes 100-109/5000'])
    expect((await fetch(`${url}?token=wrong`)).status).toBe(401)

    // Place a call and see it come back joined.
    const placed = await ask<{ dialpad_call_id: number }>('POST', '/api/calls', key, {
      phone_number: '(415) 555-0142',
      dialpad_user_id: dialpad.state.users[0]!.id,
      customer_id: 'cust-1',
      job_id: 'job-1',
      custom_data: { board: 'A' },
    })
    expect(placed.status).toBe(202)
    const outbound = dialpad.calls.resume(placed.body.dialpad_call_id)
    await until('the call comes back', async () => (await call(key, outbound.id)) !== undefined)
    await outbound.connect()
    expect(await call(key, outbound.id)).toMatchObject({ customer_id: 'cust-1', job_id: 'job-1' })
    expect((await ask('POST', `/api/calls/dialpad:${outbound.id}/hangup`, key)).status).toBe(202)
    await until('the call is over', async () => (await call(key, outbound.id))?.status === 'ended')

    // Stop for a minute while calls happen.
    const missed = await callsDuringAnOutage()
    await expectEachOnce(key, [inbound.id, outbound.id, ...missed])
    const recovered = async () => {
      const path = `/internal/dialpad/connections/backfill?app_id=${appId}`
      return (await ask<{ backfill: { calls_recovered: number } }>('GET', path, ADMIN)).body.backfill.calls_recovered
    }
    await until('the backfill to say what it recovered', async () => (await recovered()) === 4)

    // See that it works, and that no secret is anywhere.
    const { body } = await ask<{ webhook: { state: string; summary: string } }>(
      'GET',
      `/internal/webhooks/${created.body.webhook_id}`,
      ADMIN,
    )
    expect(body.webhook).toMatchObject({
      summary: expect.stringContaining('Subscribed to call and sms events; last delivery'),
    })
    expect(dialpad.state.violations).toEqual([])

    // Dialpad's administrator removes the consent: it shows.
    dialpad.oauth.revokeAll()
    const refused = await ask<{ code: string }>('POST', '/api/calls', key, {
      phone_number: '+14155550142',
      dialpad_user_id: dialpad.state.users[1]!.id,
    })
    expect([refused.status, refused.body.code]).toEqual([502, 'dialpad_unauthorized'])
    const health = await ask<{ status: string; warnings: object[] }>('GET', '/health', key)
    expect(health.body).toMatchObject({
      status: 'healthy',
      warnings: [
        { code: 'dialpad_connection_failed', message: `The Dialpad connection of app ${appId} is disconnected.` },
      ],
    })
    expect(
      (await ask<{ connections: unknown[] }>('GET', '/internal/dialpad/connections', ADMIN)).body.connections,
    ).toMatchObject([{ status: 'disconnected', last_error: expect.stringContaining('invalid_grant') }])
    const connectToken = new URL(link.url).searchParams.get('link')!
    const webhookSecrets = [...dialpad.state.endpoints.values()].map(({ secret }) => secret!)
    await expectNoSecrets([...dialpad.oauth.tokens(), ...webhookSecrets, 'oauth-client-secret-value', connectToken])
  })

  test('in pull mode with a static key and no way in', async () => {
    await setUp(() => ({ DIALPAD_DELIVERY: 'pull', DIALPAD_API_KEY: 'dialpad-api-key' }))
    const { appId, key } = await createApp()
    const created = await ask<{ webhook_id: string; hook_url: null }>(
      'POST',
      `/internal/webhooks/create?app_id=${appId}`,
      ADMIN,
    )
    expect([created.status, created.body.hook_url]).toEqual([201, null])
    await until('pulling', () => dialpad.sockets.open.size === 1)

    const inbound = dialpad.call()
    for (const step of [inbound.ring, inbound.connect, inbound.hangup]) await step()
    await until('the call is over', async () => (await call(key, inbound.id))?.status === 'ended')

    const placed = await ask<{ dialpad_call_id: number }>('POST', '/api/calls', key, {
      phone_number: '+14155550142',
      dialpad_user_id: dialpad.state.users[0]!.id,
      customer_id: 'cust-1',
    })
    const outbound = dialpad.calls.resume(placed.body.dialpad_call_id)
    await outbound.connect()
    await outbound.hangup()
    await until('the call is over', async () => (await call(key, outbound.id))?.status === 'ended')
    expect(await call(key, outbound.id)).toMatchObject({ customer_id: 'cust-1' })

    const missed = await callsDuringAnOutage()
    await expectEachOnce(key, [inbound.id, outbound.id, ...missed])

    await until('pulling again', () => dialpad.sockets.open.size === 1)
    dialpad.sockets.cutAll()
    const during = dialpad.call()
    for (const step of [during.ring, during.connect, during.hangup]) await step()
    await expectEachOnce(key, [inbound.id, outbound.id, ...missed, during.id])

    const { body } = await ask<{ webhook: unknown }>('GET', `/internal/webhooks/${created.body.webhook_id}`, ADMIN)
    expect(body.webhook).toMatchObject({ kind: 'websocket', hook_url: null, pull: { state: 'connected' } })
    expect(dialpad.state.violations).toEqual([])
    const secrets = [...dialpad.state.endpoints.values()].map(({ secret }) => secret!)
    await expectNoSecrets([...secrets, 'dialpad-api-key'])
  })
})
