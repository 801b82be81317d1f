import { createHmac } from 'node:crypto'
import type { Clock } from '../lib/clock'
import { equalSecrets } from '../lib/constant-time'

const LINK_LIFETIME_MS = 60_000

export type DownloadLinks = ReturnType<typeof createDownloadLinks>

/** Signed tokens to download one backup within a minute, because a browser download cannot send credentials. */
export function createDownloadLinks({ secret, clock }: { secret: string; clock: Clock }) {
  const sign = (name: string, expires: string) =>
    createHmac('sha256', `download:${secret}`).update(`${expires}\n${name}`).digest('base64url')

  return {
    create(name: string): { token: string; expiresAt: number } {
      const expiresAt = clock() + LINK_LIFETIME_MS
      return { token: `${expiresAt}.${sign(name, String(expiresAt))}`, expiresAt }
    },
    isValid(name: string, token: string): boolean {
      const [expires, signature, ...rest] = token.split('.')
      if (!expires || !signature || rest.length > 0) return false
      return equalSecrets(signature, sign(name, expires)) && Number(expires) > clock()
    },
  }
}
