import { dlopen, FFIType, ptr } from 'bun:ffi'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type ServerProcess, startBinary } from '../support/process'
import { createPgDatabase } from '../support/run-wide'
import { scratchDir } from '../support/scratch'
import { ADMIN_SECRET } from '../support/server'
import { startGate } from '../support/tcp-gate'
import { until } from '../support/until'

/** The socket that systemd gives a service, as the kernel has it: datagrams over a path. */

const [AF_UNIX, SOCK_DGRAM, MSG_DONTWAIT] = [1, 2, 0x40]
const WATCHDOG_MS = 400

interface NotifySocket {
  path: string
  /** What has arrived since the last call, in order. */
  receive(): string[]
  close(): void
}

function openNotifySocket(): NotifySocket {
  const { i32, u32, i64, u64, ptr: pointer } = FFIType
  const { symbols } = dlopen('libc.so.6', {
    socket: { args: [i32, i32, i32], returns: i32 },
    bind: { args: [i32, pointer, u32], returns: i32 },
    recv: { args: [i32, pointer, u64, i32], returns: i64 },
    close: { args: [i32], returns: i32 },
  })
  const path = join(scratchDir('notify'), 'notify')
  const address = Buffer.concat([new Uint8Array(new Uint16Array([AF_UNIX]).buffer), Buffer.from(`${path}\0`)])
  const handle = symbols.socket(AF_UNIX, SOCK_DGRAM, 0)
  expect(symbols.bind(handle, ptr(address), address.length)).toBe(0)
  const buffer = Buffer.alloc(4096)
  return {
    path,
    receive() {
      const messages: string[] = []
      for (;;) {
        const length = Number(symbols.recv(handle, ptr(buffer), buffer.length, MSG_DONTWAIT))
        if (length <= 0) return messages
        messages.push(buffer.toString('utf8', 0, length))
      }
    },
    close: () => void symbols.close(handle),
  }
}

describe.skipIf(process.platform !== 'linux')('as a service of systemd', () => {
  let notify: NotifySocket
  let gate: Awaited<ReturnType<typeof startGate>>
  let server: ServerProcess
  beforeAll(async () => {
    notify = openNotifySocket()
    const database = new URL(await createPgDatabase('template0'))
    gate = await startGate(database.hostname, Number(database.port))
    database.port = String(gate.port)
    server = await startService(notify, { DATABASE_URL: database.href, INTERNAL_API_SECRET: ADMIN_SECRET })
  }, 60_000)
  afterAll(async () => {
    gate.resume()
    server.kill('SIGKILL')
    await server.exited
    await gate.slam()
    notify.close()
  })

  const startService = ({ path }: NotifySocket, more: Record<string, string> = {}) =>
    startBinary({
      DATA_DIR: scratchDir('service'),
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
      LOG_FORMAT: 'json',
      ...more,
    })

  const signOfLife = () => notify.receive().includes('WATCHDOG=1')

  test('it reports that it is ready, then that it is alive, and its stop, which ends with 0', async () => {
    const socket = openNotifySocket()
    const service = await startService(socket)
    const received: string[] = []
    await until('two signs of life', () => {
      received.push(...socket.receive())
      return received.length >= 3
    })
    expect(received.slice(0, 3)).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1'])
    expect((await fetch(`${service.url}/ready`)).status).toBe(200)
    service.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    expect(socket.receive()).toContain('STOPPING=1')
    socket.close()
  }, 30_000)

  test('it does not report that it is alive while its database hangs, and does again when it responds', async () => {
    gate.pause()
    let lastAt = performance.now()
    await until('a silence that ends in a restart', () => {
      if (signOfLife()) lastAt = performance.now()
      return performance.now() - lastAt > WATCHDOG_MS
    })
    gate.resume()
    await until('a sign of life', signOfLife)
  })

  test('it does not report that it is alive while the process hangs', async () => {
    server.kill('SIGSTOP')
    notify.receive()
    const stoppedAt = performance.now()
    await until('the time of a restart', () => performance.now() - stoppedAt > WATCHDOG_MS)
    expect(notify.receive()).toEqual([])
    server.kill('SIGCONT')
    await until('a sign of life', signOfLife)
  })
})

test.skipIf(process.platform !== 'linux')(
  'a socket that does not exist is logged, and nothing else',
  async () => {
    const server = await startBinary({
      DATA_DIR: scratchDir('service'),
      NOTIFY_SOCKET: join(scratchDir('notify'), 'absent'),
      LOG_FORMAT: 'json',
    })
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
    await until('the log', () => server.log.some((line) => line.includes('could not notify systemd of READY=1')))
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  },
  30_000,
)
