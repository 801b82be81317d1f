import { join } from 'node:path'
import { ADMIN_SECRET, callEvent, nextCallId } from './events'
import { cpuMsOf, memoryOf, newPgDatabase, type Server, startServer } from './processes'
import { machine } from './report'

/**
 * 1,000 endpoints at 200 entries a second: how long after Dialpad's event its delivery arrives. The compiled server, the
 * receivers and this load are processes of their own. `bun test/bench/endpoints.ts [seconds]`; Postgres with
 * `BENCH_POSTGRES_URL`.
 */

const ENDPOINTS = 1000
const EVENTS_PER_SECOND = 200
const SECONDS = Number(process.argv[2] ?? 20)
const FIRST_USER = 5_000_000_000_000_000
const FIRST_ORG = 4_000_000_000_000_000

interface Figures {
  count: number
  median: number | null
  p95: number | null
  p99: number | null
  most: number | null
}

const receiver = Bun.spawn([process.execPath, join(import.meta.dir, 'endpoint-receiver.ts')], {
  env: { PATH: process.env.PATH ?? '' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const { value } = await receiver.stdout.getReader().read()
const receiverUrl = `http://127.0.0.1:${new TextDecoder().decode(value).trim()}`

async function admin<T>(server: Server, method: string, path: string, body: object): Promise<T> {
  const headers = { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' }
  const answer = await fetch(`${server.url}/internal/${path}`, { method, headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  return (await answer.json()) as T
}
const figures = async () => (await (await fetch(`${receiverUrl}/figures`)).json()) as Figures

/** One event every few milliseconds, whatever the server does. @returns events that were not answered 200. */
async function load(server: Server, eventOf: (number: number) => object): Promise<number> {
  const startedAt = performance.now()
  const answers: Promise<number>[] = []
  while (answers.length < SECONDS * EVENTS_PER_SECOND) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * EVENTS_PER_SECOND)
    while (answers.length < due) answers.push(server.deliver(eventOf(answers.length)))
    await Bun.sleep(1)
  }
  return (await Promise.all(answers)).filter((status) => status !== 200).length
}

async function measure(what: string, server: Server, expected: number, eventOf: (number: number) => object) {
  // The first second opens connections.
  for (let number = 0; number < EVENTS_PER_SECOND; number++) await server.deliver(eventOf(number))
  await Bun.sleep(3000)
  await figures()
  const cpuBefore = cpuMsOf(server.pid)
  const refused = await load(server, eventOf)
  await Bun.sleep(5000)
  const cpuMs = cpuMsOf(server.pid) - cpuBefore
  const { count, median, p95, p99, most } = await figures()
  const memory = Math.round(memoryOf(server.pid) / 1024 / 1024)
  console.log(
    `${what}: ${SECONDS * EVENTS_PER_SECOND} events, ${count} of ${expected} deliveries, delay median ${median} ms, p95 ${p95}, p99 ${p99}, most ${most}; ` +
      `${refused} events refused; ${Math.round(cpuMs)} ms of processor; ${memory} MiB`,
  )
}

/** 1,000 endpoints of one app, each for one user: every entry goes to one of them. */
async function oneApp(settings: Record<string, string>, on: string): Promise<void> {
  const server = await startServer(settings)
  const users = Array.from({ length: ENDPOINTS }, (_, index) => index)
  const mappings = users.map((user) => ({ dialpad_user_id: FIRST_USER + user, crm_user_id: `user-${user}` }))
  await admin(server, 'POST', `apps/${server.appId}/users/batch-map`, { mappings })
  for (const user of users)
    await admin(server, 'POST', `apps/${server.appId}/endpoints`, {
      url: `${receiverUrl}/${user}`,
      user_id: `user-${user}`,
    })
  await measure(
    `${on}, one app, an endpoint for each of 1,000 users`,
    server,
    SECONDS * EVENTS_PER_SECOND,
    (number) => {
      const event = callEvent(nextCallId(), 'ringing', Date.now())
      return { ...event, target: { ...(event.target as object), id: FIRST_USER + ((number * 7) % ENDPOINTS) } }
    },
  )
  await server.stop()
}

/** 200 apps with five endpoints each, without a filter: every entry goes to five. With none, what the events alone take. */
async function manyApps(settings: Record<string, string>, on: string, endpoints: number): Promise<void> {
  const server = await startServer(settings)
  const apps = 200
  for (let app = 0; app < apps; app++) {
    const { app_id } = await admin<{ app_id: string }>(server, 'POST', 'apps', { name: `App ${app}` })
    await admin(server, 'PATCH', `apps/${app_id}`, { dialpad_org_id: FIRST_ORG + app })
    for (let endpoint = 0; endpoint < endpoints; endpoint++)
      await admin(server, 'POST', `apps/${app_id}/endpoints`, { url: `${receiverUrl}/${app}/${endpoint}` })
  }
  const expected = SECONDS * EVENTS_PER_SECOND * endpoints
  await measure(`${on}, 200 apps with ${endpoints} endpoints each`, server, expected, (number) => ({
    ...callEvent(nextCallId(), 'ringing', Date.now()),
    org_id: FIRST_ORG + ((number * 7) % apps),
  }))
  await server.stop()
}

console.log(JSON.stringify(machine()))
const databases: [string, () => Promise<Record<string, string>>][] = [['SQLite', async () => ({})]]
if (process.env.BENCH_POSTGRES_URL) databases.push(['Postgres', async () => ({ DATABASE_URL: await newPgDatabase() })])
for (const [name, settings] of databases) {
  await oneApp(await settings(), name)
  for (const endpoints of [0, 5]) await manyApps(await settings(), name, endpoints)
}
receiver.kill()
process.exit(0)
