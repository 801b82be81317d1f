import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Cron } from 'croner'
import { type Job, listJobs, scheduleJobs } from '../../src/app/jobs'
import { freshUrl } from '../support/backends'
import { callEvent } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'
import { until } from '../support/until'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

let server: TestServer
beforeAll(async () => {
  server = await startTestServer(await freshUrl.sqlite(), { DIALPAD_DELIVERY: 'pull', STALE_CALL_MINUTES: '60' })
})
afterAll(() => server.stop())

test.each([
  ['event sweep', 5 * SECOND],
  ['stream sweep', 5 * SECOND],
  ['ended credentials', SECOND],
  ['heartbeat', 30 * SECOND],
  ['delivery counts', 5 * SECOND],
  ['warnings', 30 * SECOND],
  ['endpoint sweep', 5 * SECOND],
  ['endpoint positions', 30 * SECOND],
  ['stale calls', MINUTE],
  ['undecided calls', 15 * SECOND],
  ['registrations at Dialpad', 60 * MINUTE],
  ['idempotency keys', 60 * MINUTE],
  ['queue figures', 15 * SECOND],
  ['retention', 5 * MINUTE],
  ['token refresh', MINUTE],
  ['backfill', 15 * MINUTE],
  ['quiet calls', MINUTE],
  ['transcripts', MINUTE],
  ['pull', 20 * SECOND],
])('the job %s runs every %d ms', (name, intervalMs) => {
  const job = listJobs(server.services).find((job) => job.name === name)!
  const pattern = 'pattern' in job ? job.pattern : ''
  const [first, second] = new Cron(pattern, { paused: true, timezone: 'UTC' }).nextRuns(2)
  expect(second!.getTime() - first!.getTime()).toBe(intervalMs)
})

test('a job that failed runs again at its next time, and none after the stop', async () => {
  let runs = 0
  let others = 0
  const failing: Job = {
    name: 'failing',
    pattern: '* * * * * *',
    run: () => {
      runs++
      throw new Error('not now')
    },
  }
  const stop = scheduleJobs([failing])
  await until('a second run', () => runs === 2)
  stop()
  const stopOthers = scheduleJobs([{ name: 'other', pattern: '* * * * * *', run: () => others++ }])
  await until('another job’s run at the time at which this one’s third would be', () => others === 1)
  stopOthers()
  expect(runs).toBe(2)
})

test('a job of several runs a second runs one at a time, again after a failure, and not after the stop', async () => {
  let [begun, ended] = [0, 0]
  const run = async () => {
    expect(begun).toBe(ended)
    begun++
    await new Promise((resolve) => setImmediate(resolve))
    ended++
    throw new Error('not now')
  }
  const stop = scheduleJobs([{ name: 'often', everyMs: 1, run }])
  await until('a third run', () => begun >= 3)
  stop()
  await until('the run under way to end', () => begun === ended)
  const runs = begun
  let others = 0
  const stopOthers = scheduleJobs([{ name: 'other', everyMs: 1, run: () => others++ }])
  await until('another job to have run several times', () => others >= 5)
  stopOthers()
  expect(begun).toBe(runs)
})

test('an old call is active until the job ends it as stale', async () => {
  const { apiKey } = await server.createApp('One')
  await server.deliver(callEvent(1, 'ringing', Date.now() - DAY, { date_started: Date.now() - DAY }))
  await server.settle()
  const status = async () => (await server.get('/api/calls/dialpad:1', apiKey)).body.call.status
  expect(await status()).toBe('ringing')
  await server.runJob('stale calls')
  expect(await status()).not.toBe('ringing')
})
