import { afterEach, beforeEach, expect, test } from 'bun:test'
import { type Dialpad, startDialpad } from '../support/dialpad/start'

/** Neither a request nor an answer may leave the published description: the test that uses the stand-in fails. */

let dialpad: Dialpad
beforeEach(() => {
  dialpad = startDialpad()
})
afterEach(() => dialpad.stop())

const api = (method: string, path: string, body?: unknown) =>
  fetch(`${dialpad.url}/api/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${dialpad.apiKey}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

test.each([
  ['an unknown query member', 'GET', '/users?limit=50', undefined, 400, 'limit'],
  ['a query member of another type', 'GET', '/call?started_after=now', undefined, 400, 'started_after must be integer'],
  ['an unknown body member', 'POST', '/webhooks', { hook_url: 'https://example.com/', name: 'x' }, 400, 'name'],
  ['a missing body member', 'POST', '/subscriptions/sms', { endpoint_id: 1 }, 400, "required property 'direction'"],
  ['an id that is no number', 'GET', '/call/first', undefined, 400, 'id must be integer'],
  ['an unknown route', 'GET', '/callz', undefined, 404, 'no such operation'],
  ['an unknown method', 'PUT', '/company', undefined, 404, 'no such operation'],
] as const)('refuses and notes %s', async (_what, method, path, body, status, problem) => {
  const answer = await api(method, path, body)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ error: { code: status, message: expect.stringContaining(problem) } })
  expect(dialpad.takeViolations()).toEqual([expect.stringContaining(problem)])
})

test('responds with 500 and records it when its own response does not match the description', async () => {
  Object.assign(dialpad.state.users[0]!, { state: 'asleep' })
  expect((await api('GET', '/users?state=all')).status).toBe(500)
  expect(dialpad.takeViolations()).toEqual([expect.stringContaining('state must be equal to one of')])
})

test('fails the test that stops it after a request against the description', async () => {
  await api('GET', '/users?limit=50')
  await expect(dialpad.stop()).rejects.toThrow('/api/v2/users: query must NOT have additional properties (limit)')
})

test('ignores what a fault sends on purpose', async () => {
  dialpad.faults.add({ on: /company$/, alter: () => ['nothing', 'like', 'it'] })
  expect(await (await api('GET', '/company')).json()).toEqual(['nothing', 'like', 'it'])
  expect(dialpad.state.violations).toEqual([])
})

test('anything outside the API is a page that was not found, not a response of the API', async () => {
  const page = await fetch(`${dialpad.url}/blob-of-nothing`)
  expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
})
