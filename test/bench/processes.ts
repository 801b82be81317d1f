import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { ADMIN_SECRET, sign, WEBHOOK_SECRET } from './events'

/** Everything under measurement is a process of its own, started here and stopped at the end. */

const folders: string[] = []
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'cti-bench-'))
  folders.push(made)
  return made
}
const running = new Set<Bun.Subprocess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})

export interface Running {
  url: string
  pid: number
  stop(): Promise<void>
}

async function freePort(): Promise<number> {
  const probe = Bun.serve({ port: 0, fetch: () => new Response() })
  const port = probe.port!
  await probe.stop(true)
  return port
}

async function start(command: string[], env: Record<string, string>, ready: string, cwd?: string): Promise<Running> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = Bun.spawn(command, {
    env: { PATH: process.env.PATH ?? '', PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
    ...(cwd ? { cwd } : {}),
  })
  running.add(child)
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}${ready}`).catch(() => null)
    if (answer?.ok) break
    if (child.exitCode !== null || tries > 2000) throw new Error(`${command.join(' ')} does not start`)
    await Bun.sleep(5)
  }
  return {
    url,
    pid: child.pid,
    async stop() {
      child.kill()
      await child.exited
      running.delete(child)
    },
  }
}

export const startYardstick = (name: string, ...given: string[]): Promise<Running> =>
  start([process.execPath, join(import.meta.dir, 'yardsticks.ts'), name, ...given], {}, '/up')

let literal: string | undefined
/** express, ws, pg and bcrypt, installed outside the project: nothing of it is a dependency. */
export async function startLiteral(databaseUrl: string): Promise<Running> {
  if (!literal) {
    literal = folder()
    cpSync(join(import.meta.dir, 'literal'), literal, { recursive: true })
    const install = Bun.spawn([process.execPath, 'install', '--silent'], {
      cwd: literal,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if ((await install.exited) !== 0) throw new Error('the literal baseline cannot be installed')
  }
  const env = { DATABASE_URL: databaseUrl, WEBHOOK_SECRET, NODE_ENV: 'production' }
  return start([Bun.which('node') ?? process.execPath, 'server.mjs'], env, '/up', literal)
}

let compiled: Promise<string> | undefined
/** `BINARY`, else what `bun run build:target` makes now. */
function binary(): Promise<string> {
  compiled ??= (async () => {
    if (process.env.BINARY) return process.env.BINARY
    const outfile = join(folder(), 'cti-server')
    const build = Bun.spawn([process.execPath, 'run', '--silent', 'build:target', '--outfile', outfile], {
      cwd: join(import.meta.dir, '../..'),
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if ((await build.exited) !== 0) throw new Error('the binary cannot be built')
    return outfile
  })()
  return compiled
}

export interface Server extends Running {
  dataDir: string
  appId: string
  apiKey: string
  /** Delivers one event. @returns the status it was answered with. */
  deliver(payload: object): Promise<number>
  /** Resolves when every event that was received is processed. */
  drained(): Promise<void>
  /** Number of events it has, whatever became of them. */
  stored(): Promise<number>
}

/** The compiled server with one app. @param again the data of one that ran before. */
export async function startServer(settings: Record<string, string> = {}, again?: Server): Promise<Server> {
  const dataDir = again?.dataDir ?? folder()
  const env = {
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    INTERNAL_API_SECRET: ADMIN_SECRET,
    DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
    RATE_LIMIT_API: '1000000',
    RATE_LIMIT_INTERNAL: '1000000',
    LOG_LEVEL: 'warning',
    ...settings,
  }
  const server = await start([await binary(), 'serve'], env, '/ready')
  const admin = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' }
    const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }
    return (await fetch(`${server.url}/internal/${path}`, init)).json()
  }
  const STATUSES = ['pending', 'processed', 'failed', 'unknown', 'quarantined', 'unrouted']
  const stats = async () => {
    const { stats } = (await admin('events/stats')) as { stats: Record<string, number> }
    return Object.fromEntries(STATUSES.map((status) => [status, stats[status]!]))
  }
  const { appId, apiKey } = again ?? toApp(await admin('apps', { name: 'Bench' }))
  return {
    ...server,
    dataDir,
    appId,
    apiKey,
    async deliver(payload) {
      const answer = await fetch(`${server.url}/webhooks/dialpad`, { method: 'POST', body: sign(payload) })
      await answer.arrayBuffer()
      return answer.status
    },
    async drained() {
      while ((await stats()).pending! > 0) await Bun.sleep(20)
    },
    stored: async () => Object.values(await stats()).reduce((sum, count) => sum + count, 0),
  }
}

const toApp = (body: unknown) => {
  const { app_id, api_key } = body as { app_id: string; api_key: string }
  return { appId: app_id, apiKey: api_key }
}

/** Resident memory, bytes. */
export const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

/** Clock ticks a second, as Linux counts the processor's time of a process. */
const TICKS = 100
/** The processor's time that a process and its threads have used, ms. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
}

/** A new database on the Postgres of `BENCH_POSTGRES_URL`. */
export async function newPgDatabase(): Promise<string> {
  const url = new URL(process.env.BENCH_POSTGRES_URL!)
  const name = `bench_${crypto.randomUUID().replaceAll('-', '')}`
  const sql = postgres(url.href, { max: 1, onnotice: () => {} })
  await sql.unsafe(`CREATE DATABASE ${name}`)
  await sql.end()
  url.pathname = `/${name}`
  return url.href
}
