import { createServer, type Server } from 'node:net'

/**
 * Ports for what must know its address before it listens. A run owns a block of them, below the range from which
 * systems choose ports themselves, for as long as it holds the block's first port: two runs never meet.
 */

const FIRST_BLOCK = 20_000
const LAST_BLOCK = 31_900
const BLOCK = 100

let block: Promise<Iterator<number>> | undefined

/** @returns a port on which nothing listens, and that no other run is given. */
export async function freePort(): Promise<number> {
  block ??= ownBlock()
  const ports = await block
  for (let next = ports.next(); !next.done; next = ports.next()) {
    const probe = await listen(next.value)
    if (probe === null) continue
    await new Promise((resolve) => probe.close(resolve))
    return next.value
  }
  throw new Error('this run has used up its ports')
}

async function ownBlock(): Promise<Iterator<number>> {
  for (let first = FIRST_BLOCK; first <= LAST_BLOCK; first += BLOCK) {
    const held = await listen(first)
    if (held === null) continue
    held.unref()
    return Array.from({ length: BLOCK - 1 }, (_, i) => first + 1 + i).values()
  }
  throw new Error('every block of ports is in use')
}

function listen(port: number): Promise<Server | null> {
  const { promise, resolve } = Promise.withResolvers<Server | null>()
  const server = createServer()
  server.once('error', () => resolve(null)).listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server))
  return promise
}
