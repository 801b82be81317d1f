import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { stopLogging } from '../../src/observability/logging'
import { freshUrl } from '../support/backends'
import { startDialpad } from '../support/dialpad/start'
import { callEvent, T0 } from '../support/events'
import { freePort } from '../support/free-port'
import { startLog } from '../support/log'
import { startTestServer } from '../support/server'

const PERSON = 'Margaret Plantagenet'
const NUMBER = '+14155550142'
/** Dialpad explains a refusal with what it was asked, and a broken one with anything. */
const WORDS = JSON.stringify({ error: { message: `${PERSON} (${NUMBER}) cannot be reached` } })

describe.each(Object.entries(freshUrl))('a day with Dialpad at debug on %s', (_name, url) => {
  let text = ''
  let answers: Record<string, { status: number; body: unknown }>
  let tokens: string[]

  beforeAll(async () => {
    const written = await startLog()
    const port = await freePort()
    const base = `http://127.0.0.1:${port}`
    // Tokens that are due for their refresh at once.
    const dialpad = startDialpad({ rateLimits: false, accessTokenSeconds: 600 })
    dialpad.allowRedirectTo(`${base}/auth/dialpad/callback`)
    const server = await startTestServer(await url(), {
      PORT: String(port),
      PUBLIC_URL: base,
      DIALPAD_BASE_URL: dialpad.url,
      DIALPAD_SANDBOX_CLIENT_ID: dialpad.clientId,
      DIALPAD_SANDBOX_CLIENT_SECRET: dialpad.clientSecret,
    })
    const { appId, apiKey } = await server.createApp('One')
    const headers = { 'x-app-api-key': apiKey }
    const link = await server.request('POST', '/api/dialpad/connect-link', { headers })
    await fetch(link.body.url)
    await server.runJob('token refresh')

    const user = dialpad.state.users[0]!
    dialpad.faults.add({ on: /POST .*call$/, times: 1, status: 429, headers: { 'retry-after': '0' } })
    const place = { phone_number: NUMBER, dialpad_user_id: user.id }
    const placed = await server.request('POST', '/api/calls', { headers, body: place })
    dialpad.faults.add({ on: /GET .*call$/, times: 1, status: 503, body: WORDS })
    await server.runJob('backfill')
    dialpad.faults.add({ on: /GET .*call$/, times: 1, status: 400, body: WORDS })
    await server.runJob('backfill')
    const sms = { to_numbers: [NUMBER], text: 'x', dialpad_user_id: user.id }
    dialpad.faults.add({ on: /POST .*sms$/, times: 1, status: 400, body: WORDS })
    const refused = await server.request('POST', '/api/messages', { headers, body: sms })
    dialpad.faults.add({ on: /POST .*sms$/, times: 1, status: 500, body: WORDS })
    const failed = await server.request('POST', '/api/messages', { headers, body: sms })
    dialpad.faults.add({ on: /token$/, times: 1, status: 400, body: WORDS })
    await server.runJob('token refresh')
    dialpad.faults.add({ on: /token$/, times: 1, status: 400, body: '{"error":"invalid_grant"}' })
    await server.runJob('token refresh')

    await server.deliver(callEvent(1, 'ringing', T0))
    await server.settle()
    const { events } = (await server.admin('GET', '/internal/events')).body
    await server.admin('POST', `/internal/events/${events[0].id}/replay`)
    await server.settle()
    const health = await server.get('/health')
    const connections = await server.admin('GET', `/internal/dialpad/connections?app_id=${appId}`)
    answers = { placed, refused, failed, health, connections }
    tokens = dialpad.requests(/token$/).map(({ body }) => (body as { refresh_token?: string }).refresh_token ?? '')
    tokens.push(dialpad.clientSecret, apiKey)
    await server.stop()
    await dialpad.stop()
    text = await written()
  })
  afterAll(stopLogging)

  test.each([
    ['why a request to Dialpad is repeated', /retry 1 of 3 of POST \/call after 429/],
    ['a retry after an error of Dialpad', /retry 1 of 3 of GET \/call after 503/],
    ['how long a limit of Dialpad holds requests back', /Dialpad limits POST \/call: such requests wait for 0 ms/],
    ['who refreshes tokens', /connection \S+: refreshing its tokens/],
    ['why tokens could not be refreshed', /connection \S+ of app \S+ is disconnected: .*invalid_grant/],
    ['why a backfill ended', /backfill of app \S+: Dialpad rejected GET \/call with 400"/],
    ['how many events were claimed', /claimed 1 events/],
  ])('the log says %s', (_what, line) => expect(text).toMatch(line))

  test('what Dialpad says of a person reaches who asked, and neither the log nor the health page', () => {
    expect(answers.placed).toMatchObject({ status: 202 })
    expect(answers.refused).toMatchObject({ status: 422, body: { detail: expect.stringContaining(PERSON) } })
    expect(answers.failed!.status).toBe(502)
    expect(text).toContain('Dialpad responded to POST /sms with 500. Try again later.')
    expect(JSON.stringify(answers.health)).toContain('dialpad_backfill_refused')
    const shown = text + JSON.stringify([answers.health, answers.connections])
    for (const planted of [PERSON, 'Margaret', NUMBER, '4155550142', ...tokens.filter(Boolean)])
      expect(shown.includes(planted) ? planted : 'nothing planted').toBe('nothing planted')
  })
})
