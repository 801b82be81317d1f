import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { configure, type LogRecord, reset } from '@logtape/logtape'
import { freshUrl } from '../support/backends'
import { startTestServer, type TestServer } from '../support/server'
import { until } from '../support/until'

let records: LogRecord[] = []
beforeAll(() =>
  configure({
    reset: true,
    sinks: { memory: (record) => void records.push(record) },
    loggers: [
      { category: ['cti', 'http'], lowestLevel: 'info', sinks: ['memory'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: [] },
    ],
  }),
)
afterAll(reset)
beforeEach(() => {
  records = []
})

async function lineOf(requestId: string): Promise<LogRecord> {
  const find = () => records.find(({ properties }) => properties.requestId === requestId)
  await until('the line of the request', () => find() !== undefined)
  return find()!
}

const HTTPS = { 'x-forwarded-proto': 'https' }
const KEY = { ...HTTPS, 'x-app-api-key': `raw_${'0'.repeat(64)}` }

describe('the log and the metrics say what was answered', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(await freshUrl.sqlite(), {
      NODE_ENV: 'production',
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      TRUST_PROXY: '1',
      RATE_LIMIT_INTERNAL: '1',
      CORS_ORIGINS: 'https://crm.example.com',
    })
  })
  afterAll(() => server.stop())

  const json = { ...KEY, 'content-type': 'application/json' }
  type Refusal = [status: number, code: string, ask: string, headers: Record<string, string>, body?: string]
  const refused: Refusal[] = [
    [404, 'route_not_found', 'GET /nowhere', HTTPS],
    [415, 'unsupported_media_type', 'POST /api/tokens', { ...KEY, 'content-type': 'text/plain' }, 'x'],
    [401, 'api_key_invalid', 'GET /api/calls', KEY],
    [403, 'https_required', 'POST /api/tokens', {}, 'x'],
    [403, 'https_required', 'POST /webhooks/dialpad', {}, 'x'],
    [401, 'signature_invalid', 'POST /webhooks/dialpad', HTTPS, '{"call_id":1}'],
    [404, 'webhook_not_found', 'POST /webhooks/dialpad/00000000-0000-7000-8000-000000000000', HTTPS, 'x'],
  ]

  test.each(refused)('%d %s of %s', async (...refusal) => {
    const [status, code, ask, headers, body] = refusal
    await expectRefusal(status, code, ask, headers, body)
  })

  const largeDelivery: Refusal = [413, 'body_too_large', 'POST /webhooks/dialpad', HTTPS, 'x'.repeat(1024 * 1024 + 1)]

  test('413 of a body beyond the limit', async () => {
    await expectRefusal(413, 'body_too_large', 'POST /api/tokens', json, 'x'.repeat(17 * 1024 * 1024))
    await expectRefusal(...largeDelivery)
  })

  async function expectRefusal(...[status, code, ask, headers, body]: Refusal): Promise<void> {
    const [method, path] = ask.split(' ') as [string, string]
    const id = crypto.randomUUID()
    const answer = await server.request(method, path, { headers: { ...headers, 'x-request-id': id }, body })
    expect([answer.status, answer.body.code]).toEqual([status, code])
    const { properties, level } = await lineOf(id)
    expect(properties).toMatchObject({ method, status, code })
    expect(level).toBe(path.startsWith('/webhooks/') ? 'warning' : 'info')
  }

  test('requests refused before their route are counted with their real status, deliveries by their reason', async () => {
    const before = await countsOf()
    for (const refusal of [...refused, largeDelivery]) await expectRefusal(...refusal)
    await server.request('GET', '/internal/apps', { headers: HTTPS })
    const limited = await server.request('GET', '/internal/apps', { headers: { ...HTTPS, 'x-request-id': 'limited' } })
    expect(limited.status).toBe(429)
    expect((await lineOf('limited')).properties).toMatchObject({ status: 429, code: 'rate_limited' })
    const moved = await server.request('GET', '/swagger', { headers: { 'x-request-id': 'moved' } })
    expect([moved.status, (await lineOf('moved')).properties.status]).toEqual([308, 308])
    const preflight = await server.request('OPTIONS', '/api/calls', {
      headers: {
        origin: 'https://crm.example.com',
        'access-control-request-method': 'GET',
        'x-request-id': 'preflight',
      },
    })
    expect([preflight.status, (await lineOf('preflight')).properties.status]).toEqual([204, 204])

    const after = await countsOf()
    for (const [status, count] of Object.entries({ 204: 1, 308: 1, 403: 2, 404: 2, 413: 1, 415: 1, 429: 1 }))
      expect([status, after.requests(status) - before.requests(status)]).toEqual([status, count])
    for (const code of ['https_required', 'signature_invalid', 'body_too_large', 'webhook_not_found'])
      expect([code, after.refused(code) - before.refused(code)]).toEqual([code, 1])
  })

  async function countsOf() {
    const { body } = await server.get('/metrics?format=prometheus')
    const sum = (series: RegExp) => [...body.matchAll(series)].reduce((total, [, count]) => total + Number(count), 0)
    return {
      requests: (status: string) =>
        sum(new RegExp(`^cti_http_requests_total\\{.*status="${status}".*\\} (\\d+)$`, 'gm')),
      refused: (code: string) => sum(new RegExp(`^cti_events_refused_total\\{code="${code}"\\} (\\d+)$`, 'gm')),
    }
  }

  test('a path is logged as its route pattern, because it may contain a secret or a number', async () => {
    const planted = 'an-admin-secret-put-into-a-path-1234'
    for (const [path, logged] of [
      [`/internal/apps/${planted}`, '/internal/apps/:app_id'],
      [`/internal/${planted}`, '/internal/…'],
      ['/api/calls/%2B14155550142', '/api/calls/:id'],
      ['/api/calls/0192f0c1-2345-7000-8000-000000000000', '/api/calls/0192f0c1-2345-7000-8000-000000000000'],
      ['/api/no/such/route', '/api/no/such/route'],
    ] as const) {
      const id = crypto.randomUUID()
      await server.request('GET', path, {
        headers: { ...KEY, 'x-request-id': id, 'x-forwarded-for': `203.0.113.${path.length}` },
      })
      expect((await lineOf(id)).properties.path).toBe(logged)
    }
    expect(JSON.stringify(records)).not.toContain(planted)
  })
})
