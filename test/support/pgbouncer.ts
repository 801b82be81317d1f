import { chmodSync, chownSync, existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './free-port'
import { scratchDir } from './scratch'
import { until } from './until'

const PROGRAM = process.env.PGBOUNCER ?? '/usr/sbin/pgbouncer'
export const hasPgBouncer = existsSync(PROGRAM)

/** Starts PgBouncer in transaction mode before one database, with fewer connections than the server asks for. */
export async function startPgBouncer(directUrl: string): Promise<{ url: string; stop(): Promise<void> }> {
  const direct = new URL(directUrl)
  const port = await freePort()
  const folder = scratchDir('pgbouncer')
  const users = join(folder, 'users.txt')
  const settings = join(folder, 'pgbouncer.ini')
  writeFileSync(users, `"${direct.username}" "${direct.password}"\n`)
  writeFileSync(
    settings,
    `[databases]
* = host=${direct.hostname} port=${direct.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
`,
  )
  // As root it must give up its rights, and reads its files without them.
  const asRoot = process.getuid?.() === 0
  if (asRoot) {
    chmodSync(folder, 0o755)
    for (const file of [users, settings]) chownSync(file, 65534, 65534)
  }
  const child = Bun.spawn([PROGRAM, ...(asRoot ? ['-u', 'nobody'] : []), settings], {
    stdout: 'ignore',
    stderr: 'ignore',
  })
  await until('PgBouncer to listen', () => child.exitCode !== null || answers(port))
  if (child.exitCode !== null) throw new Error(`PgBouncer ended with code ${child.exitCode}`)
  const url = new URL(directUrl)
  url.port = String(port)
  return {
    url: url.href,
    async stop() {
      child.kill('SIGTERM')
      await child.exited
    },
  }
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ port, host: '127.0.0.1' })
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
