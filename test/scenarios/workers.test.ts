import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent } from '../support/events'
import { freePort } from '../support/free-port'
import { runBinary, type ServerProcess, startBinary } from '../support/process'
import { scratchDir } from '../support/scratch'
import { ADMIN_SECRET, sign, WEBHOOK_SECRET } from '../support/server'
import { connect, entries } from '../support/socket'
import { until } from '../support/until'

const secrets = { INTERNAL_API_SECRET: ADMIN_SECRET, DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET }
const settings = () => ({ DATA_DIR: scratchDir('workers-data'), ...secrets })

test('a second server on a taken port does not start, and says that PORT is in use', async () => {
  const first = await startBinary(settings())
  const PORT = new URL(first.url).port
  for (const more of [{}, { DATABASE_URL: await freshUrl.pg(), WORKERS: '2' }]) {
    const { code, stderr } = await runBinary([], { ...settings(), HOST: '127.0.0.1', PORT, ...more })
    expect(code).toBe(1)
    expect(stderr).toContain(`PORT ${PORT} is in use`)
  }
  expect((await fetch(`${first.url}/ready`)).status).toBe(200)
  first.kill('SIGTERM')
  expect(await first.exited).toBe(0)
})

test('on SQLite a server with several workers is refused as a wrong setting', async () => {
  const { code, stderr } = await runBinary([], { ...settings(), WORKERS: '2' })
  expect(code).toBe(78)
  expect(stderr).toContain('WORKERS  must be 1 on SQLite')
})

describe('three workers on one port', () => {
  let server: ServerProcess
  let atStart: { lines: string[]; numbers: number[] }
  /** Asks over a connection of its own, so that any worker may answer. */
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, { ...init, headers: { connection: 'close', ...init.headers } })
  const counted = async (name: string): Promise<number> => {
    const figures = (await (await ask('/metrics?format=json')).json()) as Record<string, number>
    return figures[name] ?? 0
  }
  let apiKey: string

  beforeAll(async () => {
    server = await startBinary({
      ...settings(),
      DATABASE_URL: await freshUrl.pg(),
      WORKERS: '3',
      PORT: String(await freePort()),
    })
    await until('a line of each worker', () => workersOf(server).length === 3)
    atStart = { lines: [...server.lines], numbers: workersOf(server).map(({ number }) => number) }
    const created = await ask('/internal/apps', {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'One' }),
    })
    apiKey = ((await created.json()) as { api_key: string }).api_key
  })
  afterAll(async () => {
    server.kill('SIGKILL')
    await server.exited
  })
  const deliver = async (id: number) => {
    const body = await sign(callEvent(id, 'ringing', Date.now(), { date_started: Date.now() }))
    return (await ask('/webhooks/dialpad', { method: 'POST', body })).status
  }

  test('are started by one process, which says so in order', () => {
    expect(atStart.lines).toEqual([
      '✓ All required environment variables configured',
      '✓ Database connection verified',
      '✓ WebSocket server initialized',
      '✓ Call event handlers registered',
      '✓ Webhook event processor started',
      '✓ 3 workers started',
      `Server running on ${server.url}`,
    ])
    expect(atStart.numbers.sort()).toEqual([1, 2, 3])
  })

  test('share their metrics: each shows the sum of all', async () => {
    const before = await counted('cti_events_received_total_pending')
    const sockets = await Promise.all(Array.from({ length: 12 }, () => connect(`${server.url}/ws?api_key=${apiKey}`)))
    for (const socket of sockets) await socket.next(({ type }) => type === 'subscribed')
    for (let id = 1; id <= 30; id++) expect(await deliver(id)).toBe(200)
    const counts = () => sockets.map((socket) => entries(socket).length)
    await until('every entry on every socket', () => counts().every((count) => count >= 30))
    expect(counts()).toEqual(sockets.map(() => 30))
    for (let asked = 0; asked < 10; asked++) {
      expect(await counted('cti_events_received_total_pending')).toBe(before + 30)
      expect(await counted('cti_websocket_connections')).toBe(12)
    }
    for (const socket of sockets) socket.close()
  })

  test('keep working when one is killed and restarted; its counts stay in the sum', async () => {
    const before = await counted('cti_events_received_total_pending')
    await restartFirst(server)
    expect(await counted('cti_events_received_total_pending')).toBe(before)
    expect(await deliver(1000)).toBe(200)
    expect(await counted('cti_events_received_total_pending')).toBe(before + 1)
  })
})

describe('workers', () => {
  const start = async () => {
    const server = await startBinary({ ...settings(), DATABASE_URL: await freshUrl.pg(), WORKERS: '2' })
    await until('a line of each worker', () => workersOf(server).length === 2)
    return server
  }

  test('all stop when the supervising process is stopped, a restarted one too', async () => {
    const server = await start()
    await restartFirst(server)
    const pids = workersOf(server).map(({ pid }) => pid)
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(pids.filter(isAlive)).toEqual([])
  })

  test('whose parent was killed stop by themselves', async () => {
    const server = await start()
    const pids = workersOf(server).map(({ pid }) => pid)
    server.kill('SIGKILL')
    await server.exited
    await until('every worker to stop', () => pids.every((pid) => !isAlive(pid)))
  })
})

/** The workers as the log names them: a restarted one stands there a second time. */
function workersOf({ log }: ServerProcess): { number: number; pid: number }[] {
  return log.flatMap((line) => {
    const [, number, pid] = /worker (\d) of \d runs as process (\d+)/.exec(line) ?? []
    return number ? [{ number: Number(number), pid: Number(pid) }] : []
  })
}

/** Kills the first worker. Resolves when it runs again. */
async function restartFirst(server: ServerProcess): Promise<void> {
  const firsts = () => workersOf(server).filter(({ number }) => number === 1)
  process.kill(firsts()[0]!.pid, 'SIGKILL')
  await until('the first worker to run again', () => firsts().length === 2)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
