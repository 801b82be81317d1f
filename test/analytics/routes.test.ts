import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

const SECOND = 1000
const ANN = 7
const agent = { target: { id: ANN, type: 'user', name: '=Ann' } }
const PERIOD = `from=${T0 - 1}&to=${T0 + 3_600_000}`

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('analytics and presence on %s', (_name, url) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  let other: { appId: string; apiKey: string }
  beforeAll(async () => {
    server = await startTestServer(await url())
    app = await server.createApp('One', 1)
    other = await server.createApp('Other', 2)
    const deliver = (event: object) => server.deliver({ organization_id: 1, ...event })
    await server.admin('POST', `/internal/apps/${app.appId}/users/map`, { dialpad_user_id: ANN, crm_user_id: 'ann' })
    const connected = { ...agent, date_connected: T0 + 10 * SECOND }
    await deliver(callEvent(1, 'connected', T0 + 10 * SECOND, connected))
    await deliver(
      callEvent(1, 'hangup', T0 + 40 * SECOND, { ...connected, date_ended: T0 + 40 * SECOND, talk_time: 30_000 }),
    )
    await deliver(callEvent(2, 'hangup', T0 + 25 * SECOND, { ...agent, date_ended: T0 + 25 * SECOND }))
    await deliver(callEvent(3, 'connected', T0 + 50 * SECOND, { ...connected, date_started: T0 + 45 * SECOND }))
    await deliver(callEvent(4, 'ringing', T0 + 50 * SECOND, { date_started: T0 + 3_600_000, ...agent }))
    const sms = {
      id: 5,
      created_date: T0,
      direction: 'inbound',
      from_number: '+15555550109',
      to_number: ['+15555550105'],
    }
    await deliver({ ...sms, message_status: 'success', event_timestamp: T0, ...agent })
    await server.settle()
  }, 60_000)
  afterAll(() => server.stop())

  const figures = async (query: string, key = app.apiKey) =>
    (await server.get(`/api/analytics?${PERIOD}&${query}`, key)).body

  test('conversations and messages are counted as they are processed', async () => {
    expect((await figures('interval=total')).analytics).toEqual([
      {
        start: new Date(T0 - 1).toISOString(),
        end: new Date(T0 + 3_600_000).toISOString(),
        offered: 3,
        answered: 1,
        missed: 1,
        voicemail: 0,
        abandoned: 0,
        answer_rate: 0.333333,
        average_speed_of_answer_seconds: 10,
        average_talk_seconds: 30,
        average_hold_seconds: 0,
        longest_wait_seconds: 25,
        messages_in: 1,
        messages_out: 0,
      },
    ])
    expect((await figures('interval=total', other.apiKey)).analytics).toMatchObject([{ offered: 0, answer_rate: null }])
  })

  test('users have the names of the CRM, targets those of Dialpad', async () => {
    expect((await figures('interval=total&group_by=user')).analytics).toMatchObject([
      { dialpad_user_id: ANN, user_id: 'ann', offered: 3, messages_in: 1 },
    ])
    expect((await figures('interval=total&group_by=target')).analytics).toMatchObject([
      { target: { type: 'user', id: String(ANN), name: '=Ann' }, offered: 3 },
    ])
  })

  test('the file has the same figures as the response, and no cell is a formula', async () => {
    const { headers, body } = await server.get(
      `/api/analytics?${PERIOD}&interval=day&group_by=target&format=csv&time_zone=Asia/Kolkata`,
      app.apiKey,
    )
    expect(headers.get('content-type')).toStartWith('text/csv')
    const [head, row, ...rest] = (body as string).split('\r\n')
    expect(head).toStartWith('start,end,target_type,target_id,target_name,offered,answered,missed,')
    expect(row).toContain(",user,7,'=Ann,3,1,1,0,0,0.333333,10,30,0,25,1,0")
    expect(rest).toEqual([''])
  })

  test('the operator reads all apps together or one of them', async () => {
    const offered = async (query: string) =>
      (await server.admin('GET', `/internal/analytics?${PERIOD}&interval=total${query}`)).body.analytics[0].offered
    expect(await offered('')).toBe(3)
    expect(await offered(`&app_id=${app.appId}`)).toBe(3)
    expect(await offered(`&app_id=${other.appId}`)).toBe(0)
  })

  test('a date alone is the time zone’s midnight; a wrong zone, interval or order is refused', async () => {
    const ask = (query: string) => server.get(`/api/analytics?${query}`, app.apiKey)
    const { body } = await ask('from=2026-03-08&to=2026-03-09&time_zone=America/New_York')
    expect(body).toMatchObject({ from: '2026-03-08T05:00:00.000Z', to: '2026-03-09T04:00:00.000Z' })
    expect(body.analytics).toHaveLength(1)
    for (const [query, path] of [
      ['time_zone=Mars/Olympus', 'time_zone'],
      ['interval=month', 'interval'],
      ['from=2026-03-09&to=2026-03-08', 'from'],
      ['from=2026-02-30', 'from'],
      ['from=1970-01-01&interval=hour', 'interval'],
    ]) {
      const answer = await ask(query!)
      expect([query, answer.status, answer.body.errors[0].path]).toEqual([query, 422, path])
    }
  })

  test('rolled up, the figures stay as they were', async () => {
    const before = await figures('interval=hour&group_by=direction')
    await server.runJob('roll-up')
    expect(await figures('interval=hour&group_by=direction')).toEqual(before)
    const { analyticsChangedHours } = server.services.database.tables
    expect(await server.services.database.queries.select().from(analyticsChangedHours)).toEqual([])
  })

  test('presence is the newest agent status of each mapped user, and whether the user is on a call', async () => {
    const { appId, apiKey } = await server.createApp('Presence', 3)
    const deliver = (event: object) => server.deliver({ organization_id: 3, ...event })
    const map = (dialpad_user_id: number, crm_user_id: string) =>
      server.admin('POST', `/internal/apps/${appId}/users/map`, { dialpad_user_id, crm_user_id })
    await map(17, 'ann')
    await map(18, 'bob')
    // Outside of the period whose figures the other tests read.
    const at = T0 - 24 * 3_600_000
    const target = { id: 17, type: 'user', name: 'Ann' }
    await deliver(callEvent(13, 'connected', at, { target, date_started: at, date_connected: at }))
    await deliver(callEvent(14, 'ringing', at, { target, date_started: at }))
    const status = (on_duty_status: string, event_timestamp: number) =>
      deliver({ on_duty_status, availability_status: 'open', call_center_ids: [9], event_timestamp, target })
    await status('available', at + 2000)
    await status('unavailable', at + 1000)
    await server.settle()

    const { presence } = (await server.get('/api/presence', apiKey)).body
    expect(presence).toMatchObject([
      {
        user_id: 'ann',
        agent_status: { on_duty_status: 'available', call_center_ids: [9], at: new Date(at + 2000).toISOString() },
        on_call: true,
        is_ringing: true,
      },
      { user_id: 'bob', agent_status: null, on_call: false, is_ringing: false, call_ids: [] },
    ])
    expect(presence[0].call_ids).toHaveLength(2)
    for (const id of [13, 14]) await deliver(callEvent(id, 'hangup', at + 90 * SECOND, { target, date_started: at }))
    await server.settle()
    expect((await server.get('/api/presence', apiKey)).body.presence[0]).toMatchObject({ on_call: false, call_ids: [] })
  })
})
