import { createHmac, randomBytes } from 'node:crypto'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { equalSecrets } from '../lib/constant-time'
import type { AdminPrincipal } from './principal'
import type { SessionStore } from './session-store'

const LIFE_MS = 12 * 3600_000
const COOKIE = 'cti_console'
const TOKEN = /^[\w-]{43}$/
/** A browser sends few cookies of one name: more are somebody's attempt to have many looked up. */
const MOST_COOKIES = 4

/** A header only our own page sends: a cookie that came along with another site's request opens nothing. */
export const CONSOLE_HEADER = 'x-cti-console'

export type ConsoleSessions = ReturnType<typeof createConsoleSessions>

/**
 * Sessions of the console, good for 12 hours or until the logout. The browser holds a random token, the database its hash
 * under the admin secret: a new secret ends every session.
 */
export function createConsoleSessions(deps: {
  database: Database
  store: SessionStore
  adminSecret: string
  clock: Clock
}) {
  const { database, store, adminSecret, clock } = deps
  const idOf = (token: string) => createHmac('sha256', `console-session:${adminSecret}`).update(token).digest('hex')

  const cookie = (value: string, maxAgeSeconds: number, secure: boolean) =>
    `${COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`

  async function isOpen(token: string): Promise<boolean> {
    const session = await store.find(database.queries, idOf(token))
    return session !== null && session.expiresAt > clock()
  }

  async function hasSession(request: Request): Promise<boolean> {
    for (const token of tokensOf(request)) if (await isOpen(token)) return true
    return false
  }

  return {
    /** Whether the browser is logged in: enough for what another site can neither change nor read, such as the page itself. */
    hasSession,

    /** @returns the `set-cookie` that begins a session. @param secure whether the client spoke HTTPS. */
    async begin(secure: boolean): Promise<string> {
      const token = randomBytes(32).toString('base64url')
      const now = clock()
      await store.removeExpired(database.queries, now)
      await store.insert(database.queries, { id: idOf(token), createdAt: now, expiresAt: now + LIFE_MS })
      return cookie(token, LIFE_MS / 1000, secure)
    },
    /** Whether this is the admin secret itself: a session outlives an admin JWT, so none is begun with one. */
    isAdminSecret: (secret: string): boolean => equalSecrets(secret, adminSecret),
    /** Ends the session of a request, also for whoever has a copy of its cookie. @returns the `set-cookie` that removes it. */
    async end(request: Request, secure: boolean): Promise<string> {
      for (const token of tokensOf(request)) await store.remove(database.queries, idOf(token))
      return cookie('', 0, secure)
    },

    /** Who is logged in, or null: no cookie, an unknown or old one, or a request that is not our own page's. */
    async adminOf(request: Request): Promise<AdminPrincipal | null> {
      const site = request.headers.get('sec-fetch-site')
      if (request.headers.get(CONSOLE_HEADER) !== '1' || (site !== null && site !== 'same-origin')) return null
      return (await hasSession(request)) ? { subject: 'console' } : null
    },
  }
}

const tokensOf = ({ headers }: Request): string[] =>
  (headers.get('cookie') ?? '')
    .split(/; */)
    .flatMap((part) => {
      const [name, value] = part.split('=', 2)
      return name === COOKIE && value && TOKEN.test(value) ? [value] : []
    })
    .slice(0, MOST_COOKIES)
