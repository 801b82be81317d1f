import { afterEach, beforeEach, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { troubles } from '../support/dialpad/troubles'

/** Each trouble of the stand-in is what it says; without one, the answer is as described. */

let dialpad: Dialpad
beforeEach(() => {
  dialpad = startDialpad()
})
afterEach(() => dialpad.stop())

const headers = () => ({ authorization: `Bearer ${dialpad.apiKey}` })
const get = (path: string) => fetch(`${dialpad.url}/api/v2${path}`, { headers: headers() })
const token = (fields: Record<string, string>) =>
  fetch(`${dialpad.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(fields) })

test.each([
  ['unauthorized', troubles.unauthorized, 401, null],
  ['missingScope', troubles.missingScope('calls:list'), 403, null],
  ['tooManyRequests', troubles.tooManyRequests(), 429, null],
  ['tooManyRequests with Retry-After', troubles.tooManyRequests('7'), 429, '7'],
  ['serverError', troubles.serverError(), 500, null],
  ['serverError as 503', troubles.serverError(503), 503, null],
] as const)('%s answers its status once, then all is well', async (_name, trouble, status, retryAfter) => {
  dialpad.faults.add({ on: /GET .*company$/, times: 1, ...trouble })
  const answer = await get('/company')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter])
  expect((await get('/company')).status).toBe(200)
})

test.each([
  ['loginPage', troubles.loginPage],
  ['hostilePage', troubles.hostilePage],
] as const)('%s is HTML with status 200', async (_name, trouble) => {
  dialpad.faults.add({ on: /company$/, ...trouble })
  const answer = await get('/company')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
})

test('a refused grant is JSON, a refusing proxy is HTML', async () => {
  const refresh = { grant_type: 'refresh_token', refresh_token: 'r', client_id: 'client-id' }
  dialpad.faults.add({ on: /token$/, times: 1, ...troubles.invalidGrant })
  expect(await (await token(refresh)).json()).toEqual({ error: 'invalid_grant' })
  dialpad.faults.add({ on: /token$/, times: 1, ...troubles.proxyRefusal })
  const refused = await token(refresh)
  expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8'])
})

test('half a response breaks off within it, a lost one before it, and both requests were served', async () => {
  const received = (): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>()
    let text = ''
    const request = `GET /api/v2/company HTTP/1.1\r\nHost: dialpad\r\nAuthorization: ${headers().authorization}\r\n\r\n`
    const socket = connect(Number(new URL(dialpad.url).port), '127.0.0.1', () => socket.write(request))
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    return promise
  }
  dialpad.faults.add({ on: /company$/, times: 1, ...troubles.half })
  const half = await received()
  expect(half).toContain('{"id":"4508591728425653"')
  expect(half).not.toContain('}')
  dialpad.faults.add({ on: /company$/, times: 1, ...troubles.lostAnswer })
  expect(await received()).not.toContain('{')
  for (const trouble of [troubles.half, troubles.lostAnswer]) {
    dialpad.faults.add({ on: /company$/, times: 1, ...trouble })
    await expect(get('/company').then((answer) => answer.json())).rejects.toThrow()
  }
})

test('a slow response arrives when it is released', async () => {
  const gate = Promise.withResolvers<void>()
  dialpad.faults.add({ on: /company$/, ...troubles.slow(gate.promise) })
  const answer = get('/company')
  await get('/webhooks')
  expect(dialpad.requests().map(({ path }) => path)).toEqual(['/api/v2/webhooks'])
  gate.resolve()
  expect((await answer).status).toBe(200)
})

test('a huge response is JSON of that many bytes', async () => {
  dialpad.faults.add({ on: /company$/, ...troubles.huge(5_000_000) })
  const text = await (await get('/company')).text()
  expect(text).toHaveLength(5_000_000)
  expect(Object.keys(JSON.parse(text))).toEqual(['padding'])
})

test.each([
  ['nullItems', troubles.nullItems, { items: null }],
  ['noItems', troubles.noItems, {}],
  ['wrongShape', troubles.wrongShape([1, 2]), [1, 2]],
  ['withMembers', troubles.withMembers({ items: 'none', mood: 'good' }), { items: 'none', mood: 'good' }],
  ['endlessCursor', troubles.endlessCursor, { items: null, cursor: 'MA' }],
] as const)('%s changes the shape of a list', async (_name, trouble, expected) => {
  dialpad.faults.add({ on: /GET .*webhooks$/, ...trouble })
  const answer: unknown = await (await get('/webhooks')).json()
  expect(answer).toEqual(expected as never)
})
