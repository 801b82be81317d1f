import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares secrets in constant time, so that the duration reveals neither content nor length. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}
