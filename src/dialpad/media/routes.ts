import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../../auth/guards'
import type { CallQueries } from '../../calls/queries'
import { problems, sharedModels } from '../../http/schemas'
import type { MessageQueries } from '../../messages/queries'
import type { VoicemailQueries } from '../../voicemails/queries'
import { DIALPAD_CODES } from '../client/dialpad-api-error'
import type { MediaKind } from './audio'
import type { MediaService } from './service'
import { type MediaSource, messageOf, recordingOf } from './sources'

const Audio = z.unknown().describe('the audio')
const binary = { content: { 'audio/*': { schema: { type: 'string' as const, format: 'binary' } } } }
/** An `<audio>` element cannot send headers. */
const TokenQuery = z.strictObject({
  token: z.string().max(4096).optional().describe('client token, for an `<audio>` or `<img>` element'),
})
const Attachment = z.unknown().describe('the media')
const anyMedia = { content: { '*/*': { schema: { type: 'string' as const, format: 'binary' } } } }
const attachments = {
  200: { description: 'The media', ...anyMedia },
  206: { description: 'The requested range', ...anyMedia },
}
const answers = {
  200: { description: 'The audio', ...binary },
  206: { description: 'The requested range', ...binary },
}

export const mediaRoutes = (deps: {
  guards: Guards
  media: MediaService
  calls: { queries: CallQueries }
  voicemails: { queries: VoicemailQueries }
  messages: { queries: MessageQueries }
}) => {
  const { guards, media, calls, voicemails, messages } = deps

  async function stream(
    request: Request,
    appId: string,
    sources: MediaSource[],
    kind: MediaKind = 'audio',
  ): Promise<Response> {
    const range = request.headers.get('range')
    const { status, headers, body } = await media.stream(appId, sources, range, request.signal, kind)
    return new Response(body, { status, headers })
  }

  return new Elysia()
    .use(guards)
    .use(sharedModels)
    .get(
      '/api/calls/:id/recording',
      async ({ request, principal, params }) =>
        stream(request, principal.appId, (await calls.queries.legs(principal, params.id)).map(recordingOf)),
      {
        scopeByQuery: 'calls:read',
        query: TokenQuery,
        params: z.object({
          id: z.string().min(1).max(100).describe('id of the call, or `dialpad:` and the Dialpad call id'),
        }),
        response: {
          200: Audio,
          206: Audio,
          ...problems('call_not_found', 'recording_not_found', 'range_not_satisfiable', ...DIALPAD_CODES),
        },
        detail: {
          tags: ['Calls'],
          operationId: 'getCallRecording',
          summary: 'Stream the recording of a call',
          description:
            "Streams the recording from Dialpad with the server's credentials, without storing it. Supports `Range`. For `<audio>`, send the token as `?token=`. If this leg has no recording available to API clients, streams that of another leg of the conversation. A 404 explains why.",
          responses: answers,
        },
      },
    )
    .get(
      '/api/voicemails/:id/audio',
      async ({ request, principal, params }) =>
        stream(request, principal.appId, [messageOf((await voicemails.queries.find(principal, params.id)).voicemail)]),
      {
        scopeByQuery: 'voicemails:read',
        query: TokenQuery,
        params: z.object({ id: z.string().min(1).max(100) }),
        response: {
          200: Audio,
          206: Audio,
          ...problems('voicemail_not_found', 'recording_not_found', 'range_not_satisfiable', ...DIALPAD_CODES),
        },
        detail: {
          tags: ['Voicemails'],
          operationId: 'getVoicemailAudio',
          summary: 'Stream a voicemail',
          description:
            "Streams the voicemail from Dialpad with the server's credentials, without storing it. Supports `Range`. For `<audio>`, send the token as `?token=`.",
          responses: answers,
        },
      },
    )
    .get(
      '/api/messages/:id/media/:index',
      async ({ request, principal, params }) => {
        const url = await messages.queries.mediaUrl(principal, params.id, params.index)
        return stream(request, principal.appId, [{ url, share: null }], 'attachment')
      },
      {
        scopeByQuery: 'messages:read',
        query: TokenQuery,
        params: z.object({
          id: z.string().min(1).max(100),
          index: z.string().min(1).max(100).describe('index of the media file, starting at 0'),
        }),
        response: {
          200: Attachment,
          206: Attachment,
          ...problems('message_not_found', 'recording_not_found', 'range_not_satisfiable', ...DIALPAD_CODES),
        },
        detail: {
          tags: ['Messages'],
          operationId: 'getMessageMedia',
          summary: 'Stream the media of a message',
          description:
            "Streams a picture, audio, video or contact of an MMS from Dialpad with the server's credentials, without storing it.",
          responses: attachments,
        },
      },
    )
}
