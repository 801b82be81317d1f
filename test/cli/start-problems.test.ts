import { describe, expect, test } from 'bun:test'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../src/db'
import { emptyUrl } from '../support/backends'
import { buildBinary, runBinary } from '../support/process'
import { scratchDir } from '../support/scratch'

const sandbox = (more: Record<string, string> = {}) => ({
  DATA_DIR: scratchDir('start'),
  HOST: '127.0.0.1',
  PORT: '0',
  ...more,
})

describe('a failed start names the setting to check', () => {
  test('HOST, for an address of another machine', async () => {
    const { code, stderr } = await runBinary(['serve'], sandbox({ HOST: '192.0.2.1', PORT: '4123' }))
    expect([code, stderr.includes('HOST')]).toEqual([1, true])
  })
  test('DATA_DIR, where it cannot be made', async () => {
    const file = join(scratchDir('start'), 'a-file')
    writeFileSync(file, '')
    const { code, stderr } = await runBinary(['serve'], sandbox({ DATA_DIR: join(file, 'data') }))
    expect(code).not.toBe(0)
    expect(stderr).toContain('DATA_DIR')
  })
  test('DATABASE_URL, for a file that is no database; doctor finds the same', async () => {
    const file = join(scratchDir('start'), 'cti.db')
    writeFileSync(file, 'no database at all, but long enough to be read as one'.repeat(50))
    const settings = sandbox({ DATABASE_URL: `sqlite:${file}` })
    const serve = await runBinary(['serve'], settings)
    expect([serve.code === 0, serve.stderr.includes('DATABASE_URL')]).toEqual([false, true])
    const doctor = await runBinary(['doctor', '--json'], settings)
    expect(JSON.parse(doctor.stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'database', verdict: 'problem' }),
    )
  })
})

test.each(Object.entries(emptyUrl))(
  'doctor finds the newer database that serve refuses, and changes nothing, on %s',
  async (_name, url) => {
    const databaseUrl = await url()
    const database = await openDatabase(databaseUrl)
    await database.checkMigrations()
    await database.migrate()
    await database.checkMigrations()
    await database.close()
    const settings = sandbox({ DATABASE_URL: databaseUrl })
    const well = await runBinary(['doctor', '--json'], settings)
    expect(JSON.parse(well.stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'database', verdict: 'ok' }),
    )
    if (databaseUrl.startsWith('sqlite:')) {
      const { Database } = await import('bun:sqlite')
      const file = new Database(databaseUrl.slice('sqlite:'.length))
      file.run("INSERT INTO schema_migrations VALUES ('9999_future')")
      file.close()
      const newer = await runBinary(['doctor', '--json'], settings)
      expect(JSON.parse(newer.stdout).findings).toContainEqual(
        expect.objectContaining({ check: 'database', verdict: 'problem', detail: expect.stringContaining('newer') }),
      )
    }
  },
  60_000,
)

test("only the server's own user can read its files", async () => {
  const DATA_DIR = join(scratchDir('start'), 'data')
  expect((await runBinary(['migrate'], sandbox({ DATA_DIR }))).code).toBe(0)
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
  expect([mode(DATA_DIR), mode(join(DATA_DIR, 'cti.db')), mode(join(DATA_DIR, 'secrets.json'))]).toEqual([
    '700',
    '600',
    '600',
  ])
})

test('a signal at the first line still stops in order: what was started is closed, and the exit code is 0', async () => {
  const settings = sandbox()
  const child = Bun.spawn([await buildBinary(), 'serve'], {
    env: { PATH: process.env.PATH!, ...settings },
    stdout: 'pipe',
    stderr: 'ignore',
  })
  for await (const _chunk of child.stdout) {
    child.kill('SIGTERM')
    break
  }
  expect(await child.exited).toBe(0)
}, 30_000)
