import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares secrets without telling by its duration where, or by how much in length, they differ. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}
