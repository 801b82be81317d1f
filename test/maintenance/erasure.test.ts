import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { newId } from '../../src/lib/id'
import { dump, insertAppRow, insertMachinery, insertRecords, insertStream, rowsOf, seededApp } from '../isolation/seed'
import { backends, freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { createQueue } from '../support/queue'
import { ADMIN_SECRET, sign, startTestServer, type TestServer } from '../support/server'

const NUMBER = '+15555550109'
const OTHER = '+14155550142'
const AGENT = '+15555550105'
/** In every spelling that one may come in. */
const DIGITS = NUMBER.slice(2)

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
])('erasing on %s', (_name, freshDatabase) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  let other: { appId: string; apiKey: string }
  const contactOf = (phone: string) => ({ id: 6480210643730432, type: 'local', name: `Caller of ${phone}`, phone })
  const call = (id: number, state: string, number: string, more: object = {}) =>
    callEvent(id, state, T0 + id, { external_number: number, contact: contactOf(number), ...more })
  const sms = (id: number, from: string, to: string[]) => ({
    id,
    created_date: T0,
    direction: 'inbound',
    from_number: from,
    to_number: to,
    text: 'Hello',
    message_status: 'success',
    target: { id: 5991398486736896, type: 'user' },
  })
  const everything = async () => {
    const { database } = server.services
    return (await dump(database.queries, database)).map(decoded)
  }
  /** A raw body is signed: its contents are read from it. */
  const decoded = (row: string) =>
    row.replaceAll(/"body":"[\w-]+\.([\w-]+)\.[\w-]*"/g, (_all, payload) =>
      Buffer.from(payload, 'base64url').toString(),
    )

  beforeAll(async () => {
    server = await startTestServer(await freshDatabase())
    app = await server.createApp('One', 1)
    other = await server.createApp('Two', 2)
    const deliver = async (orgId: number, payload: object) => {
      const answer = await server.request('POST', '/webhooks/dialpad', {
        body: await sign({ ...payload, org_id: orgId }),
      })
      expect(answer.status).toBe(200)
    }
    for (const [org, { apiKey }] of [
      [1, app],
      [2, other],
    ] as const) {
      const customers = [
        { external_id: 'c-1', name: 'Grace Hopper', phones: [NUMBER, OTHER] },
        { external_id: 'c-2', name: 'Ada Lovelace', phones: [OTHER] },
      ]
      await server.request('PUT', '/api/customers', { headers: { 'x-app-api-key': apiKey }, body: { customers } })
      const base = org * 1000
      await deliver(org, call(base + 1, 'ringing', NUMBER))
      await deliver(org, call(base + 1, 'connected', NUMBER, { date_connected: T0 + 1 }))
      // Another leg of the same conversation, which does not name the number.
      await deliver(org, call(base + 2, 'connected', AGENT, { entry_point_call_id: base + 1 }))
      await deliver(org, call(base + 3, 'ringing', OTHER))
      await deliver(org, call(base + 4, 'voicemail', NUMBER, { voicemail_link: 'https://dialpad.com/v' }))
      await deliver(org, sms(base + 5, NUMBER, [AGENT]))
      await deliver(org, sms(base + 6, OTHER, [AGENT, NUMBER]))
      await deliver(org, sms(base + 7, OTHER, [AGENT]))
    }
    await server.settle()
  }, 60_000)
  afterAll(() => server.stop())

  test('a number leaves no trace in the app, and everything of others stays', async () => {
    await server.services.events.hints.flush()
    const before = await everything()
    const of = (rows: string[], appId: string) => rows.filter((row) => row.includes(appId))
    expect(of(before, app.appId).filter((row) => row.includes(DIGITS)).length).toBeGreaterThan(10)
    const { status, body } = await server.admin('DELETE', `/internal/apps/${app.appId}/numbers/(555)%20555-0109`)
    expect([status, body.number]).toEqual([200, NUMBER])
    expect(body.erased).toMatchObject({ calls: 3, messages: 2, customer_phones: 1 })
    const after = await everything()
    expect(of(after, app.appId).filter((row) => row.includes(DIGITS))).toEqual([])
    expect(of(after, app.appId).some((row) => row.includes(OTHER) && row.startsWith('calls '))).toBe(true)
    expect(of(after, other.appId)).toEqual(of(before, other.appId))

    const { events } = (await server.get('/api/events?limit=100', app.apiKey)).body
    expect(events.map(({ seq }: { seq: number }) => seq)).toEqual(events.map((_: unknown, at: number) => at + 1))
    const erased = events.filter((entry: { erased?: boolean }) => entry.erased)
    expect(erased.length).toBe(body.erased.stream_entries)
    expect(erased[0]).toMatchObject({ event: 'call.ring', from_number: null, contact: null, customer: null })

    const again = await server.admin('DELETE', `/internal/apps/${app.appId}/numbers/${encodeURIComponent(NUMBER)}`)
    expect(Object.values(again.body.erased)).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('an invalid number, an unknown app, and an app’s own key are refused', async () => {
    const of = (appId: string, number: string) => server.admin('DELETE', `/internal/apps/${appId}/numbers/${number}`)
    expect((await of(app.appId, 'nobody')).status).toBe(422)
    expect((await of(newId(), '%2B14155550142')).body.code).toBe('app_not_found')
    const headers = { authorization: `Bearer ${app.apiKey}` }
    const path = `/internal/apps/${app.appId}/numbers/%2B14155550142`
    expect((await server.request('DELETE', path, { headers })).status).toBe(401)
  })

  test('a deleted customer is removed from the directory and the stream', async () => {
    const headers = { 'x-app-api-key': other.apiKey }
    const named = async () => (await everything()).filter((row) => row.includes('Grace Hopper'))
    expect((await named()).some((row) => row.startsWith('streamEntries '))).toBe(true)
    const { status } = await server.request('DELETE', '/api/customers/external:c-1', { headers })
    expect(status).toBe(200)
    const left = (await named()).filter((row) => row.includes(other.appId))
    expect(left).toEqual([])
    expect((await everything()).some((row) => row.includes('Ada Lovelace') && row.includes(other.appId))).toBe(true)
  })

  test('the state of backups and retention is shown', async () => {
    const { body } = await server.request('GET', '/internal/maintenance', {
      headers: { authorization: `Bearer ${ADMIN_SECRET}` },
    })
    expect(body).toMatchObject({
      success: true,
      backups: { schedule: null, last: null },
      retention: { last_run: null },
    })
  })
})

test.each(backends)('on %s an app that is deleted leaves no row in any table', async (_name, open) => {
  const database = await open()
  const small = seededApp('019a4f6e-0a10-7c55-9d21-000000000001', 3)
  const large = seededApp('019a4f6e-0a10-7c55-9d22-000000000001', 4)
  for (const app of [small, large])
    for (const insert of [insertAppRow, insertRecords, insertMachinery, insertStream])
      await insert(database.queries, database, app)
  const { services } = await createQueue(database)
  const before = await dump(database.queries, database)
  await services.apps.remove(small.id)
  const after = await dump(database.queries, database)
  expect(after.filter((row) => row.includes(small.mark))).toEqual([])
  expect(rowsOf(after, large)).toEqual(rowsOf(before, large))
  const { apps } = database.tables
  expect(await database.queries.$count(apps, eq(apps.id, large.id))).toBe(1)
  await database.close()
})
