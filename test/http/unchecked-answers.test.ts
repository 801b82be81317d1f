import { afterAll, beforeAll, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { startTestServer, type TestServer } from '../support/server'

/** Tests check every answer by its schema; this is how a server runs elsewhere. */
let checked: TestServer
let served: TestServer

beforeAll(async () => {
  checked = await startTestServer(await freshUrl.sqlite())
  served = await startTestServer(await freshUrl.sqlite(), { NODE_ENV: 'development' })
})
afterAll(async () => {
  await checked.stop()
  await served.stop()
})

test('a row that is not of its documented form does not turn a list into an error', async () => {
  const status: number[] = []
  for (const server of [checked, served]) {
    const { appId, apiKey } = await server.createApp('Odd', 1)
    const { database } = server.services
    const { dialpadUserMappings } = database.tables
    await database.queries.insert(dialpadUserMappings).values({
      id: 'not a UUID',
      appId,
      dialpadUserId: 5_000_001,
      crmUserId: 'user_1',
      createdAt: 1,
      updatedAt: 1,
    })
    status.push((await server.admin('GET', `/internal/apps/${appId}/users/mappings`)).status)
    expect((await server.get('/api/calls', apiKey)).status).toBe(200)
  }
  expect(status).toEqual([500, 200])
})

test('the document describes the same answers whether they are checked or not', async () => {
  const [one, other] = [await checked.get('/swagger/json'), await served.get('/swagger/json')]
  expect(one.status).toBe(200)
  expect(one.body.paths['/api/calls'].get.responses[200].content).toBeDefined()
  // Each server names its own address.
  expect({ ...other.body, servers: null }).toEqual({ ...one.body, servers: null })
})
