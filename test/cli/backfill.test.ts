import { afterEach, beforeEach, expect, test } from 'bun:test'
import { openDatabase } from '../../src/db'
import { insertApp } from '../support/apps'
import { freshUrl } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { buildBinary } from '../support/process'

let dialpad: Dialpad
let url: string
let appId: string
beforeEach(async () => {
  dialpad = startDialpad({ pageSize: 2 })
  url = await freshUrl.sqlite()
  const database = await openDatabase(url)
  await database.migrate()
  appId = await insertApp(database, 'Acme', Date.now())
  await database.close()
})
afterEach(() => dialpad.stop())

async function run(...args: string[]) {
  const child = Bun.spawn([await buildBinary(), 'backfill', ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: url,
      DIALPAD_BASE_URL: dialpad.url,
      DIALPAD_API_KEY: dialpad.apiKey,
      INTERNAL_API_SECRET: 'admin-secret-of-thirty-two-characters!',
      DIALPAD_WEBHOOK_SECRET: 'shared-secret',
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

test('stores missed calls once, and says how many', async () => {
  for (let i = 0; i < 5; i++) await dialpad.call().hangup()
  const since = new Date(Date.now() - 60_000).toISOString()
  const first = await run('--since', since, '--json')
  expect([first.code, first.err]).toEqual([0, ''])
  expect(JSON.parse(first.out)).toMatchObject({ backfills: [{ app_id: appId, calls_seen: 5, calls_recovered: 5 }] })
  const again = await run('--app-id', appId, '--since', since)
  expect(again.out).toContain('5 calls seen')
  expect(again.out).toContain('0 recovered')
})

test('reports invalid arguments and errors of Dialpad, and fails', async () => {
  expect(await run('--since', 'yesterday')).toMatchObject({
    code: 1,
    err: expect.stringContaining('must be an ISO 8601 time'),
  })
  await dialpad.goAway()
  expect(await run('--app-id', appId)).toMatchObject({
    code: 1,
    err: expect.stringContaining('Dialpad is unreachable'),
  })
})
