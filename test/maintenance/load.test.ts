import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/db/database'
import { createLoad } from '../../src/maintenance/load'
import { createLoadStore } from '../../src/maintenance/load-store'
import { createMetrics } from '../../src/observability/metrics'
import { backends, freshUrl } from '../support/backends'
import { startTestServer } from '../support/server'
import { until } from '../support/until'

const SAMPLE_MS = 30_000
const HOUR_MS = 3_600_000
const NOON = 1_800_000_000_000 - (1_800_000_000_000 % HOUR_MS)

describe.each(backends)('the load on %s', (_name, open) => {
  let database: Database
  let now: number
  beforeEach(async () => {
    database = await open()
  })
  afterEach(() => database.close())

  function instance(instanceId: string) {
    const metrics = createMetrics()
    const store = createLoadStore(database)
    return { metrics, load: createLoad({ database, store, metrics, instanceId, clock: () => now }) }
  }

  test('has the rates and means of each half minute, over all instances', async () => {
    now = NOON + SAMPLE_MS
    const [a, b] = [instance('a'), instance('b')]
    a.metrics.eventsReceived.inc({ result: 'stored' }, 60)
    a.metrics.eventSeconds.observe(0.02)
    a.metrics.eventSeconds.observe(0.04)
    a.metrics.requests.add('GET', '/api/calls', 200, 0.01)
    // Who waits for entries says nothing of how fast the server answers.
    a.metrics.requests.add('GET', '/api/events', 200, 30)
    a.metrics.sockets.set(3)
    for (const { metrics } of [a, b]) metrics.eventsQueued.set({ status: 'pending' }, 7)
    b.metrics.eventsReceived.inc({ result: 'stored' }, 30)
    b.metrics.sockets.set(2)
    await a.load.sample()
    await b.load.sample()
    now += SAMPLE_MS
    await a.load.sample()
    const { stepMs, points } = await a.load.read('hour')
    expect(stepMs).toBe(SAMPLE_MS)
    expect(points).toHaveLength(2)
    expect(points[0]).toMatchObject({
      at: NOON,
      instances: 2,
      eventsPerSecond: 3,
      processingMs: 30,
      answerMs: 10,
      queueDepth: 7,
      sockets: 5,
    })
    expect(points[0]!.rssMb).toBeGreaterThan(10)
    // Counters only grow: what was counted before is not counted again.
    expect(points[1]).toMatchObject({ instances: 1, eventsPerSecond: 0, processingMs: null, answerMs: null })
  })

  test('of a day has steps of five minutes, with a gap where no server ran, and drops older samples', async () => {
    now = NOON + 30 * HOUR_MS
    const { metrics, load } = instance('c')
    for (let sample = 0; sample < 20; sample++) {
      metrics.eventsReceived.inc({ result: 'stored' }, 30)
      await load.sample()
      now += SAMPLE_MS
    }
    now += HOUR_MS
    metrics.eventsReceived.inc({ result: 'stored' }, 30)
    await load.sample()
    const { stepMs, points } = await load.read('day')
    expect(stepMs).toBe(300_000)
    for (const { eventsPerSecond } of points) expect(eventsPerSecond).toBe(1)
    const [first, second, third] = points.map(({ at }) => at)
    expect(second! - first!).toBe(300_000)
    expect(points.at(-1)!.at - third!).toBeGreaterThanOrEqual(HOUR_MS - 300_000)
    now += 26 * HOUR_MS
    await load.sample()
    expect(await database.queries.$count(database.tables.loadSamples)).toBe(1)
  })

  test('has one sample for each time, even after the clock was set back', async () => {
    now = NOON + 100 * HOUR_MS
    const { load } = instance('d')
    await load.sample()
    await load.sample()
    expect((await load.read('hour')).points).toHaveLength(1)
  })
})

test("the admin API returns the server's load, which survives a restart", async () => {
  const url = await freshUrl.sqlite()
  let server = await startTestServer(url)
  await server.createApp('One')
  const counted = async () => (await server.services.metrics.requests.durations.get()).values.length > 0
  await until('the request to be counted', counted)
  await server.runJob('load sample')
  await server.stop()
  server = await startTestServer(url)
  const { status, body } = await server.admin('GET', '/internal/load?range=day')
  expect(status).toBe(200)
  expect(body).toMatchObject({ success: true, range: 'day', interval_seconds: 300 })
  expect(body.samples).toHaveLength(1)
  expect(body.samples[0].requests_per_second).toBeGreaterThan(0)
  expect((await server.admin('GET', '/internal/load')).body.range).toBe('hour')
  expect((await server.admin('GET', '/internal/load?range=year')).status).toBe(422)
  expect((await server.get('/internal/load')).status).toBe(401)
  await server.stop()
})
