import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '../../src/config/settings'
import { openDatabase } from '../../src/db'
import { createCursors } from '../../src/lib/cursor'
import { createBackups } from '../../src/maintenance/backups'
import { createMetrics } from '../../src/observability/metrics'
import { freshUrl } from '../support/backends'
import { scratchDir } from '../support/scratch'
import { startTestServer, type TestServer } from '../support/server'

const HOUR = 3_600_000
const noSandbox = (): never => {
  throw new Error('not asked for')
}

describe('backups by schedule', () => {
  let dir: string
  let now: number
  let fail: string | null
  beforeEach(() => {
    dir = scratchDir('backups')
    now = Date.now()
    fail = null
  })
  const create = (keep: number, schedule: string | null = '0 0 * * * *') =>
    createBackups({
      settings: { schedule, keep, dir },
      available: true,
      async backUp(path) {
        if (fail) throw new Error(fail)
        writeFileSync(path, 'a backup')
      },
      cursors: createCursors('a secret for cursors'),
      metrics: createMetrics(),
      clock: () => now,
    })

  test('the newest few stay, and files of other names are not touched', async () => {
    writeFileSync(join(dir, 'mine.db'), '')
    const backups = create(2)
    for (let run = 0; run < 4; run++) {
      now += HOUR
      await backups.run()
    }
    const left = readdirSync(dir).sort()
    expect(left).toHaveLength(3)
    expect(left.at(-1)).toBe('mine.db')
    expect(backups.status().last?.path).toBe(join(dir, left[1]!))
    expect(backups.warnings()).toEqual([])
  })

  test('a backup that failed is a warning with its reason until one succeeds, and removes no older one', async () => {
    const backups = create(1)
    await backups.run()
    fail = 'no space left on device'
    now += HOUR
    await expect(backups.run()).rejects.toThrow(fail)
    expect(backups.warnings()).toMatchObject([{ code: 'backup_failed', message: expect.stringContaining(fail) }])
    expect(readdirSync(dir)).toHaveLength(1)
    fail = null
    now += HOUR
    await backups.run()
    expect(backups.warnings()).toEqual([])
  })

  test('a backup that is overdue is a warning, also after a restart', async () => {
    await create(1).run()
    now += 30 * 60_000
    expect(create(1).warnings()).toEqual([])
    now += 3 * HOUR
    expect(create(1).warnings()).toMatchObject([
      { code: 'backup_failed', message: expect.stringContaining('No backup since') },
    ])
  })

  test('without a schedule there are no backups and no warnings', async () => {
    const backups = create(1, null)
    await backups.run()
    expect([readdirSync(dir), backups.warnings(), backups.status().nextAt]).toEqual([[], [], null])
  })
})

test.each([
  [{ BACKUP_SCHEDULE: 'every night' }, 'BACKUP_SCHEDULE'],
  [{ BACKUP_SCHEDULE: '0 3 * * *', DATABASE_URL: 'postgres://u@h/d' }, 'is only for SQLite'],
  [{ BACKUP_KEEP: '0' }, 'BACKUP_KEEP'],
])('the settings %p stop the start', (settings, message) => {
  expect(() => readConfig(settings, noSandbox)).toThrow(message)
})

describe('the server', () => {
  let server: TestServer
  let url: string
  beforeAll(async () => {
    url = await freshUrl.sqlite()
    server = await startTestServer(url, { BACKUP_SCHEDULE: '0 3 * * *' })
  })
  afterAll(() => server.stop())

  test('backs itself up while it serves, and the backup opens', async () => {
    await server.createApp('One')
    await server.runJob('backup')
    const { last } = server.services.maintenance.backups.status()
    expect(statSync(last!.path).mode & 0o777).toBe(0o600)
    const backup = await openDatabase(`sqlite:${last!.path}`)
    expect(await backup.queries.$count(backup.tables.apps)).toBe(1)
    await backup.close()
    expect((await server.get('/health')).body.warnings).toEqual([])
  })

  test('warns in /health when its backup fails', async () => {
    const { dir } = server.services.config.backup
    rmSync(dir, { recursive: true, force: true })
    writeFileSync(dir, 'a file where the folder should be')
    await expect(server.runJob('backup')).rejects.toThrow()
    expect((await server.get('/health')).body.warnings).toMatchObject([{ code: 'backup_failed' }])
    rmSync(dir)
    await server.runJob('backup')
    expect((await server.get('/health')).body.warnings).toEqual([])
  })
})
