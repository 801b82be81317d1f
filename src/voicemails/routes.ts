import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Auth } from '../http/auth'
import { problems, sharedModels, toPage } from '../http/schemas'
import { VoicemailAnswer, VoicemailList, VoicemailQuery } from './model'
import type { VoicemailQueries } from './queries'

const VoicemailId = z.object({ id: z.string().min(1).max(100) })

export const voicemailRoutes = ({ auth, voicemails }: { auth: Auth; voicemails: VoicemailQueries }) =>
  new Elysia({ prefix: '/api/voicemails', tags: ['Voicemails'] })
    .use(auth)
    .use(sharedModels)
    .model({ VoicemailList, VoicemailAnswer })
    .get(
      '/',
      async ({ principal, query }) => ({
        success: true as const,
        ...(await voicemails.list(principal, query, toPage(query))),
      }),
      {
        scope: 'voicemails:read',
        query: VoicemailQuery,
        response: { 200: 'VoicemailList', ...problems(401, 403, 422, 429) },
        detail: { summary: 'List voicemails', description: 'Newest first; one may be of a call that was never seen.' },
      },
    )
    .get(
      '/:id',
      async ({ principal, params }) => ({
        success: true as const,
        voicemail: await voicemails.get(principal, params.id),
      }),
      {
        scope: 'voicemails:read',
        params: VoicemailId,
        response: { 200: 'VoicemailAnswer', ...problems(401, 403, 404, 422, 429) },
        detail: { summary: 'Read a voicemail', description: 'One voicemail with its transcript.' },
      },
    )
