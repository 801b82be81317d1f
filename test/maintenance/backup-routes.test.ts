import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../src/db'
import { createDownloadLinks } from '../../src/maintenance/download-links'
import { freshUrl } from '../support/backends'
import { scratchDir } from '../support/scratch'
import { startTestServer, type TestServer } from '../support/server'
import { until } from '../support/until'

describe('backups over the admin API', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(await freshUrl.sqlite(), { BACKUP_KEEP: '2' })
    await server.createApp('Backed up')
  })
  afterAll(() => server.stop())
  beforeEach(() => {
    const { dir } = server.services.config.backup
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir)
  })

  async function makeOne(): Promise<string> {
    const { status, body } = await server.admin('POST', '/internal/backups')
    expect(status).toBe(202)
    await until('the backup to be made', async () => (await list()).in_progress === null)
    return body.name
  }
  const list = async () => (await server.admin('GET', '/internal/backups')).body

  test('one is made while the server runs, listed, and downloaded as a database that opens', async () => {
    const name = await makeOne()
    expect(await list()).toMatchObject({ available: true, keep: 2, last_error: null, backups: [{ name }] })
    const file = join(scratchDir('download'), 'copy.db')
    const answer = await fetch(`${server.url}/internal/backups/${name}`, {
      headers: { authorization: `Bearer ${server.services.config.internal.apiSecret}` },
    })
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    await Bun.write(file, await answer.arrayBuffer())
    const copy = await openDatabase(`sqlite:${file}`)
    expect(await copy.queries.select({ name: copy.tables.apps.name }).from(copy.tables.apps)).toEqual([
      { name: 'Backed up' },
    ])
    await copy.close()
  })

  test('two requests at once make one, and the newest few stay', async () => {
    const [first, second] = await Promise.all([
      server.admin('POST', '/internal/backups'),
      server.admin('POST', '/internal/backups'),
    ])
    expect(first.body.name).toBe(second.body.name)
    await until('the backup to be made', async () => (await list()).in_progress === null)
    const newest = await makeOne()
    const { backups } = await list()
    expect(backups).toHaveLength(2)
    expect(backups[0].name).toBe(newest)
    const page = (await server.admin('GET', '/internal/backups?limit=1')).body
    const next = (await server.admin('GET', `/internal/backups?limit=1&cursor=${page.pagination.next_cursor}`)).body
    expect([...page.backups, ...next.backups]).toEqual(backups)
  })

  test('nothing but a backup can be read, whatever path is asked for', async () => {
    const made = await makeOne()
    const { dir } = server.services.config.backup
    writeFileSync(join(dir, 'cti-20990101T000000Z.db.part'), 'unfinished')
    writeFileSync(join(dir, 'other.db'), 'not ours')
    mkdirSync(join(dir, 'cti-20990101T000001Z.db'))
    for (const name of [
      'other.db',
      'cti-20990101T000000Z.db.part',
      'cti-20990101T000001Z.db',
      'cti-20990101T000002Z.db',
      encodeURIComponent('../cti.db'),
      encodeURIComponent('../../etc/passwd'),
      '..%2f..%2fcti.db',
      encodeURIComponent('x/cti-20990101T000000Z.db'),
    ]) {
      const { status, body } = await server.admin('GET', `/internal/backups/${name}`)
      expect([name, status]).toEqual([name, 404])
      expect(JSON.stringify(body)).not.toMatch(/SQLite|root:|unfinished|not ours/)
      expect((await server.admin('POST', `/internal/backups/${name}/link`)).status).toBe(404)
    }
    expect((await list()).backups).toMatchObject([{ name: made }])
  })

  test('a link downloads its own file without credentials, and no other', async () => {
    for (let made = 0; made < 2; made++) await makeOne()
    const { backups } = await list()
    const link = await server.admin('POST', `/internal/backups/${backups[0].name}/link`)
    expect(link.status).toBe(201)
    const file = await fetch(server.url + link.body.url)
    expect(file.status).toBe(200)
    expect((await file.arrayBuffer()).byteLength).toBe(backups[0].bytes)
    const range = { headers: { range: 'bytes=0-5' } }
    const part = await fetch(server.url + link.body.url, range)
    expect([part.status, await part.text()]).toEqual([206, 'SQLite'])
    const other = link.body.url.replace(backups[0].name, backups[1].name)
    expect((await fetch(server.url + other)).status).toBe(404)
    expect((await fetch(server.url + link.body.url.replace(/.$/, ''))).status).toBe(404)
    expect((await fetch(server.url + link.body.url.split('?')[0])).status).toBe(404)
  })

  test('only the administrator can use it', async () => {
    const name = await makeOne()
    for (const [method, path] of [
      ['GET', '/internal/backups'],
      ['POST', '/internal/backups'],
      ['GET', `/internal/backups/${name}`],
      ['POST', `/internal/backups/${name}/link`],
    ] as const)
      expect((await server.request(method, path)).status).toBe(401)
  })

  test('a failed one has its reason in the list and in /health', async () => {
    const { dir } = server.services.config.backup
    rmSync(dir, { recursive: true, force: true })
    writeFileSync(dir, 'a file where the folder should be')
    await server.admin('POST', '/internal/backups')
    await until('the failure', async () => (await list()).last_error !== null)
    expect((await list()).in_progress).toBeNull()
    expect((await server.get('/health')).body.warnings).toMatchObject([{ code: 'backup_failed' }])
    rmSync(dir)
    await makeOne()
    expect((await server.get('/health')).body.warnings).toEqual([])
  })
})

test('on Postgres the request says how to back up instead', async () => {
  const server = await startTestServer(await freshUrl.pg())
  const { status, body } = await server.admin('POST', '/internal/backups')
  expect([status, body.code]).toEqual([409, 'conflict'])
  expect(body.detail).toContain('pg_dump')
  expect((await server.admin('GET', '/internal/backups')).body).toMatchObject({ available: false, backups: [] })
  await server.stop()
})

test('a download link works for a minute and only as it was made', () => {
  let now = 1_800_000_000_000
  const links = createDownloadLinks({ secret: 'secret', clock: () => now })
  const { token, expiresAt } = links.create('a')
  const [expires, signature] = token.split('.')
  expect(links.isValid('a', token)).toBe(true)
  for (const bad of [`${Number(expires) + 1}.${signature}`, `${token}x`, `${token}.`, expires!, '', '.'])
    expect(links.isValid('a', bad)).toBe(false)
  expect(createDownloadLinks({ secret: 'other', clock: () => now }).isValid('a', token)).toBe(false)
  now = expiresAt
  expect(links.isValid('a', token)).toBe(false)
})
