import { Elysia } from 'elysia'
import { z } from 'zod'
import type { ConsoleSessions } from '../../auth/console-sessions'
import { operatorOf } from '../../auth/principal'
import { callExport } from '../../calls/export'
import { CallFilter } from '../../calls/model'
import type { CallQueries } from '../../calls/queries'
import type { MediaKind } from '../../dialpad/media/audio'
import { type MediaService, type MediaSource, messageOf, recordingOf } from '../../dialpad/media/service'
import { contextOf } from '../../http/plugins/request-context'
import { DomainError } from '../../lib/errors'
import type { MessageQueries } from '../../messages/queries'
import type { VoicemailQueries } from '../../voicemails/queries'

interface FileRoutesDeps {
  sessions: ConsoleSessions
  requireApp(appId: string): Promise<unknown>
  media: MediaService
  calls: CallQueries
  voicemails: VoicemailQueries
  messages: MessageQueries
}

const Record = z.object({ app_id: z.string().min(1).max(100), id: z.string().min(1).max(100) })
/** What is shown came from outside: opened by itself, it runs nothing. */
const INERT = { 'content-security-policy': "sandbox; default-src 'none'", 'x-content-type-options': 'nosniff' }

/**
 * What the console plays, shows and downloads by its address: a player or a link sends no header, so the session's cookie
 * is the credential. The cookie never comes from another site, and another site cannot read these answers.
 */
export function consoleFileRoutes({ sessions, requireApp, media, calls, voicemails, messages }: FileRoutesDeps) {
  async function assertOperator(request: Request, appId: string): Promise<void> {
    if (!(await sessions.hasSession(request)))
      throw new DomainError('admin_credentials_missing', 'Log in to the console first.')
    await requireApp(appId)
    contextOf(request).appId = appId
  }

  async function stream(request: Request, appId: string, sources: MediaSource[], kind: MediaKind): Promise<Response> {
    const range = request.headers.get('range')
    const { status, headers, body } = await media.stream(appId, sources, range, request.signal, kind)
    return new Response(body, { status, headers: { ...headers, ...INERT } })
  }

  return new Elysia({ name: 'console-files', prefix: '/console/files/:app_id', detail: { hide: true } })
    .onBeforeHandle(({ request, params }) => assertOperator(request, (params as { app_id: string }).app_id))
    .get(
      '/calls/:id/recording',
      async ({ request, params: { app_id, id } }) =>
        stream(request, app_id, (await calls.legs(operatorOf(app_id), id)).map(recordingOf), 'audio'),
      { params: Record },
    )
    .get(
      '/voicemails/:id/audio',
      async ({ request, params: { app_id, id } }) =>
        stream(request, app_id, [messageOf((await voicemails.find(operatorOf(app_id), id)).voicemail)], 'audio'),
      { params: Record },
    )
    .get(
      '/messages/:id/media/:index',
      async ({ request, params: { app_id, id, index } }) => {
        const url = await messages.mediaUrl(operatorOf(app_id), id, index)
        return stream(request, app_id, [{ url, share: null }], 'attachment')
      },
      { params: Record.extend({ index: z.string().min(1).max(100) }) },
    )
    .get(
      '/calls.csv',
      async ({ params: { app_id }, query }) => callExport(await calls.export(operatorOf(app_id), query), 'csv'),
      { params: z.object({ app_id: z.string().min(1).max(100) }), query: CallFilter },
    )
}
