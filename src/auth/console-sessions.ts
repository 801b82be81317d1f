import { createHmac, randomBytes } from 'node:crypto'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { equalSecrets } from '../lib/constant-time'
import type { AdminPrincipal } from './principal'
import type { SessionStore } from './session-store'

const LIFE_MS = 12 * 3600_000
const COOKIE = 'cti_console'
const TOKEN = /^[\w-]{43}$/
/** Maximum session cookies checked per request. Browsers send few cookies with the same name. */
const MAX_COOKIES = 4

/** Header that only the console sends, so that requests from other sites cannot use its cookie. */
export const CONSOLE_HEADER = 'x-cti-console'

export type ConsoleSessions = ReturnType<typeof createConsoleSessions>

/**
 * Console sessions, valid for 12 hours or until the logout. The browser has a random token and the database its hash with
 * the admin secret, so that a new secret ends every session.
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

  async function find(id: string): Promise<{ id: string; expiresAt: number } | null> {
    const session = await store.find(database.queries, id)
    return session !== null && session.expiresAt > clock() ? { id, expiresAt: session.expiresAt } : null
  }

  async function sessionOf(request: Request) {
    for (const token of tokensOf(request)) {
      const session = await find(idOf(token))
      if (session) return session
    }
    return null
  }

  return {
    /** Whether the browser is logged in. Sufficient for responses that other sites cannot read, such as the page itself. */
    hasSession: async (request: Request): Promise<boolean> => (await sessionOf(request)) !== null,
    /** Whether a session has not ended. */
    isOpen: async (id: string): Promise<boolean> => (await find(id)) !== null,

    /** Starts a session. @param secure whether the client used HTTPS. @returns the `set-cookie` header. */
    async begin(secure: boolean): Promise<string> {
      const token = randomBytes(32).toString('base64url')
      const now = clock()
      await store.removeExpired(database.queries, now)
      await store.insert(database.queries, { id: idOf(token), createdAt: now, expiresAt: now + LIFE_MS })
      return cookie(token, LIFE_MS / 1000, secure)
    },
    /** Whether the text is the admin secret. A JWT cannot start a session, which would outlive it. */
    isAdminSecret: (secret: string): boolean => equalSecrets(secret, adminSecret),
    /** Ends a request's session, including copies of its cookie and the tokens it created. @returns the `set-cookie` header that removes the cookie. */
    async end(request: Request, secure: boolean): Promise<string> {
      await database.transaction(async (tx) => {
        for (const token of tokensOf(request)) await store.remove(tx, idOf(token))
        tx.notify('sessions', '')
      })
      return cookie('', 0, secure)
    },

    /** The logged-in administrator. Null without a valid cookie, and for requests from other pages. */
    async adminOf(request: Request): Promise<AdminPrincipal | null> {
      const site = request.headers.get('sec-fetch-site')
      if (request.headers.get(CONSOLE_HEADER) !== '1' || (site !== null && site !== 'same-origin')) return null
      const session = await sessionOf(request)
      return session && { subject: 'console', session }
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
    .slice(0, MAX_COOKIES)
