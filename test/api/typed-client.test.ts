import { afterAll, beforeAll, expect, test } from 'bun:test'
import createClient from 'openapi-fetch'
import type { paths } from '../../src/sdk/api.generated'
import { freshUrl } from '../support/backends'
import { callEvent } from '../support/events'
import { ADMIN_SECRET, startTestServer, type TestServer } from '../support/server'

/** An integrator's day with a client generated from the document: what it types is what comes. */

let server: TestServer
beforeAll(async () => {
  server = await startTestServer(await freshUrl.sqlite())
})
afterAll(() => server.stop())

const clientWith = (headers: Record<string, string>) => createClient<paths>({ baseUrl: server.url, headers })

test('an app is made, its users and customers are sent, and a call comes with both', async () => {
  const admin = clientWith({ authorization: `Bearer ${ADMIN_SECRET}` })
  const created = await admin.POST('/internal/apps', { body: { name: 'CRM' } })
  const { app_id, api_key } = created.data!
  const app = clientWith({ 'x-app-api-key': api_key })

  const mapped = await admin.POST('/internal/apps/{app_id}/users/batch-map', {
    params: { path: { app_id } },
    body: { mappings: [{ dialpad_user_id: 5991398486736896, crm_user_id: 'ann' }] },
  })
  expect(mapped.data).toEqual({ success: true, count: 1, created: 1, updated: 0 })
  const saved = await app.PUT('/api/customers', {
    body: { customers: [{ external_id: '42', name: 'Casey', phones: ['(555) 555-0109'] }] },
  })
  expect(saved.data?.created).toBe(1)

  await server.deliver(callEvent(1, 'ringing', Date.now()))
  await server.settle()
  const listed = await app.GET('/api/calls', { params: { query: { status: 'ringing', limit: 10, user_id: 'ann' } } })
  const [call] = listed.data!.calls
  expect(call).toMatchObject({ dialpad_call_id: 1, user_id: 'ann', customer: { id: '42', name: 'Casey' } })
  const read = await app.GET('/api/calls/{id}', { params: { path: { id: call!.id } } })
  expect(read.data?.call.timeline.map(({ state }) => state)).toEqual(['ringing'])
  const stream = await app.GET('/api/events', { params: { query: { after: 0, events: 'call.*' } } })
  expect(stream.data?.events.map(({ event }) => event)).toEqual(['call.ring'])
})

test('a problem is typed: its code and the fields that are wrong', async () => {
  const admin = clientWith({ authorization: `Bearer ${ADMIN_SECRET}` })
  const { error, response } = await admin.POST('/internal/apps', { body: { name: '' } })
  expect(response.status).toBe(422)
  expect(error?.code).toBe('validation_failed')
  expect(error?.errors?.map(({ path }) => path)).toEqual(['name'])
  const refused = await clientWith({}).GET('/api/calls')
  expect([refused.response.status, refused.error?.code]).toEqual([401, 'api_key_missing'])
})
