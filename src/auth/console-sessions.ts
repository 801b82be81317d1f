import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../lib/clock'
import { equalSecrets } from '../lib/constant-time'
import type { AdminPrincipal } from './principal'

const LIFE_MS = 12 * 3600_000
const COOKIE = 'cti_console'

/** A header only our own page sends: a cookie that came along with another site's request opens nothing. */
export const CONSOLE_HEADER = 'x-cti-console'

export type ConsoleSessions = ReturnType<typeof createConsoleSessions>

/**
 * Signed session cookies of the console, good for 12 hours. They hold no secret and live in the browser alone;
 * a new admin secret ends them all.
 */
export function createConsoleSessions({ adminSecret, clock }: { adminSecret: string; clock: Clock }) {
  const sign = (body: string) => createHmac('sha256', `console-session:${adminSecret}`).update(body).digest('base64url')

  function isGood(value: string): boolean {
    const [expires, nonce, signature, ...rest] = value.split('.')
    if (!expires || !nonce || !signature || rest.length > 0) return false
    return equalSecrets(signature, sign(`${expires}.${nonce}`)) && Number(expires) > clock()
  }

  const cookie = (value: string, maxAgeSeconds: number, secure: boolean) =>
    `${COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`

  return {
    /** @returns the `set-cookie` that begins a session. @param secure whether the client spoke HTTPS. */
    begin(secure: boolean): string {
      const body = `${clock() + LIFE_MS}.${randomBytes(16).toString('base64url')}`
      return cookie(`${body}.${sign(body)}`, LIFE_MS / 1000, secure)
    },
    /** Whether this is the admin secret itself: a session outlives an admin JWT, so none is begun with one. */
    opensWith: (secret: string): boolean => equalSecrets(secret, adminSecret),
    end: (secure: boolean): string => cookie('', 0, secure),

    /** Who is logged in, or null: no cookie, a bad or old one, or a request that is not our own page's. */
    adminOf({ headers }: Request): AdminPrincipal | null {
      const site = headers.get('sec-fetch-site')
      if (headers.get(CONSOLE_HEADER) !== '1' || (site !== null && site !== 'same-origin')) return null
      const values = (headers.get('cookie') ?? '').split(/; */).flatMap((part) => {
        const [name, value] = part.split('=', 2)
        return name === COOKIE && value ? [value] : []
      })
      return values.some(isGood) ? { subject: 'console' } : null
    },
  }
}
