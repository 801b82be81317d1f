import { tooManyRequests } from '../http/plugins/rate-limit'
import { createSemaphore } from '../lib/semaphore'
import { prefixOf } from './api-key'

const CHECKS_AT_ONCE = 2

/** The client that sent a key. */
export interface KeyAttempt {
  address: string
  /** Whether the address is locked out, which prevents expensive checks. A function, because most keys need no such check. */
  isLockedOut: () => Promise<boolean>
}

/**
 * Checks keys of version 0.1. They have no checksum before their first use, so a wrong key costs a bcrypt. Concurrent
 * checks are limited per prefix, per address and in total, so that other keys never wait.
 */
export function createLegacyKeyCheck() {
  const turn = createSemaphore(1)
  const underWay = new Map<string, number>()
  const add = (name: string, change: 1 | -1) => {
    const count = (underWay.get(name) ?? 0) + change
    if (count === 0) underWay.delete(name)
    else underWay.set(name, count)
  }

  /** @throws DomainError rate_limited (429) if too many checks are in progress. */
  return async function verify(key: string, hash: string, { address, isLockedOut }: KeyAttempt): Promise<boolean> {
    const names = [prefixOf(key), `from ${address}`]
    const isBusy = () => names.some((name) => (underWay.get(name) ?? 0) >= CHECKS_AT_ONCE)
    if ((await isLockedOut()) || isBusy())
      throw tooManyRequests('Too many concurrent key checks. Try again later.', 1000)
    for (const name of names) add(name, 1)
    try {
      return await turn(() => Bun.password.verify(key, hash))
    } finally {
      for (const name of names) add(name, -1)
    }
  }
}
