import { expect, test } from 'bun:test'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { freshUrl } from './support/backends'
import { callEvent } from './support/events'
import { runBinary, startBinary } from './support/process'
import { scratchDir } from './support/scratch'
import { ADMIN_SECRET, sign, WEBHOOK_SECRET } from './support/server'
import { connect, entries } from './support/socket'
import { startStopwatch } from './support/stopwatch'
import { until } from './support/until'

const dataDir = () => scratchDir('binary-data')

test('the binary starts from / with an empty environment, prints what is true in order, and stops cleanly', async () => {
  const DATA_DIR = dataDir()
  const server = await startBinary({ DATA_DIR })
  await until('the hint where the secrets are', () => server.lines.length >= 8)
  expect(server.lines.slice(0, 6)).toEqual([
    '✓ All required environment variables configured',
    '✓ Database connection verified',
    '✓ WebSocket server initialized',
    '✓ Call event handlers registered',
    '✓ Webhook event processor started',
    `Server running on ${server.url}`,
  ])
  expect(server.lines[6]).toContain(join(DATA_DIR, 'secrets.json'))
  expect(statSync(join(DATA_DIR, 'secrets.json')).mode & 0o777).toBe(0o600)
  expect(existsSync(join(DATA_DIR, 'cti.db'))).toBe(true)
  expect(await (await fetch(`${server.url}/`)).json()).toEqual({ success: true, message: 'CTI Server is running' })
  const simulated = await runBinary(['simulate', '--url', server.url, '--step-ms', '20'], { DATA_DIR })
  expect(simulated.code).toBe(0)
  for (const event of [
    'call.ring',
    'call.started',
    'call.held',
    'call.resumed',
    'call.ended',
    'call.recording.completed',
    'voicemail.received',
    'message.received',
  ])
    expect(simulated.stdout).toContain(event)
  server.kill('SIGTERM')
  expect(await server.exited).toBe(0)
})

test('invalid settings stop the start with every problem and exit code 78', async () => {
  const { code, stderr } = await runBinary([], { NODE_ENV: 'production', PORT: 'x', DATA_DIR: dataDir() })
  expect(code).toBe(78)
  for (const name of ['PORT', 'INTERNAL_API_SECRET', 'DIALPAD_WEBHOOK_SECRET', 'ENCRYPTION_KEY'])
    expect(stderr).toContain(name)
})

test('the command line shows and replays the queue', async () => {
  const DATA_DIR = dataDir()
  const stats = await runBinary(['events', 'stats', '--json'], { DATA_DIR })
  expect(JSON.parse(stats.stdout).stats.map(({ status }: { status: string }) => status)).toContain('failed')
  expect((await runBinary(['events', 'dead'], { DATA_DIR })).stdout).toBe('None.\n')
  expect((await runBinary(['events', 'process'], { DATA_DIR })).stdout).toContain('Processed 0 events')
  const missing = await runBinary(['events', 'replay', 'no-such-event'], { DATA_DIR })
  expect([missing.code, missing.stderr]).toEqual([1, 'No such event: no-such-event\n'])
  expect((await runBinary(['migrate'], { DATA_DIR })).stdout).toContain('up to date')
})

test.each([
  ['SQLite', async () => freshUrl.sqlite()],
  ['Postgres', freshUrl.pg],
] as const)(
  'killed on %s in the middle of deliveries, it comes back with every answered event on the sockets once, within 3 s',
  async (_name, url) => {
    const settings = {
      DATA_DIR: dataDir(),
      DATABASE_URL: await url(),
      INTERNAL_API_SECRET: ADMIN_SECRET,
      DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
    }
    let server = await startBinary(settings)
    const created = await fetch(`${server.url}/internal/apps`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'One' }),
    })
    const { api_key } = (await created.json()) as { api_key: string }

    const answered: number[] = []
    let nextId = 1
    let sinceKill = startStopwatch()
    for (const kills of [40, 160, 300]) {
      const deliver = async () => {
        const id = nextId++
        const body = await sign(callEvent(id, 'ringing', Date.now(), { date_started: Date.now() }))
        const answer = await fetch(`${server.url}/webhooks/dialpad`, { method: 'POST', body }).catch(() => null)
        if (answer?.status === 200) answered.push(id)
        return answer !== null
      }
      const senders = Array.from({ length: 8 }, async () => {
        while (await deliver());
      })
      await until('deliveries to be under way', () => answered.length >= kills, 30_000)
      server.kill('SIGKILL')
      await Promise.all(senders)
      await server.exited
      sinceKill = startStopwatch()
      server = await startBinary(settings)
    }

    const socket = await connect(`${server.url}/ws?api_key=${api_key}&since=0`)
    const heard = () => new Set(entries(socket).map(({ call_id }) => call_id))
    await until('every answered call to be heard', () => answered.every((id) => heard().has(id)))
    expect(sinceKill(server.pid)).toBeLessThan(3000)
    const rings = entries(socket).map(({ call_id }) => call_id)
    expect(rings.length).toBe(new Set(rings).size)
    expect(entries(socket).map(({ seq }) => seq)).toEqual(rings.map((_, i) => i + 1))
    socket.close()
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  },
  60_000,
)
