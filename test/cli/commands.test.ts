import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startDialpad } from '../support/dialpad/start'
import { buildBinary } from '../support/process'
import { scratchDir } from '../support/scratch'

/** The command line as a person and a script use it: a process of its own over a database file. */

const dataDir = scratchDir('cli')
const dialpad = startDialpad({ rateLimits: false })
afterAll(() => dialpad.stop())

async function run(args: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([await buildBinary(), ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      DATA_DIR: dataDir,
      INTERNAL_API_SECRET: 'an-admin-secret-nobody-may-see',
      DIALPAD_WEBHOOK_SECRET: 'a-webhook-secret-nobody-may-see',
      DIALPAD_BASE_URL: dialpad.url,
      ...env,
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
const json = async (...args: string[]) => JSON.parse((await run([...args, '--json'])).out)

let app: { app_id: string; api_key: string }
beforeAll(async () => {
  app = await json('apps', 'create', 'My CRM')
})

test('an app is created and listed, as text and as JSON', async () => {
  expect(app.api_key).toMatch(/^raw_[0-9a-f]{64}$/)
  expect((await json('apps', 'list')).apps).toMatchObject([{ app_id: app.app_id, app_name: 'My CRM', active: true }])
  const { out } = await run(['apps', 'list'])
  expect(out).toContain(`${app.app_id}  active`)
  expect((await run(['apps', 'create', '  '])).code).toBe(1)
})

test('a key is rotated and revoked; an unknown app is an error', async () => {
  const rotated = await json('keys', 'rotate', app.app_id, '--grace-seconds', '60')
  expect(rotated.api_key).not.toBe(app.api_key)
  expect((await json('keys', 'revoke', app.app_id)).revoked_at).toBeString()
  const again = await run(['keys', 'revoke', app.app_id])
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('no active API key')])
  expect((await run(['keys', 'rotate', 'unknown'])).err).toContain('No such app: unknown')
  expect((await run(['keys', 'rotate'])).code).not.toBe(0)
})

test('config shows every setting and its source, and no secret', async () => {
  const shown = await run(['config', '--port', '4321', '--json'], {
    DIALPAD_API_KYE: 'x',
    DATABASE_URL: 'postgres://u:hidden-too@h/d',
  })
  const { settings, unknown } = JSON.parse(shown.out)
  const of = (name: string) => settings.find((setting: { name: string }) => setting.name === name)
  expect([of('PORT').value, of('PORT').origin]).toEqual(['4321', 'flag'])
  expect(of('DATA_DIR').origin).toBe('environment')
  expect(of('LOG_LEVEL')).toMatchObject({ value: 'info', origin: 'default' })
  expect(unknown).toEqual(['DIALPAD_API_KYE'])
  expect(shown.out).not.toMatch(/nobody-may-see|hidden-too/)
})

test('doctor approves a healthy server, and says how to fix a broken one', async () => {
  const well = await run(['doctor', '--json'], { DIALPAD_API_KEY: dialpad.apiKey, DIALPAD_DELIVERY: 'pull' })
  const { healthy, findings } = JSON.parse(well.out)
  expect([well.code, healthy]).toEqual([0, true])
  expect(findings.map(({ check }: { check: string }) => check)).toEqual([
    'settings',
    'disk',
    'database',
    'encryption',
    'public address',
    'credentials',
    'dialpad',
    'clock',
  ])
  const ill = await run(['doctor'], {
    DIALPAD_API_KEY: 'wrong',
    PUBLIC_URL: 'http://127.0.0.1:1',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  })
  expect(ill.code).toBe(1)
  for (const words of ['cannot use Postgres', 'check DATABASE_URL', 'rejected DIALPAD_API_KEY', 'check DNS'])
    expect(ill.out).toContain(words)
  const unset = await run(['doctor', '--json'], { PORT: 'many' })
  expect(JSON.parse(unset.out).findings[0]).toMatchObject({ check: 'settings', verdict: 'problem' })
})

test.each(['', 'apps', 'apps create', 'keys', 'keys rotate', 'config', 'doctor', 'openapi'])(
  'cti-server %s --help helps',
  async (command) => {
    const { out, code } = await run([...command.split(' ').filter(Boolean), '--help'])
    expect([code, out]).toEqual([0, expect.stringContaining('Usage: cti-server')])
  },
)

test('openapi prints the document', async () => {
  const { out } = await run(['openapi', '--compact'])
  expect(JSON.parse(out)).toMatchObject({ openapi: '3.1.1', info: { title: 'Dialpad CTI server' } })
})
