import { join } from 'node:path'
import postgres from 'postgres'
import { openDatabase } from '../../src/db'
import { startCluster } from './postgres-cluster'
import { scratchDir } from './scratch'

/**
 * What is costly to make, made once in a run by the first test that needs it. A run of several processes
 * (`test/run.ts`) makes it in the one that started the others, which ask for it over HTTP.
 */
const makers = {
  /** Address of the Postgres, `TEST_DATABASE_URL` if it is set. */
  async postgres() {
    if (process.env.TEST_DATABASE_URL) return process.env.TEST_DATABASE_URL
    const cluster = await startCluster()
    stops.push(cluster.stop)
    return cluster.url
  },
  /** Name of a migrated Postgres database that others are copied from. */
  async postgresTemplate() {
    const url = await createPgDatabase('template0')
    await migrate(url)
    return new URL(url).pathname.slice(1)
  },
  /** Path of a migrated SQLite file that others are copied from. */
  async sqliteTemplate() {
    const path = join(scratchDir('sqlite-template'), 'cti.db')
    await migrate(`sqlite:${path}`)
    return path
  },
  /** Path of the compiled binary. */
  async binary() {
    const outfile = join(scratchDir('binary'), 'cti-server')
    const build = Bun.spawn([process.execPath, 'run', '--silent', 'build:target', '--outfile', outfile], {
      cwd: join(import.meta.dir, '../..'),
      stdout: 'pipe',
      stderr: 'pipe',
    })
    if ((await build.exited) !== 0) throw new Error(await new Response(build.stderr).text())
    return outfile
  },
}
type Name = keyof typeof makers

const stops: (() => Promise<void>)[] = []
const made = new Map<Name, Promise<string>>()

export function runWide(name: Name): Promise<string> {
  let value = made.get(name)
  if (!value) {
    const run = process.env.TEST_RUN_URL
    value = run ? ask(`${run}/${name}`) : makers[name]()
    made.set(name, value)
  }
  return value
}

/** Whether another process makes and ends what this run shares. */
export const isPartOfRun = process.env.TEST_RUN_URL !== undefined

async function ask(url: string): Promise<string> {
  const answer = await fetch(url)
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}

/** Makes this process the one that the others of the run ask. @returns the value of their `TEST_RUN_URL`. */
export function serveRunWide(): string {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch({ url }) {
      const name = new URL(url).pathname.slice(1)
      if (!(name in makers)) return new Response(`nothing is called ${name}`, { status: 404 })
      return runWide(name as Name).then(
        (value) => new Response(value),
        (error: unknown) => new Response(String(error), { status: 500 }),
      )
    },
  })
  stops.push(() => server.stop(true))
  return `http://127.0.0.1:${server.port}`
}

/** Ends with this process's part of the run what a test file made for others too. */
export const stopWithRun = (stop: () => Promise<void>): unknown => stops.push(stop)

/** Ends what this process made. */
export async function stopRunWide(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop()
}

/** @returns the address of a new database, copied from a template that nobody is connected to. */
export async function createPgDatabase(template: string): Promise<string> {
  const admin = await runWide('postgres')
  const name = `t${crypto.randomUUID().replaceAll('-', '')}`
  const sql = postgres(admin, { max: 1, onnotice: () => {} })
  await sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  await sql.end()
  const url = new URL(admin)
  url.pathname = `/${name}`
  return url.href
}

/** Deletes every row but the record of the migrations. */
export async function emptyPgDatabase(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql.unsafe(`
    SET session_replication_role = replica;
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations' LOOP
        EXECUTE format('DELETE FROM %I', name);
      END LOOP;
    END $$`)
  await sql.end()
}

async function migrate(url: string): Promise<void> {
  const database = await openDatabase(url)
  await database.migrate()
  await database.close()
}
