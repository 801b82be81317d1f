import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

/** A manager adds up the month in a spreadsheet made from the export: the server's figures are the same. */

const ZONE = 'America/New_York'
/** The month in which this zone's clock is put back. */
const FROM = Date.parse('2024-11-01T04:00:00Z')
const TO = Date.parse('2024-12-01T05:00:00Z')
const CALLS = 120
const SECOND = 1000

const dayOf = (instant: string) => new Date(instant).toLocaleDateString('en-CA', { timeZone: ZONE })
const seconds = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / SECOND)
const average = (values: number[]) =>
  values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('the month on %s', (_name, url) => {
  let server: TestServer
  let apiKey: string
  let rows: Record<string, string>[]
  beforeAll(async () => {
    server = await startTestServer(await url())
    apiKey = (await server.createApp('One')).apiKey
    for (let number = 0; number < CALLS; number++) {
      const start = FROM + Math.floor(((TO - FROM - 3_600_000) * number) / CALLS)
      const direction = number % 3 === 0 ? 'outbound' : 'inbound'
      const started = { direction, date_started: start }
      const answered = start + (3 + (number % 20)) * SECOND
      const ended = answered + (10 + (number % 90)) * SECOND
      if (number % 4 === 3) {
        await server.deliver(callEvent(number + 1, 'hangup', ended, { ...started, date_ended: ended }))
        continue
      }
      const connected = { ...started, date_connected: answered }
      await server.deliver(callEvent(number + 1, 'connected', answered, connected))
      await server.deliver(
        callEvent(number + 1, 'hangup', ended, { ...connected, date_ended: ended, talk_time: ended - answered }),
      )
    }
    await server.settle()
    const exported = await server.get(
      `/api/calls/export?format=csv&started_after=${FROM - 1}&started_before=${TO}`,
      apiKey,
    )
    const [head = '', ...lines] = (exported.body as string).trim().split('\r\n')
    const names = head.split(',')
    rows = lines.map((line) => Object.fromEntries(line.split(',').map((value, index) => [names[index] ?? '', value])))
  }, 60_000)
  afterAll(() => server.stop())

  test('the figures of each day and direction are those of a spreadsheet made from the CSV export', async () => {
    expect(rows).toHaveLength(CALLS)
    const { body } = await server.get(
      `/api/analytics?from=2024-11-01&to=2024-12-01&interval=day&group_by=direction&time_zone=${ZONE}`,
      apiKey,
    )
    const days = Map.groupBy(rows, (row) => `${dayOf(row.started_at ?? '')} ${row.direction}`)
    const expected = [...days].map(([day, calls]) => {
      const answered = calls.filter((call) => call.connected_at !== '')
      const waits = answered.map((call) => seconds(call.started_at ?? '', call.connected_at ?? ''))
      return {
        day,
        offered: calls.length,
        answered: answered.length,
        missed: calls.filter(({ status }) => status === 'missed').length,
        answer_rate: Math.round((answered.length / calls.length) * 1_000_000) / 1_000_000,
        average_speed_of_answer_seconds: day.endsWith('inbound') ? average(waits) : null,
        average_talk_seconds: average(answered.map((call) => Number(call.talk_seconds))),
      }
    })
    const shown = body.analytics.map((row: Record<string, unknown>) => ({
      day: `${dayOf(String(row.start))} ${row.direction}`,
      offered: row.offered,
      answered: row.answered,
      missed: row.missed,
      answer_rate: row.answer_rate,
      average_speed_of_answer_seconds: row.average_speed_of_answer_seconds,
      average_talk_seconds: row.average_talk_seconds,
    }))
    const rounded = (figures: (typeof expected)[number]) => ({
      ...figures,
      average_speed_of_answer_seconds: shorten(figures.average_speed_of_answer_seconds),
      average_talk_seconds: shorten(figures.average_talk_seconds),
    })
    const byDay = (a: { day: string }, b: { day: string }) => (a.day < b.day ? -1 : 1)
    expect(shown.map(rounded).sort(byDay)).toEqual(expected.map(rounded).sort(byDay))
    expect(expected.length).toBeGreaterThan(50)
  })
})

/** A tenth of a second is as exact as anybody reads averages. */
const shorten = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10)
