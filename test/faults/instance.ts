import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../support/free-port'
import { buildBinary } from '../support/process'
import { scratchDir } from '../support/scratch'
import { ADMIN_SECRET, WEBHOOK_SECRET } from '../support/server'

/** One place where a server runs: always the same address and files, one process after the other. */

const READY_WITHIN_MS = 30_000
const started = new Set<Bun.Subprocess>()
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL')
})

export type Instance = Awaited<ReturnType<typeof createInstance>>

export async function createInstance(settings: Record<string, string>) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const binary = await buildBinary()
  const logFile = join(scratchDir('fault-log'), 'server.log')
  let child: Bun.Subprocess | undefined

  const isReady = async () => {
    const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(1000) }).catch(() => null)
    return answer?.ok ?? false
  }

  const instance = {
    url,
    pid: () => child!.pid,
    /** Starts the next process; it may not serve yet. */
    start(more: Record<string, string> = {}): void {
      const log = openSync(logFile, 'a')
      child = Bun.spawn([binary], {
        cwd: '/',
        env: {
          HOST: '127.0.0.1',
          PORT: String(port),
          INTERNAL_API_SECRET: ADMIN_SECRET,
          DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
          RATE_LIMIT_API: '1000000',
          RATE_LIMIT_INTERNAL: '1000000',
          LOG_LEVEL: 'warn',
          LOG_FORMAT: 'json',
          ...settings,
          ...more,
        },
        stdio: ['ignore', 'ignore', log],
      })
      closeSync(log)
      started.add(child)
      const own = child
      void child.exited.then(() => started.delete(own))
    },
    isRunning: () => child !== undefined && child.exitCode === null && child.signalCode === null,
    isReady,
    /** Resolves once it serves. @throws when it ends instead. */
    async ready(): Promise<void> {
      const end = performance.now() + READY_WITHIN_MS
      while (!(await isReady())) {
        if (!instance.isRunning()) throw new Error(`the server ended at its start:\n${instance.logTail()}`)
        if (performance.now() > end) throw new Error(`the server does not get ready:\n${instance.logTail()}`)
        await Bun.sleep(5)
      }
    },
    signal: (name: NodeJS.Signals) => child!.kill(name),
    exited: async () => (await child!.exited) ?? -1,
    async kill(): Promise<void> {
      child!.kill('SIGKILL')
      await child!.exited
    },
    logTail: () => readFileSync(logFile, 'utf8').split('\n').slice(-12).join('\n'),
    log: () => readFileSync(logFile, 'utf8').split('\n').filter(Boolean),
  }
  return instance
}

export interface Tenant {
  apiKey: string
  appId: string
}

/** Asks the admin API. */
export async function admin<Body>(url: string, path: string, body?: object): Promise<Body> {
  const headers = { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/internal/${path}`, {
    headers,
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Body
}

export async function createTenant(url: string): Promise<Tenant> {
  const made = await admin<{ app_id: string; api_key: string }>(url, 'apps', { name: 'Faults' })
  return { appId: made.app_id, apiKey: made.api_key }
}
