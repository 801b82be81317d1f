import { ADMIN_SECRET } from './events'
import { quantile } from './load'
import { startServer } from './processes'
import { machine } from './report'

/**
 * How long a valid client waits while 600 connections send wrong keys with the prefixes of real ones, each from another
 * address. `bun test/bench/wrong-keys.ts`; the flood is a process of its own.
 */

const CONNECTIONS = 600
const NEW_CLIENTS = 30

async function flood(url: string, keys: string[]): Promise<never> {
  let sent = 0
  async function sendWrongKey(): Promise<void> {
    const number = sent++
    const key = keys[number % keys.length] ?? ''
    const address = `10.${number % 200}.${(number >> 8) % 250}.${number % 250}`
    const wrong = key.slice(0, -8) + crypto.randomUUID().slice(0, 8)
    const answer = await fetch(`${url}/api/calls/active`, {
      headers: { 'x-app-api-key': wrong, 'x-forwarded-for': address },
    })
    if (answer.status !== 401) throw new Error(`a wrong key got ${answer.status}`)
    await answer.arrayBuffer()
  }
  async function repeat(): Promise<never> {
    while (true) {
      await sendWrongKey()
      await Bun.sleep(500)
    }
  }
  return Promise.race(Array.from({ length: CONNECTIONS }, repeat))
}

async function measure(): Promise<void> {
  const server = await startServer({ TRUST_PROXY: '1', RATE_LIMIT_API: '1000000' })
  const newKey = async (_: unknown, number: number) => {
    const answer = await fetch(`${server.url}/internal/apps`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `App ${number}` }),
    })
    return ((await answer.json()) as { api_key: string }).api_key
  }
  const keys = await Promise.all(Array.from({ length: NEW_CLIENTS }, newKey))
  const known = await newKey(null, NEW_CLIENTS)
  const responseMs = async (key: string) => {
    const startedAt = performance.now()
    const answer = await fetch(`${server.url}/api/calls/active`, { headers: { 'x-app-api-key': key } })
    if (answer.status !== 200) throw new Error(`a valid key got ${answer.status}`)
    await answer.arrayBuffer()
    return performance.now() - startedAt
  }
  await responseMs(known)
  const attacker = Bun.spawn([process.execPath, import.meta.path, server.url, ...keys], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await Bun.sleep(1500)
  const times: Record<'new' | 'known', number[]> = { new: [], known: [] }
  for (const key of keys) {
    times.new.push(await responseMs(key))
    for (let i = 0; i < 5; i++) times.known.push(await responseMs(known))
    await Bun.sleep(50)
  }
  if (attacker.exitCode !== null) throw new Error('the flood ended early')
  attacker.kill()
  await server.stop()
  console.log(machine())
  for (const [client, unsorted] of Object.entries(times)) {
    const ms = unsorted.toSorted((a, b) => a - b)
    console.log(`${client} client: median ${quantile(ms, 0.5).toFixed(0)} ms, most ${quantile(ms, 1).toFixed(0)} ms`)
  }
}

const [url, ...keys] = process.argv.slice(2)
await (url ? flood(url, keys) : measure())
process.exit(0)
