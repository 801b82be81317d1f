import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createDialpadApi, type DialpadApi } from '../../src/dialpad/client/api'
import { createDialpadClient } from '../../src/dialpad/client/client'
import { DIALPAD_CODES, DialpadApiError } from '../../src/dialpad/client/dialpad-api-error'
import { createRateLimiter } from '../../src/dialpad/client/rate-limiter'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { troubles } from '../support/dialpad/troubles'

/** Every request that this server makes to Dialpad's API, against everything that Dialpad may answer. */

const SHORT_MS = 150
/** Each request waits for this long four times. */
const SHORTER_MS = 30

async function everyPage(pages: AsyncGenerator<unknown[]>): Promise<unknown[]> {
  const all = []
  for await (const page of pages) all.push(...page)
  return all
}

/** One request of each method; a method without one does not compile. */
const REQUESTS: { [method in keyof DialpadApi]: (api: DialpadApi) => Promise<unknown> } = {
  company: (api) => api.company('app'),
  users: (api) => api.users('app'),
  concludedCalls: (api) => everyPage(api.concludedCalls('app', 0)),
  call: (api) => api.call('app', 1),
  placeCall: (api) => api.placeCall('app', { phone_number: '+14155550142', user_id: 1 }),
  hangUp: (api) => api.hangUp('app', 1),
  transfer: (api) => api.transfer('app', 1, { to: { number: '+14155550142' } }),
  sendSms: (api) => api.sendSms('app', { to_numbers: ['+14155550142'], text: 'Hi', user_id: 1 }),
  transcript: (api) => api.transcript('app', 1),
  shareLink: (api) => api.shareLink('app', { id: '1', type: 'callrecording' }),
  createEndpoint: (api) => api.createEndpoint('app', 'webhook', { hook_url: 'https://x.example', secret: 's' }),
  endpoint: (api) => api.endpoint('app', 'websocket', 1),
  endpoints: (api) => api.endpoints('app', 'webhook'),
  updateWebhook: (api) => api.updateWebhook('app', 1, { secret: 's' }),
  deleteEndpoint: (api) => api.deleteEndpoint('app', 'webhook', 1),
  subscribe: (api) => api.subscribe('app', 'call', 1, {}),
  subscriptions: (api) => api.subscriptions('app', 'sms'),
  unsubscribe: (api) => api.unsubscribe('app', 'call', 1),
}
const METHODS = Object.entries(REQUESTS)

const HUGE = troubles.huge(50 * 1024 * 1024)
const never = new Promise<void>(() => {})

const UNANSWERED = {
  'an error of the server': troubles.serverError(),
  'too many requests': troubles.tooManyRequests('0'),
  'the login page': troubles.loginPage,
  'half a JSON': { status: 200, body: '{"items":[{"id":' },
  'a broken connection': { cut: 'before' as const },
  'an answer of 50 MB': HUGE,
  'no answer': troubles.slow(never),
}

/** JSON that is not what was described. */
const SHAPES = [
  '[]',
  '"text"',
  '42',
  '{}',
  '{"id":{},"call_id":[],"items":"text","cursor":7}',
  '{"items":[null,1,"x",{"id":"x","emails":{},"phone_numbers":7}],"lines":[[],{"content":7}],"signature":7}',
  '{"id":-1,"items":[{"id":1.5}],"access_link":{},"lines":{},"call_states":{},"hook_url":{}}',
  '{"id":9007199254740993,"call_id":9007199254740993}',
]

describe('every request to Dialpad', () => {
  let dialpad: Dialpad
  beforeEach(() => {
    dialpad = startDialpad({ rateLimits: false })
  })
  afterEach(async () => {
    dialpad.takeViolations()
    await dialpad.stop()
  })

  function connect(timeoutMs: number): DialpadApi {
    let now = 0
    const limiter = createRateLimiter(
      () => now,
      async (ms) => {
        now += ms
      },
    )
    const access = { token: dialpad.apiKey, company: 'c' }
    return createDialpadApi(
      createDialpadClient({
        baseUrl: dialpad.url,
        credentials: { access: async () => access, renew: async () => null },
        limiter,
        retryDelayMs: () => 1,
        timeoutMs,
      }),
    )
  }

  const outcome = (work: Promise<unknown>) =>
    work.then(
      (value: unknown) => ({ value }),
      (error: unknown) => ({ error }),
    )
  const isDialpadError = (error: unknown) =>
    error instanceof DialpadApiError && (DIALPAD_CODES as readonly string[]).includes(error.code)

  test.each(
    METHODS.flatMap(([method, request]) =>
      Object.entries(UNANSWERED).map(([what, fault]) => [method, what, request, fault] as const),
    ),
  )('%s that gets %s fails with an error of Dialpad', async (_method, what, request, fault) => {
    dialpad.faults.add({ on: /./, ...fault })
    const api = connect(what === 'no answer' ? SHORTER_MS : SHORT_MS)
    const result = await outcome(request(api))
    expect(result).toEqual({ error: expect.any(DialpadApiError) })
    expect(isDialpadError((result as { error: unknown }).error)).toBe(true)
  })

  test.each(METHODS)('%s takes no answer of another shape for its own', async (method, request) => {
    const api = connect(SHORT_MS)
    // These give Dialpad's own object on, to be read by the payload room.
    const isRaw = method === 'call' || method === 'concludedCalls' || method === 'transfer'
    for (const body of SHAPES) {
      dialpad.faults.clear()
      dialpad.faults.add({ on: /./, status: 200, body })
      const result = await outcome(request(api))
      if ('error' in result) expect([body, isDialpadError(result.error)]).toEqual([body, true])
      else if (!isRaw)
        expect(JSON.stringify(result.value) ?? '').not.toMatch(/"(id|call_id)":(null|-|1\.5|9007199254740993)/)
    }
  })
})
