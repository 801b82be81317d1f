import { chownSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port'
import { scratchDir } from './scratch'
import { until } from './until'

const VERSIONS = '/usr/lib/postgresql'

/** The folder of a whole Postgres with its client tools, of the newest version on this machine; null without one. */
export function postgresTools(): string | null {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : []
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(VERSIONS, version, 'bin'))
  return folders.find((folder) => ['initdb', 'pg_dump', 'psql'].every((tool) => existsSync(join(folder, tool)))) ?? null
}

/**
 * Starts a Postgres of the tools' version, with a database that belongs to the role `cti`.
 * @returns the address as that role, which is no superuser.
 */
export async function startPostgresOf(tools: string): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = scratchDir('debian-postgres')
  const port = String(await freePort())
  const user = userForPostgres()
  if ('uid' in user) chownSync(folder, user.uid, user.gid)
  const run = (tool: string, ...options: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync([join(tools, tool), ...options], { cwd: '/', ...user })
    if (exitCode !== 0) throw new Error(`${tool}: ${stderr}`)
  }
  run('initdb', '--no-sync', '--auth=trust', '--username=postgres', '--pgdata', folder)
  const server = Bun.spawn(
    [join(tools, 'postgres'), '-D', folder, '-p', port, '-k', folder, '-h', '127.0.0.1', '-c', 'fsync=off'],
    { cwd: '/', stdout: 'ignore', stderr: 'ignore', ...user },
  )
  const at = ['--host=127.0.0.1', `--port=${port}`, '--username=postgres']
  await until('Postgres', () => Bun.spawnSync([join(tools, 'pg_isready'), ...at]).exitCode === 0)
  run('createuser', ...at, 'cti')
  run('createdb', ...at, '--owner=cti', 'cti')
  return {
    url: `postgres://cti@127.0.0.1:${port}/cti`,
    async stop() {
      server.kill('SIGQUIT')
      await server.exited
    },
  }
}

/** Postgres does not run as root. */
function userForPostgres(): { uid: number; gid: number } | Record<never, never> {
  if (process.getuid?.() !== 0) return {}
  const idOf = (kind: string) => Number(Bun.spawnSync(['id', kind, 'postgres']).stdout.toString())
  return { uid: idOf('--user'), gid: idOf('--group') }
}
