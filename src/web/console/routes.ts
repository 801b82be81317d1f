import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Authenticator } from '../../auth/authenticator'
import { CONSOLE_HEADER, type ConsoleSessions } from '../../auth/console-sessions'
import { contextOf, isHttps } from '../../http/plugins/request-context'
import { DomainError } from '../../lib/errors'
import { assetResponse, escapeHtml, pageResponse } from '../browser-asset'

interface ConsoleRoutesDeps {
  authenticator: Authenticator
  sessions: ConsoleSessions
  trustProxy: number
  about: {
    environment: string
    version: string
    /** Whether calls may be simulated. */
    sandbox: boolean
    /** The file a sandbox keeps its own admin secret in, or null when the operator chose it. */
    secret_in: string | null
  }
}

const Login = z.object({ secret: z.string().min(1).max(4096) })

/** The web console: one page whose parts all come from the binary, and its login. */
export const consoleRoutes = ({ authenticator, sessions, trustProxy, about }: ConsoleRoutesDeps) =>
  new Elysia({ name: 'console', prefix: '/console', detail: { hide: true } })
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
          throw new DomainError('admin_credentials_invalid', 'The console takes the admin secret, no JWT.')
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
      if (text === undefined)
        throw new DomainError('route_not_found', 'The console has no such file; load the page again.')
      return assetResponse(request, file, text)
    })
    .get('/', () => consolePage(about.secret_in))
    .get('/*', () => consolePage(about.secret_in))

function assertOwnPage(request: Request): void {
  if (request.headers.get(CONSOLE_HEADER) !== '1')
    throw new DomainError('scope_missing', `Only the console's own page may do this; it sends ${CONSOLE_HEADER}.`)
}

const consolePage = (secretIn: string | null): Response =>
  pageResponse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CTI server</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/console/assets/main.css">
<body${secretIn ? ` data-secret-in="${escapeHtml(secretIn)}"` : ''}>
<div id="root"></div>
<script type="module" src="/console/assets/main.js"></script>
`)
