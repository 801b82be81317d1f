import { tooManyRequests } from '../http/plugins/rate-limit'
import { createSemaphore } from '../lib/semaphore'
import { prefixOf } from './api-key'

const CHECKS_AT_ONCE = 2

/** Where a key comes from. */
export interface Attempt {
  address: string
  /** Whether the address failed too often: then nothing costly is done for it. */
  lockedOut: boolean
}

/**
 * Checks keys that version 0.1 made: they have no checksum before their first use, so a wrong one costs a bcrypt. It is
 * bounded before it starts: per prefix, per address, and to one processor, so that other keys never wait for it.
 */
export function createLegacyKeyCheck() {
  const turn = createSemaphore(1)
  const underWay = new Map<string, number>()
  const add = (name: string, change: 1 | -1) => {
    const count = (underWay.get(name) ?? 0) + change
    if (count === 0) underWay.delete(name)
    else underWay.set(name, count)
  }

  /** @throws DomainError rate_limited (429) when too many checks are under way. */
  return async function verify(key: string, hash: string, { address, lockedOut }: Attempt): Promise<boolean> {
    const names = [prefixOf(key), `from ${address}`]
    if (lockedOut || names.some((name) => (underWay.get(name) ?? 0) >= CHECKS_AT_ONCE))
      throw tooManyRequests('Too many keys are being checked; try again.', 1000)
    for (const name of names) add(name, 1)
    try {
      return await turn(() => Bun.password.verify(key, hash))
    } finally {
      for (const name of names) add(name, -1)
    }
  }
}
