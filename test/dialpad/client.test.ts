import { afterEach, describe, expect, test } from 'bun:test'
import { createDialpadApi } from '../../src/dialpad/client/api'
import { type Access, createDialpadClient } from '../../src/dialpad/client/client'
import { DialpadApiError } from '../../src/dialpad/client/dialpad-api-error'
import { createRateLimiter } from '../../src/dialpad/client/rate-limiter'
import { HTML_ERROR_PAGE } from '../support/dialpad/faults'
import { type Dialpad, type DialpadOptions, startDialpad } from '../support/dialpad/start'
import { troubles } from '../support/dialpad/troubles'

let dialpad: Dialpad
afterEach(() => dialpad.stop())

function setUp(options: DialpadOptions & { token?: string; renewed?: string; timeoutMs?: number } = {}) {
  dialpad = startDialpad(options)
  let now = 0
  const attempts: [string, number][] = []
  const access = (token: string): Access => ({ token, company: 'c' })
  const client = createDialpadClient({
    baseUrl: dialpad.url,
    credentials: {
      access: async () => access(options.token ?? dialpad.apiKey),
      renew: async () => (options.renewed ? access(options.renewed) : null),
    },
    limiter: createRateLimiter(
      () => now,
      async (ms) => {
        now += ms
      },
    ),
    observe: (endpoint, status) => attempts.push([endpoint, status]),
    retryDelayMs: () => 1,
    ...(options.timeoutMs ? { timeoutMs: options.timeoutMs } : {}),
  })
  return { api: createDialpadApi(client), attempts, user: dialpad.state.users[0]!, elapsed: () => now }
}

const failure = async (work: Promise<unknown>): Promise<DialpadApiError> => {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DialpadApiError)
  return error as DialpadApiError
}

describe('answers', () => {
  test('reads ids written as strings and follows cursors to the end', async () => {
    const { api } = setUp({ pageSize: 2 })
    const ids = []
    for (let i = 0; i < 5; i++) {
      const call = dialpad.call()
      await call.hangup()
      ids.push(String(call.id))
    }
    expect(await api.company('app')).toEqual({ id: 4508591728425653, name: 'Example Plumbing' })
    expect((await api.users('app')).map(({ id }) => id)).toEqual(dialpad.state.users.map(({ id }) => id))
    const seen = []
    for await (const page of api.concludedCalls('app', 0)) seen.push(...page.map((call) => call.call_id))
    expect(seen.toSorted()).toEqual(ids.toSorted() as never)
    expect(dialpad.state.violations).toEqual([])
  })

  test.each([
    ['HTML', HTML_ERROR_PAGE],
    ['half a JSON', '{"items":[{"id":'],
    ['a list', '[]'],
    ['an id beyond 2^53', '{"id":9007199254740993}'],
  ])('takes %s for an unavailable Dialpad, not for an answer', async (_name, body) => {
    const { api } = setUp()
    dialpad.faults.add({ on: /company/, status: 200, body })
    expect((await failure(api.company('app'))).code).toBe('dialpad_unavailable')
  })

  test("returns Dialpad's reason for a refusal, whatever the form of the error", async () => {
    const { api, user } = setUp()
    const place = () => api.placeCall('app', { phone_number: '+15555550100', user_id: user.id })
    for (const body of ['{"error":{"message":"no device"}}', '{"message":"no device"}', '{"error":"no device"}']) {
      dialpad.faults.add({ on: /call/, times: 1, status: 400, body })
      const error = await failure(place())
      expect([error.code, error.detail]).toEqual(['dialpad_refused', 'Dialpad rejected POST /call with 400: no device'])
    }
    dialpad.faults.add({ on: /call/, times: 1, status: 400, body: HTML_ERROR_PAGE })
    expect((await failure(place())).detail).toBe('Dialpad rejected POST /call with 400')
  })
})

describe('hostile answers', () => {
  test('an endless response is a failure, and does not fill the memory', async () => {
    const { api } = setUp()
    dialpad.faults.add({ on: /company/, ...troubles.huge(17 * 1024 * 1024) })
    expect((await failure(api.company('app'))).code).toBe('dialpad_unavailable')
    dialpad.faults.clear()
    expect((await api.company('app')).id).toBePositive()
  })

  test('no error contains a page with scripts', async () => {
    const { api } = setUp()
    dialpad.faults.add({ on: /company/, ...troubles.hostilePage, status: 400 })
    expect((await failure(api.company('app'))).detail).not.toContain('<')
  })
})

describe('retries', () => {
  test.each([{ status: 500 }, { status: 429 }, { cut: 'before' as const }, { cut: 'half' as const }])(
    'reads again after %j',
    async (fault) => {
      const { api, attempts } = setUp()
      dialpad.faults.add({ on: /company/, times: 2, ...fault })
      await api.company('app')
      expect(attempts.map(([endpoint]) => endpoint)).toEqual(Array(3).fill('GET /company'))
    },
  )

  test.each([{ status: 500 }, { status: 503 }, { cut: 'after' as const }])(
    'never places a call twice: %j may have placed it',
    async (fault) => {
      const { api, user } = setUp()
      dialpad.faults.add({ on: /POST .*call$/, ...fault })
      const error = await failure(api.placeCall('app', { phone_number: '+15555550100', user_id: user.id }))
      expect([error.code, error.refused]).toEqual(['dialpad_unavailable', false])
      expect(dialpad.requests(/POST .*call$/)).toHaveLength(1)
    },
  )

  test('retries a call after 429, because Dialpad did not place it', async () => {
    const { api, user } = setUp()
    dialpad.faults.add({ on: /POST .*call$/, times: 1, status: 429, headers: { 'retry-after': '0' } })
    expect(await api.placeCall('app', { phone_number: '+15555550100', user_id: user.id })).toBePositive()
  })

  test('does not make a person wait for a long Retry-After, and delays only that user', async () => {
    const { api, user, elapsed } = setUp()
    const place = (who = user) => api.placeCall('app', { phone_number: '+15555550100', user_id: who.id })
    dialpad.faults.add({ on: /POST .*call$/, times: 1, status: 429, headers: { 'retry-after': '30' } })
    const error = await failure(place())
    expect([error.code, error.extra.headers?.['retry-after']]).toEqual(['dialpad_rate_limited', '30'])
    expect((await failure(place())).code).toBe('dialpad_rate_limited')
    expect(dialpad.requests()).toHaveLength(1)
    expect(await place(dialpad.state.users[1]!)).toBePositive()
    await api.users('app')
    expect(elapsed()).toBe(0)
  })

  test('delays the whole company when Dialpad refuses a request that it counts per company', async () => {
    const { api, elapsed } = setUp()
    dialpad.faults.add({ on: /company/, times: 1, status: 429, headers: { 'retry-after': '30' } })
    expect((await failure(api.company('app'))).code).toBe('dialpad_rate_limited')
    await api.users('app')
    expect(elapsed()).toBeGreaterThanOrEqual(30_000)
  })

  test('stops after an hour of 500 with one clear error', async () => {
    const { api } = setUp()
    dialpad.faults.add({ on: /./, status: 500, body: HTML_ERROR_PAGE })
    expect((await failure(api.company('app'))).detail).toBe(
      'Dialpad responded to GET /company with 500. Try again later.',
    )
    expect(dialpad.requests()).toHaveLength(4)
  })

  test('has a time limit', async () => {
    const { api } = setUp({ timeoutMs: 50 })
    const never = Promise.withResolvers<void>()
    dialpad.faults.add({ on: /POST .*sms$/, delay: () => never.promise })
    const error = await failure(api.sendSms('app', { to_numbers: ['+15555550100'], text: 'x', user_id: 1 }))
    expect(error.detail).toContain('did not respond in time')
    never.resolve()
  })

  test('refreshes the access once when the token is refused', async () => {
    const { api } = setUp({ token: 'old', renewed: 'dialpad-api-key' })
    await api.company('app')
    expect(dialpad.requests().map(({ status }) => status)).toEqual([401, 200])
  })

  test('reports invalid credentials', async () => {
    const { api } = setUp({ token: 'old' })
    expect((await failure(api.company('app'))).code).toBe('dialpad_unauthorized')
    expect(dialpad.requests()).toHaveLength(1)
  })
})

describe('limits', () => {
  test('never sends more than 20 requests in one second, over all callers', async () => {
    dialpad = startDialpad()
    let now = 0
    const limiter = createRateLimiter(
      () => now,
      async () => {},
    )
    const sent: number[] = []
    const take = async (tokens: number, windowMs: number) => {
      const wait = await limiter.take([{ key: 'c', tokens, windowMs }], 0)
      if (wait === 0) sent.push(now)
      return wait
    }
    for (now = 0; now < 5000; now += 7) await take(20, 1000)
    for (const at of sent)
      expect(sent.filter((other) => other >= at && other < at + 1000).length).toBeLessThanOrEqual(20)
    expect(sent).toHaveLength(100)
  })

  test('asks a person to retry later, and lets a background job wait', async () => {
    const { api, user, elapsed } = setUp({ rateLimits: false })
    const place = () => api.placeCall('app', { phone_number: '+15555550100', user_id: user.id })
    for (let i = 0; i < 5; i++) await place()
    const error = await failure(place())
    expect(error.code).toBe('dialpad_rate_limited')
    expect(Number(error.extra.headers?.['retry-after'])).toBeGreaterThan(55)
    const other = dialpad.state.users[1]!
    await api.placeCall('app', { phone_number: '+15555550100', user_id: other.id })
    const call = dialpad.call()
    for (let i = 0; i < 11; i++) await api.call('app', call.id)
    expect(elapsed()).toBeGreaterThanOrEqual(60_000)
  })
})
