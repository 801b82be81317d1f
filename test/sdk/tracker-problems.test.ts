import { afterEach, expect, test } from 'bun:test'
import type { CallTracker } from '../../src/sdk/call-tracker'
import { CtiClient } from '../../src/sdk/cti-client'
import { streamServer } from '../support/stream-server'
import { until } from '../support/until'

let server: ReturnType<typeof streamServer>
let tracker: CallTracker
afterEach(async () => {
  tracker.close()
  await server.stop()
})

test('a tracker says once why calls are not up to date, and when they are again', async () => {
  let requests = 0
  let healthy = false
  server = streamServer(() => {
    requests++
    return healthy
      ? Response.json({ success: true, calls: [] })
      : Response.json({ code: 'scope_missing', detail: 'The token cannot read calls.' }, { status: 403 })
  })
  tracker = new CtiClient({ baseUrl: server.url, token: 't' }).track()
  const problems: (string | null)[] = []
  tracker.on('problem', (problem) => problems.push(problem?.message ?? null))
  await until('the problem', () => tracker.problem !== null)
  // A gap makes it read again: the same problem is no news.
  server.send({ type: 'gap', from: 1, to: 2 })
  await until('the second request', () => requests === 2)
  healthy = true
  server.send({ type: 'gap', from: 3, to: 4 })
  await until('the end of the problem', () => tracker.problem === null)
  expect(problems).toEqual(['The token cannot read calls.', null])
})

test('a token that cannot be fetched is a problem until it can', async () => {
  server = streamServer(() => Response.json({ success: true, calls: [] }))
  let tries = 0
  const token = () => {
    if (++tries === 1) throw new Error('The backend is away.')
    return 't'
  }
  tracker = new CtiClient({ baseUrl: server.url, token }).track()
  const problems: (string | null)[] = []
  tracker.on('problem', (problem) => problems.push(problem?.message ?? null))
  await until('the stream', () => tracker.live.state === 'live' && tracker.problem === null)
  expect(problems).toEqual(['The backend is away.', null])
})
