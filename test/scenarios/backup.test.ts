import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyUrl, freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { buildBinary } from '../support/process'
import { scratchDir } from '../support/scratch'
import { ADMIN_SECRET, startTestServer, type TestServer, WEBHOOK_SECRET } from '../support/server'

/** Backup, restore and copy as an operator uses them: processes of their own, beside a server that writes. */

const dir = scratchDir('cli-backup')
let url: string
let server: TestServer | undefined
beforeAll(async () => {
  url = await freshUrl.sqlite()
  server = await startTestServer(url)
})
afterAll(() => server?.stop())

async function run(args: string[], databaseUrl = url, more: Record<string, string> = {}) {
  const child = Bun.spawn([await buildBinary(), ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      DATA_DIR: dir,
      DATABASE_URL: databaseUrl,
      INTERNAL_API_SECRET: ADMIN_SECRET,
      DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
      ...more,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { out, err, code: await child.exited }
}

test('a server that writes is backed up, restored after a mistake, and moved to Postgres', async () => {
  const { appId, apiKey } = await server!.createApp('One')
  let delivered = 0
  let writing = true
  const writer = (async () => {
    while (writing) {
      await server!.deliver(callEvent(++delivered, 'ringing', T0 + delivered))
    }
  })()
  const file = join(dir, 'copy.db')
  const backup = await run(['backup', file, '--json'])
  writing = false
  await writer
  await server!.settle()
  expect([backup.code, JSON.parse(backup.out).rows.apps]).toEqual([0, 1])
  expect((await run(['backup', file])).err).toContain('exists')

  const whileRunning = await run(['restore', file])
  expect([whileRunning.code, whileRunning.err]).toEqual([1, expect.stringContaining('Stop it first')])
  await server!.admin('DELETE', `/internal/apps/${appId}`)
  await server!.stop()
  const restored = await run(['restore', file, '--json'])
  expect(restored.code).toBe(0)
  expect(existsSync(JSON.parse(restored.out).kept)).toBe(true)
  expect((await run(['apps', 'list'])).out).toContain(appId)

  const target = await emptyUrl.pg()
  // Without the password in the list of processes.
  const bare = new URL(target)
  bare.password = ''
  const copied = await run(['copy', '--from', url, '--to', bare.href], url, { PGPASSWORD: new URL(target).password })
  expect([copied.code, copied.out]).toEqual([0, expect.stringContaining('Both databases are identical.')])
  expect((await run(['copy', '--from', url, '--to', target])).err).toContain('not empty')

  // Back again as root, into the folder of the server's own user.
  const home = scratchDir('home')
  if (process.getuid?.() === 0) chownSync(home, 65534, 65534)
  expect((await run(['copy', '--from', target, '--to', `sqlite:${join(home, 'cti.db')}`])).code).toBe(0)
  expect(statSync(join(home, 'cti.db')).uid).toBe(statSync(home).uid)

  server = await startTestServer(target)
  const { body } = await server.get('/api/calls', apiKey)
  await server.settle()
  expect((await server.get('/api/calls?include_total=true', apiKey)).body.pagination.total).toBeGreaterThan(0)
  expect(body.success).toBe(true)
}, 60_000)

test('with Postgres, backup and restore name the tools of Postgres', async () => {
  const pg = 'postgres://u:hidden@127.0.0.1:1/d'
  expect((await run(['backup', 'x'], pg)).err).toContain('pg_dump')
  expect((await run(['restore', 'x'], pg)).err).toContain('pg_restore')
})

test('a start on a damaged database reports it and what to do', async () => {
  const damaged = join(dir, 'damaged.db')
  writeFileSync(damaged, 'no database at all. '.repeat(500))
  const { err, code } = await run(['serve', '--port', '0'], `sqlite:${damaged}`)
  expect([code, err]).toEqual([69, expect.stringContaining('cti-server restore FILE\n')])
  expect(readFileSync(damaged, 'utf8')).toStartWith('no database')
})
