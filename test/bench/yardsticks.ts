import { Database } from 'bun:sqlite'
import { createHmac, timingSafeEqual } from 'node:crypto'
import postgres from 'postgres'
import { WEBHOOK_SECRET } from './events'

/**
 * What the same work costs without the product: bare Bun, one purpose each. `PORT=… bun yardsticks.ts <name> <arguments>`
 */

const [name, ...given] = process.argv.slice(2)
const [first = '', second = ''] = given
const json = (text: string) => new Response(text, { headers: { 'content-type': 'application/json' } })

interface Row {
  id: string
  key: string
  body: string
  at: number
}

function verified(jwt: string): Row {
  const dot = jwt.lastIndexOf('.')
  const signature = Buffer.from(jwt.slice(dot + 1), 'base64url')
  const expected = createHmac('sha256', WEBHOOK_SECRET).update(jwt.slice(0, dot)).digest()
  if (signature.length !== 32 || !timingSafeEqual(signature, expected)) throw new Error('the signature is wrong')
  const event = JSON.parse(Buffer.from(jwt.slice(jwt.indexOf('.') + 1, dot), 'base64url').toString())
  const key = `${event.call_id}:${event.state}:${event.event_timestamp}`
  return { id: Bun.randomUUIDv7(), key, body: jwt, at: Date.now() }
}

/** Rows that arrive together share one commit. */
function gathering(commit: (rows: Row[]) => unknown, parallel: number) {
  let waiting: { row: Row; done: () => void }[] = []
  let underWay = 0
  async function flush(): Promise<void> {
    while (waiting.length > 0 && underWay < parallel) {
      const group = waiting
      waiting = []
      underWay++
      await commit(group.map(({ row }) => row))
      underWay--
      for (const { done } of group) done()
    }
  }
  return (row: Row) =>
    new Promise<void>((done) => {
      waiting.push({ row, done })
      setImmediate(flush)
    })
}

const receive = (store: (row: Row) => Promise<void>) => async (request: Request) => {
  await store(verified(await request.text()))
  return json('{"received":true}')
}

const handlers: Record<string, () => Promise<(request: Request) => Response | Promise<Response>>> = {
  async bytes() {
    const text = await Bun.file(first).text()
    return () => json(text)
  },
  async 'sqlite-batched'() {
    const file = new Database(first, { create: true })
    for (const pragma of ['journal_mode = WAL', 'synchronous = FULL']) file.run(`PRAGMA ${pragma}`)
    file.run('CREATE TABLE events (id TEXT PRIMARY KEY, key TEXT UNIQUE, body TEXT, at INTEGER)')
    const insert = file.query('INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
    const commit = file.transaction((rows: Row[]) => {
      for (const { id, key, body, at } of rows) insert.run(id, key, body, at)
    })
    return receive(gathering((rows) => commit.immediate(rows), 1))
  },
  async 'pg-batched'() {
    const sql = postgres(first, { max: 10, onnotice: () => {} })
    await sql`CREATE TABLE yardstick (id text PRIMARY KEY, key text UNIQUE, body text, at bigint)`
    const commit = (rows: Row[]) => sql`INSERT INTO yardstick ${sql(rows)} ON CONFLICT DO NOTHING`
    return receive(gathering(commit, 2))
  },
  /** The newest 50 calls of an app from the product's own file. */
  async 'sqlite-list'() {
    const file = new Database(first, { readonly: true })
    const query = file.query('SELECT * FROM calls WHERE app_id = ? ORDER BY started_at DESC, id DESC LIMIT 50')
    const parsed = (text: unknown) => (typeof text === 'string' ? JSON.parse(text) : null)
    const instant = (ms: unknown) => (typeof ms === 'number' ? new Date(ms).toISOString() : null)
    return () => {
      const calls = (query.all(second) as Record<string, unknown>[]).map((row) => ({
        ...row,
        contact: parsed(row.contact),
        target: parsed(row.target),
        started_at: instant(row.started_at),
        ended_at: instant(row.ended_at),
      }))
      return json(JSON.stringify({ success: true, calls }))
    }
  },
}

const port = Number(process.env.PORT)
const hostname = '127.0.0.1'
if (name === 'publish') {
  const text = JSON.stringify({ event: 'call.ring', fill: 'x'.repeat(900) })
  Bun.serve({
    port,
    hostname,
    fetch(request, server) {
      const count = Number(new URL(request.url).searchParams.get('count') ?? 0)
      for (let index = 0; index < count; index++) server.publish('all', text)
      return count === 0 && server.upgrade(request) ? undefined : new Response()
    },
    websocket: { open: (socket) => void socket.subscribe('all'), message() {} },
  })
} else {
  const handler = await handlers[name ?? '']?.()
  if (!handler) throw new Error(`there is no yardstick ${name}`)
  Bun.serve({ port, hostname, routes: { '/up': new Response() }, fetch: handler })
}
