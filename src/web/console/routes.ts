import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Authenticator } from '../../auth/authenticator'
import { CONSOLE_HEADER, type ConsoleSessions } from '../../auth/console-sessions'
import { contextOf, isHttps } from '../../http/plugins/request-context'
import { DomainError } from '../../lib/errors'
import { assetResponse } from '../browser-asset'
import { type About, consolePage, loginPage } from './page'

interface ConsoleRoutesDeps {
  authenticator: Authenticator
  sessions: ConsoleSessions
  trustProxy: number
  about: About
}

const Login = z.object({ secret: z.string().min(1).max(4096) })

/** Serves the web console and its login from the binary. */
export function consoleRoutes({ authenticator, sessions, trustProxy, about }: ConsoleRoutesDeps) {
  /** Serves the login page at the same address to anyone who is not logged in. */
  async function page(request: Request): Promise<Response> {
    const { consoleFiles } = await import('./assets')
    // Without the database the session is unknown. The page then shows that the server is unreachable.
    const isOpen = await sessions.hasSession(request).catch(() => true)
    return isOpen ? consolePage(consoleFiles, about) : loginPage(consoleFiles, about)
  }

  return new Elysia({ name: 'console', prefix: '/console', detail: { hide: true } })
    .get('/session', async ({ request }) => ({
      success: true,
      session: (await sessions.adminOf(request)) ? about : null,
    }))
    .post(
      '/session',
      async ({ request, body, set }) => {
        assertOwnPage(request)
        await authenticator.admin(body.secret, contextOf(request).address)
        if (!sessions.isAdminSecret(body.secret))
          throw new DomainError(
            'admin_credentials_invalid',
            'Log in to the console with the admin secret, not with a JWT.',
          )
        set.headers['set-cookie'] = await sessions.begin(isHttps(request, trustProxy))
        return { success: true, session: about }
      },
      { body: Login },
    )
    .delete('/session', async ({ request, set }) => {
      assertOwnPage(request)
      set.headers['set-cookie'] = await sessions.end(request, isHttps(request, trustProxy))
      return { success: true }
    })
    .get('/assets/:file', async ({ params: { file }, request }) => {
      const { consoleFiles } = await import('./assets')
      const text = Object.hasOwn(consoleFiles, file) ? consoleFiles[file] : undefined
      if (text === undefined) throw new DomainError('route_not_found', 'The console has no such file. Reload the page.')
      return assetResponse(request, file, text)
    })
    .get('/', ({ request }) => page(request))
    .get('/*', ({ request }) => page(request))
}

function assertOwnPage(request: Request): void {
  if (request.headers.get(CONSOLE_HEADER) !== '1')
    throw new DomainError('scope_missing', `Only the console's own page may do this; it sends ${CONSOLE_HEADER}.`)
}
