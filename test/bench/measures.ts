import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { callEvent, mixedLine, nextCallId, writeEvents } from './events'
import { generate, type Load, type LoadResult, quantile } from './load'
import {
  folder,
  memoryOf,
  newPgDatabase,
  type Running,
  type Server,
  startLiteral,
  startServer,
  startYardstick,
} from './processes'
import type { Measured } from './report'

export interface Scale {
  rounds: number
  /** How long each load lasts. */
  seconds: number
  sockets: number
  calls: number
  postgres: boolean
}

type Kind = 'SQLite' | 'Postgres'
const kindsOf = ({ postgres }: Scale): Kind[] => (postgres ? ['SQLite', 'Postgres'] : ['SQLite'])
const urlOf = async (kind: Kind) => (kind === 'SQLite' ? null : newPgDatabase())
const settingsOf = (url: string | null): Record<string, string> => (url ? { DATABASE_URL: url } : {})
const CONNECTIONS = 64

/** Runs the work beside a process and stops it. */
async function beside<T>(started: Promise<Running>, work: (running: Running) => Promise<T>): Promise<T> {
  const running = await started
  try {
    return await work(running)
  } finally {
    await running.stop()
  }
}

/** A figure with refusals in it is none. */
async function allAnswered(load: Load): Promise<LoadResult> {
  const result = await generate(load)
  if (result.refused > 0)
    throw new Error(`${result.refused} of ${result.requests} requests to ${load.url} were refused`)
  return result
}

/** Signed webhooks: answered once durable; and until they are processed, numbered and readable. */
async function receiving(scale: Scale): Promise<Measured[]> {
  const bodies = join(folder(), 'events')
  await writeEvents(bodies, scale.seconds * 30_000)
  const headers = { 'content-type': 'application/jwt' }
  const load = (url: string) => allAnswered({ url, headers, bodies, seconds: scale.seconds, connections: CONNECTIONS })
  const measured: Measured[] = []
  for (const kind of kindsOf(scale)) {
    const [ours, through, bare, literal, p99]: number[][] = [[], [], [], [], []]
    for (let round = 0; round < scale.rounds; round++) {
      const url = await urlOf(kind)
      const yardstick = url
        ? startYardstick('pg-batched', url)
        : startYardstick('sqlite-batched', join(folder(), 'y.db'))
      bare!.push((await beside(yardstick, ({ url }) => load(url))).perSecond)
      if (url) literal!.push((await beside(startLiteral(url), ({ url }) => load(`${url}/webhooks/dialpad`))).perSecond)
      const server = await startServer(settingsOf(url))
      const began = performance.now()
      const result = await load(`${server.url}/webhooks/dialpad`)
      await server.drained()
      through!.push(result.requests / ((performance.now() - began) / 1000))
      ours!.push(result.perSecond)
      p99!.push(result.p99Ms)
      await server.stop()
    }
    const yardstick = { name: 'bare Bun, one commit for what arrives together', values: bare! }
    const note = `p99 ${Math.max(...p99!).toFixed(0)} ms over ${CONNECTIONS} connections`
    measured.push({ what: `${kind}: webhooks answered, durable`, unit: '/s', ours: ours!, yardstick, note })
    measured.push({ what: `${kind}: webhooks processed and numbered`, unit: '/s', ours: through!, yardstick })
    if (kind === 'Postgres') {
      const values = literal!
      measured.push({
        what: `${kind}: webhooks answered, beside a literal server`,
        unit: '/s',
        ours: ours!,
        yardstick: { name: 'express, ws, pg, bcrypt', values },
      })
    }
  }
  return measured
}

/** Deliveries of which one in ten is forged and one in ten repeated, against good ones alone. */
async function mixed(scale: Scale): Promise<Measured[]> {
  const [good, bad] = [join(folder(), 'good'), join(folder(), 'mixed')]
  await writeEvents(good, scale.seconds * 30_000)
  await writeEvents(bad, scale.seconds * 30_000, mixedLine)
  const measured: Measured[] = []
  for (const kind of kindsOf(scale)) {
    const [ours, clean]: number[][] = [[], []]
    const loaded = async (bodies: string) => {
      // Otherwise each forged delivery is a line on this terminal.
      const server = await startServer({ ...settingsOf(await urlOf(kind)), LOG_LEVEL: 'error' })
      const { seconds } = scale
      const result = await generate({
        url: `${server.url}/webhooks/dialpad`,
        headers: { 'content-type': 'application/jwt' },
        bodies,
        seconds,
        connections: CONNECTIONS,
      })
      await server.drained()
      const stored = await server.stored()
      await server.stop()
      return { ...result, stored }
    }
    for (let round = 0; round < scale.rounds; round++) {
      clean!.push((await loaded(good)).perSecond)
      const result = await loaded(bad)
      const lines = Array.from({ length: result.requests }, (_, index) => mixedLine(index))
      const count = (line: string) => lines.filter((one) => one === line).length
      if (result.refused !== count('forged') || result.stored !== count('good'))
        throw new Error(
          `of ${lines.length} mixed deliveries ${result.refused} were refused and ${result.stored} stored`,
        )
      ours!.push(result.perSecond)
    }
    measured.push({
      what: `${kind}: webhooks answered, one in ten forged and one in ten repeated`,
      unit: '/s',
      ours: ours!,
      yardstick: { name: 'this server, good deliveries alone', values: clean! },
      note: 'every answer and what is stored are checked',
    })
  }
  return measured
}

/** From the delivery of a webhook to its entry on a socket, at a steady rate. */
async function latency(scale: Scale): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const kind of kindsOf(scale))
    for (const rate of [100, kind === 'SQLite' ? 2000 : 1000]) {
      const [p50, p99]: number[][] = [[], []]
      for (let round = 0; round < scale.rounds; round++) {
        const server = await startServer(settingsOf(await urlOf(kind)))
        const tookMs = await deliverAt(server, rate, scale.seconds)
        p50!.push(quantile(tookMs, 0.5))
        p99!.push(quantile(tookMs, 0.99))
        await server.stop()
      }
      for (const [name, ours] of [
        ['p50', p50!],
        ['p99', p99!],
      ] as const)
        measured.push({ what: `${kind}: webhook to socket at ${rate}/s, ${name}`, unit: 'ms', ours })
    }
  return measured
}

/** @returns sorted times, ms. @throws when an entry is missing, repeated or out of order. */
async function deliverAt(server: Server, rate: number, seconds: number): Promise<Float64Array> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws?api_key=${server.apiKey}`)
  const sentAt = new Map<number, number>()
  const tookMs: number[] = []
  let seq = 0
  const ready = Promise.withResolvers<void>()
  const wrong = Promise.withResolvers<never>()
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as { type?: string; seq: number; event?: string; call_id?: number }
    if (message.type === 'subscribed') ready.resolve()
    if (!message.event) return
    if (seq > 0 && message.seq !== seq + 1) wrong.reject(new Error(`entry ${message.seq} came after ${seq}`))
    seq = message.seq
    tookMs.push(performance.now() - (sentAt.get(message.call_id!) ?? Number.NaN))
  }
  await ready.promise
  const began = performance.now()
  const underWay: Promise<number>[] = []
  for (let sent = 0; sent < rate * seconds; ) {
    for (const due = ((performance.now() - began) / 1000) * rate; sent < due; sent++) {
      const callId = nextCallId()
      sentAt.set(callId, performance.now())
      underWay.push(server.deliver(callEvent(callId, 'ringing', Date.now())))
    }
    await Bun.sleep(1)
  }
  await Promise.all(underWay)
  const all = async () => {
    while (tookMs.length < underWay.length) await Bun.sleep(5)
  }
  const late = Bun.sleep(30_000).then(() =>
    Promise.reject(new Error(`${underWay.length - tookMs.length} entries never came`)),
  )
  await Promise.race([all(), late, wrong.promise])
  socket.close()
  return Float64Array.from(tookMs).sort()
}

/** Copies one call into many ended ones, a second apart, behind the server's back. */
function fillCalls(path: string, count: number): void {
  const file = new Database(path)
  const columns = (file.query('SELECT name FROM pragma_table_info(?)').all('calls') as { name: string }[]).map(
    ({ name }) => name,
  )
  const changed: Record<string, string> = {
    id: "printf('0190%04x-0000-7000-8000-%012x', x / 65536, x)",
    dialpad_call_id: '4000000000000000 + x',
    conversation_id: "printf('0191%04x-0000-7000-8000-%012x', x / 65536, x / 2)",
    status: "CASE x % 10 WHEN 0 THEN 'missed' WHEN 1 THEN 'voicemail' ELSE 'ended' END",
    external_number: "printf('+1555%07d', x * 7919 % 5000000)",
    from_number: "printf('+1555%07d', x * 7919 % 5000000)",
    started_at: `started_at - 1000 * (${count} - x) - 100000`,
    ended_at: 'started_at',
    dialpad_user_id: '5991398486736896 + x % 200',
  }
  const values = columns.map((name) => changed[name] ?? name).join(', ')
  file.run(`WITH RECURSIVE numbers(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM numbers WHERE x < ${count})
    INSERT INTO calls (${columns.join(', ')}) SELECT ${values} FROM numbers, (SELECT * FROM calls LIMIT 1)`)
  file.run('PRAGMA wal_checkpoint(TRUNCATE)')
  file.close()
}

async function serverWithCalls(count: number): Promise<Server> {
  const empty = await startServer()
  for (let call = 0; call < 20; call++) await empty.deliver(callEvent(nextCallId(), 'connected', Date.now()))
  await empty.drained()
  await empty.stop()
  fillCalls(join(empty.dataDir, 'cti.db'), count)
  return startServer({}, empty)
}

/** Lists and single records among many calls. */
async function reading(scale: Scale): Promise<Measured[]> {
  const server = await serverWithCalls(scale.calls)
  const headers = { 'x-app-api-key': server.apiKey }
  const load = (url: string) => allAnswered({ url, headers, seconds: scale.seconds, connections: 32 })
  const listed = await (await fetch(`${server.url}/api/calls?limit=1`, { headers })).json()
  const { id } = (listed as { calls: { id: string }[] }).calls[0]!
  const measured: Measured[] = []
  for (const path of ['/api/calls?limit=50', '/api/calls/active', `/api/calls/${id}`, '/live']) {
    const isList = path.includes('limit') || path.endsWith('active')
    const answer = join(folder(), 'answer')
    await Bun.write(answer, await (await fetch(server.url + path, { headers })).text())
    const [ours, bare]: number[][] = [[], []]
    for (let round = 0; round < scale.rounds; round++) {
      const yardstick = isList
        ? startYardstick('sqlite-list', join(server.dataDir, 'cti.db'), server.appId)
        : startYardstick('bytes', answer)
      bare!.push((await beside(yardstick, ({ url }) => load(`${url}/`))).perSecond)
      ours!.push((await load(server.url + path)).perSecond)
    }
    const name = isList ? 'bare Bun, the list query' : 'bare Bun, the same bytes'
    const what = `GET ${path.replace(id, '{id}')} among ${scale.calls.toLocaleString('en')} calls`
    measured.push({ what, unit: '/s', ours: ours!, yardstick: { name, values: bare! } })
  }
  await server.stop()
  return measured
}

/** Filters among ten times and a hundred times as many calls. */
async function growth(scale: Scale): Promise<Measured[]> {
  const queries = [
    '',
    'status=missed',
    'number=%2B15552000005',
    'dialpad_user_id=5991398486736900',
    'sort=-duration_seconds',
  ]
  const paths = ['/api/calls/active', ...queries.map((query) => `/api/calls?${query}`)]
  const times: number[][][] = []
  for (const count of [scale.calls / 10, scale.calls * 10]) {
    const server = await serverWithCalls(count)
    const headers = { 'x-app-api-key': server.apiKey }
    const ofPaths: number[][] = []
    for (const path of paths) {
      const tookMs: number[] = []
      for (let asked = 0; asked < 15; asked++) {
        const began = performance.now()
        await (await fetch(server.url + path, { headers })).arrayBuffer()
        tookMs.push(performance.now() - began)
      }
      ofPaths.push(tookMs)
    }
    times.push(ofPaths)
    await server.stop()
  }
  const name = `among ${(scale.calls / 10).toLocaleString('en')}`
  return paths.map((path, index) => ({
    what: `GET ${path} among ${(scale.calls * 10).toLocaleString('en')} calls`,
    unit: 'ms',
    ours: times[1]![index]!,
    yardstick: { name, values: times[0]![index]! },
  }))
}

/** How soon a webhook is answered while somebody exports every call and others search. */
async function stall(scale: Scale): Promise<Measured[]> {
  const server = await serverWithCalls(scale.calls * 10)
  const headers = { 'x-app-api-key': server.apiKey }
  const ended = new AbortController()
  const repeat = async (path: string) => {
    while (!ended.signal.aborted)
      await (await fetch(server.url + path, { headers, signal: ended.signal })).arrayBuffer()
  }
  const noise = ['/api/calls/export?format=csv', '/api/calls?include_total=true'].map((path) =>
    repeat(path).catch(() => {}),
  )
  const tookMs: number[] = []
  for (let sent = 0; sent < 300; sent++) {
    const began = performance.now()
    await server.deliver(callEvent(nextCallId(), 'ringing', Date.now()))
    tookMs.push(performance.now() - began)
    await Bun.sleep(5)
  }
  ended.abort()
  await Promise.all(noise)
  await server.stop()
  const ours = [quantile(Float64Array.from(tookMs).sort(), 0.99)]
  return [
    {
      what: `webhook answered beside an export of ${(scale.calls * 10).toLocaleString('en')} calls, p99`,
      unit: 'ms',
      ours,
    },
  ]
}

async function listeners(url: string, count: number) {
  let received = 0
  const sockets: WebSocket[] = []
  for (let index = 0; index < count; index++) {
    const socket = new WebSocket(url.replace('http', 'ws'))
    socket.onmessage = ({ data }) => {
      if (String(data).includes('"event":"call.')) received++
    }
    sockets.push(socket)
    if (index % 100 === 99 || index === count - 1)
      await Promise.all(
        sockets.slice(-100).map((open) => open.readyState === 1 || new Promise((done) => (open.onopen = done))),
      )
  }
  return {
    async all(expected: number): Promise<void> {
      while (received < expected) await Bun.sleep(1)
      received = 0
    },
    close: () => sockets.forEach((socket) => void socket.close()),
  }
}

/** One entry to every socket, against Bun's own publish. */
async function fanOut(scale: Scale): Promise<Measured[]> {
  const EVENTS = 40
  const expected = EVENTS * scale.sockets
  const [ours, bare]: number[][] = [[], []]
  let perSocket = 0
  for (let round = 0; round < scale.rounds; round++) {
    await beside(startYardstickOfSockets(), async ({ url }) => {
      const open = await listeners(url, scale.sockets)
      const began = performance.now()
      await fetch(`${url}/?count=${EVENTS}`)
      await open.all(expected)
      bare!.push(expected / ((performance.now() - began) / 1000))
      open.close()
    })
    const server = await startServer()
    const before = memoryOf(server.pid)
    const open = await listeners(`${server.url}/ws?api_key=${server.apiKey}`, scale.sockets)
    perSocket = (memoryOf(server.pid) - before) / scale.sockets / 1024
    const began = performance.now()
    await Promise.all(
      Array.from({ length: EVENTS }, () => server.deliver(callEvent(nextCallId(), 'ringing', Date.now()))),
    )
    await open.all(expected)
    ours!.push(expected / ((performance.now() - began) / 1000))
    open.close()
    await server.stop()
  }
  const note = `${perSocket.toFixed(1)} kB a socket`
  const yardstick = { name: 'bare Bun, publish', values: bare! }
  return [
    { what: `entries to ${scale.sockets.toLocaleString('en')} sockets`, unit: '/s', ours: ours!, yardstick, note },
  ]
}

const startYardstickOfSockets = () => startYardstick('publish')

/** From the start of the process to its first answer of /ready, on a database that exists. */
async function starting(scale: Scale): Promise<Measured[]> {
  const first = await startServer()
  await first.stop()
  const [tookMs, memory]: number[][] = [[], []]
  for (let round = 0; round < scale.rounds + 2; round++) {
    const began = performance.now()
    const server = await startServer({}, first)
    tookMs!.push(performance.now() - began)
    memory!.push(memoryOf(server.pid) / 1024 ** 2)
    await server.stop()
  }
  return [
    { what: 'start to ready', unit: 'ms', ours: tookMs! },
    { what: 'memory after the start', unit: 'MiB', ours: memory! },
  ]
}

export const PARTS = { receiving, mixed, latency, reading, growth, stall, fanOut, starting }
