import { afterAll, beforeAll, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { startTestServer, type TestServer } from '../support/server'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer(await freshUrl.sqlite())
})
afterAll(() => server.stop())

test.each([
  ['DELETE', '/api/calls', 'GET, POST'],
  ['PUT', '/internal/apps', 'GET, POST'],
  ['GET', '/webhooks/dialpad', 'POST'],
  ['POST', '/api/calls/some-id', 'GET'],
  ['POST', '/health', 'GET'],
])('%s %s is 405 and names the methods the route takes', async (method, path, allow) => {
  const { status, headers, body } = await server.request(method, path)
  expect([status, body.code, headers.get('allow')]).toEqual([405, 'method_not_allowed', allow])
})

test.each(['/api/nothing', '/webhooks/dialpad/a/b', '/callsx', '/api/calls(.*)'])('%s is 404', async (path) => {
  const { status, headers, body } = await server.request('POST', path)
  expect([status, body.code, headers.get('allow')]).toEqual([404, 'route_not_found', null])
})

test.each([
  ['GET', '/api/calls', {}],
  ['GET', '/api/calls', { 'x-app-api-key': 'raw_wrong' }],
  ['GET', '/internal/apps', { authorization: 'Bearer wrong' }],
  ['POST', '/webhooks/dialpad', {}],
])('a 401 of %s %s says which credentials are asked for', async (method, path, headers) => {
  const answer = await server.request(method, path, { headers, ...(method === 'POST' ? { body: 'a.b.c' } : {}) })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toStartWith('Bearer')
})
