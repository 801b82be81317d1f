import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { ADMIN_SECRET, callEvent, nextCallId } from './events'
import { quantile } from './load'
import { memoryOf, startServer } from './processes'
import { machine } from './report'

/**
 * Replays a million stored entries of one app to its endpoint on SQLite, while another app's events go to its own. Accounts for
 * every request: what arrived more often than once must have as many recorded attempts. `bun test/bench/replay.ts [entries]`
 */

const ENTRIES = Number(process.argv[2] ?? 1_000_000)
const EVENTS_PER_SECOND = 20
const [ORG, OTHER_ORG] = [4_000_000_000_000_001, 4_000_000_000_000_002]

interface Figures {
  count: number
  unique: number
  repeated: [seq: number, times: number][]
  outOfOrder: { seq: number; after: number; at: number }[]
  foreign: number
  delaysMs: number[]
}

const receiver = Bun.spawn([process.execPath, join(import.meta.dir, 'replay-receiver.ts')], {
  env: { PATH: process.env.PATH ?? '', ENTRIES: String(ENTRIES) },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const { value } = await receiver.stdout.getReader().read()
const receiverUrl = `http://127.0.0.1:${new TextDecoder().decode(value).trim()}`
const figures = async () => (await (await fetch(`${receiverUrl}/figures`)).json()) as Figures

async function admin<T>(url: string, method: string, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/internal/${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  return (await answer.json()) as T
}

/** Copies the app's first entry until it has a million, behind the server's back. */
function fillEntries(path: string, appId: string): void {
  const file = new Database(path)
  const columns = (file.query("SELECT name FROM pragma_table_info('stream_entries')").all() as { name: string }[]).map(
    ({ name }) => name,
  )
  const values = columns.map((name) => ({ seq: 'x', data: "json_set(data, '$.seq', x)" })[name] ?? name)
  file.run(
    `WITH RECURSIVE numbers(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM numbers WHERE x < ${ENTRIES})
     INSERT INTO stream_entries (${columns.join(', ')})
     SELECT ${values.join(', ')} FROM numbers, (SELECT * FROM stream_entries WHERE app_id = ? AND seq = 1)`,
    [appId],
  )
  file.run('UPDATE apps SET stream_seq = ? WHERE id = ?', [ENTRIES, appId])
  file.run('PRAGMA wal_checkpoint(TRUNCATE)')
  file.close()
}

const event = (org: number) => ({ ...callEvent(nextCallId(), 'ringing', Date.now()), org_id: org })

const empty = await startServer()
await admin(empty.url, 'PATCH', `apps/${empty.appId}`, { dialpad_org_id: ORG })
const other = await admin<{ app_id: string }>(empty.url, 'POST', 'apps', { name: 'Other' })
await admin(empty.url, 'PATCH', `apps/${other.app_id}`, { dialpad_org_id: OTHER_ORG })
await empty.deliver(event(ORG))
await empty.drained()
await empty.stop()
const path = join(empty.dataDir, 'cti.db')
fillEntries(path, empty.appId)

const server = await startServer({}, empty)
const makeEndpoint = (appId: string, name: string) =>
  admin<{ endpoint: { id: string } }>(server.url, 'POST', `apps/${appId}/endpoints`, { url: `${receiverUrl}/${name}` })
const { endpoint } = await makeEndpoint(server.appId, 'replayed')
await makeEndpoint(other.app_id, 'other')
const memoryBefore = memoryOf(server.pid)
await admin(server.url, 'POST', `apps/${server.appId}/endpoints/${endpoint.id}/replay`, { since: 0 })

const position = async () => {
  const { endpoint: now } = await admin<{ endpoint: { delivered_seq: number } }>(
    server.url,
    'GET',
    `apps/${server.appId}/endpoints/${endpoint.id}`,
  )
  return now.delivered_seq
}
const answeredMs: number[] = []
const memory: number[] = []
let refused = 0
const began = performance.now()
for (let turn = 1; ; turn++) {
  const sentAt = performance.now()
  if ((await server.deliver(event(OTHER_ORG))) !== 200) refused++
  answeredMs.push(performance.now() - sentAt)
  memory.push(memoryOf(server.pid))
  if (turn % (10 * EVENTS_PER_SECOND) === 0) {
    const at = await position()
    console.error(
      `${Math.round((performance.now() - began) / 1000)} s: ${at} entries, ${mebibytes(memory.at(-1)!)} MiB`,
    )
    if (at >= ENTRIES) break
  }
  await Bun.sleep(1000 / EVENTS_PER_SECOND)
}
const seconds = (performance.now() - began) / 1000
// A failed entry waits for its retry.
while ((await figures()).unique < ENTRIES) await Bun.sleep(1000)
const found = await figures()
await server.stop()

const file = new Database(path, { readonly: true })
const attempts = new Map(
  file
    .query<{ seq: number; made: number }, [string]>(
      'SELECT seq, count(*) AS made FROM endpoint_attempts WHERE endpoint_id = ? GROUP BY seq HAVING count(*) > 1',
    )
    .all(endpoint.id)
    .map(({ seq, made }) => [seq, made]),
)
const made = file
  .query<{ made: number; failed: number }, [string]>(
    'SELECT count(*) AS made, count(error) AS failed FROM endpoint_attempts WHERE endpoint_id = ?',
  )
  .get(endpoint.id)
const deliveries = file
  .query<{ status: string; of: number }, [string]>(
    'SELECT status, count(*) AS of FROM endpoint_deliveries WHERE endpoint_id = ? GROUP BY status',
  )
  .all(endpoint.id)
const errors = file.query(
  'SELECT seq, attempted_at, latency_ms, error FROM endpoint_attempts WHERE error IS NOT NULL LIMIT 50',
)
const unrecorded = found.repeated.filter(([seq, times]) => times > (attempts.get(seq) ?? 1))

const sorted = (values: number[]) => Float64Array.from(values).sort()
const ms = (values: number[], at: number) => quantile(sorted(values), at).toFixed(0)
function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024)
}
console.log(JSON.stringify(machine()))
console.log(
  `replay: ${found.count} requests, ${found.unique} of ${ENTRIES} entries, ${(ENTRIES / seconds).toFixed(0)}/s`,
)
console.log(`recorded: ${JSON.stringify(made)}, ${JSON.stringify(deliveries)}; foreign requests: ${found.foreign}`)
console.log(`out of order: ${JSON.stringify(found.outOfOrder)}; failed attempts: ${JSON.stringify(errors.all())}`)
console.log(`repeated: ${JSON.stringify(found.repeated)}; without a recorded attempt: ${JSON.stringify(unrecorded)}`)
console.log(`memory: ${mebibytes(memoryBefore)} MiB before, ${mebibytes(Math.max(...memory))} at most`)
console.log(
  `other endpoint: ${found.delaysMs.length} of ${answeredMs.length} deliveries, delay median ${ms(found.delaysMs, 0.5)} ms, p99 ${ms(found.delaysMs, 0.99)}`,
)
console.log(`webhooks: ${refused} refused, p50 ${ms(answeredMs, 0.5)} ms, p99 ${ms(answeredMs, 0.99)}`)
receiver.kill()
process.exit(unrecorded.length === 0 && found.unique === ENTRIES ? 0 : 1)
