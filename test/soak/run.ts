import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fill, machine } from '../bench/report'
import { sign } from '../faults/deliveries'
import { admin, createInstance, createTenant } from '../faults/instance'
import { createRandom } from '../faults/random'
import { callEvent } from '../support/events'
import { scratchDir } from '../support/scratch'
import { startCrowd, TOKEN_SECONDS } from './crowd'
import { plot, type Sample, slopeOf } from './plot'

/**
 * Memory of the compiled server over 30 minutes: 1,000 sockets, 200 events a second, slow and vanishing clients, browsers
 * whose tokens end. `bun run test:soak [--minutes N] [--sockets N] [--per-second N] [--write]`.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    sockets: { type: 'string', default: '1000' },
    'per-second': { type: 'string', default: '200' },
    write: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const sockets = Number(values.sockets)
const perSecond = Number(values['per-second'])
const USERS = 200
const STATES = ['ringing', 'connected', 'hold', 'hangup']
const SAMPLE_MS = 5000
const warmUpMinutes = minutes / 3
const FIRST_AGENT = 6_000_000_000_000_000

const instance = await createInstance({ DATA_DIR: scratchDir('soak-data') })
instance.start()
await instance.ready()
const { url } = instance
const { apiKey, appId } = await createTenant(url)
const mappings = Array.from({ length: USERS }, (_, n) => ({
  dialpad_user_id: FIRST_AGENT + n,
  crm_user_id: `user-${n}`,
}))
await admin(url, `apps/${appId}/users/batch-map`, { mappings })

const random = createRandom(1)
const { crowd, ...clients } = startCrowd(url, random)
async function tokenOf(n: number): Promise<string> {
  const answer = await fetch(`${url}/api/tokens`, {
    method: 'POST',
    headers: { 'x-app-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: `user-${n % USERS}`, ttl_seconds: TOKEN_SECONDS }),
  })
  return ((await answer.json()) as { token: string }).token
}
const share = (part: number) => Math.round(sockets * part)
for (let n = 0; n < share(0.9); n++) clients.browser(() => tokenOf(n))
for (let n = 0; n < share(0.02); n++) clients.backend(apiKey)
for (let n = 0; n < share(0.02); n++) clients.stream(apiKey)
for (let n = 0; n < share(0.02); n++) clients.crawl(apiKey)
for (let n = 0; n < share(0.04); n++) clients.vanish(apiKey)

const counts = { delivered: 0, refused: 0, reads: 0 }
async function deliver(payload: object): Promise<void> {
  const answer = await fetch(`${url}/webhooks/dialpad`, { method: 'POST', body: sign(payload) })
  await answer.arrayBuffer()
  answer.ok ? counts.delivered++ : counts.refused++
}
async function read(): Promise<void> {
  const paths = ['calls?limit=50', 'calls/active', 'conversations?limit=20', 'events?after=0&limit=20']
  const headers = { 'x-app-api-key': apiKey }
  await (await fetch(`${url}/api/${paths[counts.reads++ % paths.length]}`, { headers })).arrayBuffer()
}
const problems: string[] = []
const noted = (work: Promise<void>) => void work.catch((error: Error) => problems.push(error.message))

const began = performance.now()
const sinceBeganMs = () => performance.now() - began
let begun = 0
/** Events of calls that began 0, 1, 2 and 3 s ago. */
const load = setInterval(() => {
  // After a pause of the machine the load goes on; it does not make up for it.
  begun = Math.max(begun, Math.floor((sinceBeganMs() / 1000 - 1) * perSecond))
  for (; begun < (sinceBeganMs() / 1000) * perSecond; begun++) {
    const [place, age] = [Math.floor(begun / STATES.length), begun % STATES.length]
    const callId = 5_500_000_000_000_000 + place - age * perSecond
    const at = Date.now()
    const target = { id: FIRST_AGENT + (callId % USERS), type: 'user', name: 'Agent', phone: '+15555550105' }
    noted(deliver(callEvent(callId, STATES[age]!, at, { date_started: at - age * 1000, target })))
  }
}, 10)
const reads = setInterval(() => noted(read()), 200)

const samples: Sample[] = []
while (sinceBeganMs() < minutes * 60_000) {
  await Bun.sleep(SAMPLE_MS)
  if (!instance.isRunning()) throw new Error(`the server ended:\n${instance.logTail()}`)
  const status = readFileSync(`/proc/${instance.pid()}/status`, 'utf8')
  const mbOf = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
  const metrics = (await (await fetch(`${url}/metrics`)).json()) as Record<string, number> & {
    memory: { heap_used_mb: number }
  }
  samples.push({
    minutes: sinceBeganMs() / 60_000,
    rssMb: mbOf('VmRSS'),
    fileMb: mbOf('RssFile'),
    heapMb: metrics.memory.heap_used_mb,
    pending: metrics.cti_events_queued_pending ?? 0,
  })
  if (samples.length % 12 === 0)
    console.log(JSON.stringify({ ...samples.at(-1), ...counts, ...crowd, faults: crowd.faults.length }))
}
clearInterval(load)
clearInterval(reads)
clients.stop()

const warm = samples.filter((sample) => sample.minutes > warmUpMinutes)
const mean = (some: Sample[], of: (sample: Sample) => number) =>
  some.reduce((sum, one) => sum + of(one), 0) / some.length
const rss = ({ rssMb }: Sample) => rssMb
const heap = ({ heapMb }: Sample) => heapMb
const third = Math.floor(warm.length / 3)
const [early, late] = [warm.slice(0, third), warm.slice(-third)]
const rows = [
  ['resident memory', rss],
  ['of that, pages of the program file', ({ fileMb }: Sample) => fileMb],
  ['JavaScript heap in use', heap],
] as const
const figure = (value: number) => value.toFixed(0)
const mostPending = Math.max(...warm.map(({ pending }) => pending))
const lines = rows.map(
  ([what, of]) =>
    `| ${what} | ${figure(mean(early, of))} MiB | ${figure(mean(late, of))} MiB | ${figure(Math.max(...warm.map(of)))} MiB | ${figure(slopeOf(warm, of))} MiB/h |`,
)
const { date, cores, processor, server, bun } = machine()
const report = [
  `Measured ${date} on ${cores} × ${processor}; server ${server}, Bun ${bun}, SQLite: ${minutes} minutes, ${sockets.toLocaleString('en')} clients, ${counts.delivered.toLocaleString('en')} events (${Math.round(counts.delivered / minutes / 60)} a second), ${crowd.connections.toLocaleString('en')} connections, ${crowd.entries.toLocaleString('en')} messages received; events refused: ${counts.refused}; most events waiting at once: ${mostPending.toLocaleString('en')}; entries out of order: ${crowd.faults.length}.`,
  '',
  '![Memory of the server over the soak](images/soak.svg)',
  '',
  `| after ${Math.round(warmUpMinutes)} minutes of warm-up | first third | last third | most | slope |`,
  '| --- | --- | --- | --- | --- |',
  ...lines,
].join('\n')
console.log(report)
for (const problem of new Set([...crowd.faults.slice(0, 20), ...problems.slice(0, 20)])) console.log(`  ${problem}`)
if (values.write) {
  await Bun.write(join(import.meta.dir, '../../docs/images/soak.svg'), plot(samples, warmUpMinutes))
  fill('reliability.md', 'soak', report)
}
await Bun.write(join(scratchDir('soak'), 'samples.json'), JSON.stringify(samples))
await instance.kill()
process.exit(crowd.faults.length > 0 || counts.refused > 0 ? 1 : 0)
