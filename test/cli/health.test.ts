import { afterAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { freshUrl } from '../support/backends'
import { freePort } from '../support/free-port'
import { runBinary, startBinary } from '../support/process'
import { scratchDir } from '../support/scratch'
import { startGate } from '../support/tcp-gate'

const dataDir = scratchDir('health')
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

test('health exits with 0 for a healthy server, 1 when its database is unavailable, and 69 without a response', async () => {
  const url = new URL(await freshUrl.pg())
  const gate = await startGate(url.hostname, Number(url.port))
  url.host = `127.0.0.1:${gate.port}`
  const settings = {
    DATA_DIR: dataDir,
    DATABASE_URL: url.href,
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
  }
  const health = (...flags: string[]) => runBinary(['health', ...flags], settings)

  expect(await health()).toEqual({
    code: 69,
    stdout: '',
    stderr: `No server responds at http://127.0.0.1:${settings.PORT}.\n`,
  })

  const server = await startBinary(settings)
  expect(await health()).toEqual({ code: 0, stdout: 'healthy\n', stderr: '' })

  await gate.slam()
  const unhealthy = await health('--json')
  expect(unhealthy.code).toBe(1)
  expect(JSON.parse(unhealthy.stdout)).toMatchObject({ status: 'unhealthy', checks: { database: expect.any(String) } })
  server.kill('SIGKILL')
  await server.exited
}, 60_000)
