import { Elysia } from 'elysia'
import { z } from 'zod'
import type { AppService } from '../apps/service'
import type { Guards } from '../auth/guards'
import { operatorOf } from '../auth/principal'
import { AppParams, problems, sharedModels, toPage } from '../http/schemas'
import { Voicemail, VoicemailAnswer, VoicemailList, VoicemailQuery } from './model'
import type { VoicemailQueries } from './queries'

const VoicemailId = z.object({ id: z.string().min(1).max(100) })

export const voicemailRoutes = ({
  guards,
  voicemails,
}: {
  guards: Guards
  voicemails: { queries: VoicemailQueries }
}) =>
  new Elysia({ prefix: '/api/voicemails', tags: ['Voicemails'] })
    .use(guards)
    .use(sharedModels)
    .model({ Voicemail, VoicemailList, VoicemailAnswer })
    .get(
      '/',
      async ({ principal, query }) => ({
        success: true as const,
        ...(await voicemails.queries.list(principal, query, toPage(query))),
      }),
      {
        scope: 'voicemails:read',
        query: VoicemailQuery,
        response: { 200: 'VoicemailList' },
        detail: {
          operationId: 'listVoicemails',
          summary: 'List voicemails',
          description: 'Returns voicemails, newest first. A voicemail may exist without its call.',
        },
      },
    )
    .get(
      '/:id',
      async ({ principal, params }) => ({
        success: true as const,
        voicemail: await voicemails.queries.get(principal, params.id),
      }),
      {
        scope: 'voicemails:read',
        params: VoicemailId,
        response: { 200: 'VoicemailAnswer', ...problems('voicemail_not_found') },
        detail: {
          operationId: 'getVoicemail',
          summary: 'Get a voicemail',
          description: 'Returns a voicemail with its transcript.',
        },
      },
    )

/** Admin routes for voicemails. Only an operator may delete one. */
export const voicemailAdminRoutes = (deps: {
  guards: Guards
  voicemails: { queries: VoicemailQueries }
  apps: AppService
}) => {
  const { guards, voicemails, apps } = deps
  const operator = async (appId: string) => operatorOf((await apps.requireApp(appId)).id)

  return new Elysia({ prefix: '/internal/apps/:app_id/voicemails', tags: ['Voicemails'] })
    .use(guards)
    .use(sharedModels)
    .model({ Voicemail, VoicemailList, VoicemailAnswer })
    .get(
      '/',
      async ({ params, query }) => ({
        success: true as const,
        ...(await voicemails.queries.list(await operator(params.app_id), query, toPage(query))),
      }),
      {
        admin: true,
        params: AppParams,
        query: VoicemailQuery,
        response: { 200: 'VoicemailList', ...problems('app_not_found') },
        detail: {
          operationId: 'listAppVoicemails',
          summary: "List an app's voicemails",
          description: "Returns an app's voicemails, newest first, with the same filters as the client route.",
        },
      },
    )
    .get(
      '/:id',
      async ({ params }) => ({
        success: true as const,
        voicemail: await voicemails.queries.get(await operator(params.app_id), params.id),
      }),
      {
        admin: true,
        params: AppParams.extend(VoicemailId.shape),
        response: { 200: 'VoicemailAnswer', ...problems('app_not_found', 'voicemail_not_found') },
        detail: {
          operationId: 'getAppVoicemail',
          summary: "Get an app's voicemail",
          description: 'Returns a voicemail with its transcript.',
        },
      },
    )
    .delete(
      '/:id',
      async ({ params }) => ({
        success: true as const,
        voicemail: await voicemails.queries.remove(await operator(params.app_id), params.id),
      }),
      {
        admin: true,
        params: AppParams.extend(VoicemailId.shape),
        response: { 200: 'VoicemailAnswer', ...problems('app_not_found', 'voicemail_not_found') },
        detail: {
          operationId: 'deleteAppVoicemail',
          summary: 'Delete a voicemail',
          description: 'Deletes the voicemail on this server, not at Dialpad. Returns the deleted voicemail.',
        },
      },
    )
}
