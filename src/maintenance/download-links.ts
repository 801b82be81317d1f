import { createHmac } from 'node:crypto'
import type { Clock } from '../lib/clock'
import { equalSecrets } from '../lib/constant-time'

const LIFE_MS = 60_000

export type DownloadLinks = ReturnType<typeof createDownloadLinks>

/** Signed tokens that open one file for a minute: a browser's download can send no admin credentials. */
export function createDownloadLinks({ secret, clock }: { secret: string; clock: Clock }) {
  const sign = (name: string, expires: string) =>
    createHmac('sha256', `download:${secret}`).update(`${expires}\n${name}`).digest('base64url')

  return {
    make(name: string): { token: string; expiresAt: number } {
      const expiresAt = clock() + LIFE_MS
      return { token: `${expiresAt}.${sign(name, String(expiresAt))}`, expiresAt }
    },
    opens(name: string, token: string): boolean {
      const [expires, signature, ...rest] = token.split('.')
      if (!expires || !signature || rest.length > 0) return false
      return equalSecrets(signature, sign(name, expires)) && Number(expires) > clock()
    },
  }
}
