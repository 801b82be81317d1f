import { Elysia } from 'elysia'
import type { Guards } from '../../auth/guards'
import { AppParams, problems, sharedModels } from '../../http/schemas'
import { DIALPAD_CODES } from '../client/dialpad-api-error'
import { actionModels, toCallPlaced, toMessageSent } from './routes'
import type { ActionService } from './service'

/** Actions of the operator at Dialpad, for an app and as one of its users. */
export const actionAdminRoutes = (deps: {
  guards: Guards
  actions: ActionService
  apps: { requireApp(appId: string): Promise<unknown> }
}) => {
  const { guards, actions, apps } = deps
  return new Elysia({ prefix: '/internal/apps/:app_id' })
    .use(guards)
    .use(sharedModels)
    .use(actionModels)
    .post(
      '/calls',
      async ({ params, body, status }) => {
        await apps.requireApp(params.app_id)
        return status(202, toCallPlaced(await actions.placeCall(params.app_id, body)))
      },
      {
        admin: true,
        params: AppParams,
        body: 'PlaceCall',
        response: { 202: 'CallPlaced', ...problems('app_not_found', 'mapping_not_found', ...DIALPAD_CODES) },
        detail: {
          tags: ['Calls'],
          operationId: 'placeAppCall',
          summary: 'Place a call for an app',
          description: 'Like `POST /api/calls`, for the operator. The console uses this route to call back.',
        },
      },
    )
    .post(
      '/messages',
      async ({ params, body, status }) => {
        await apps.requireApp(params.app_id)
        return status(202, toMessageSent(await actions.sendMessage(params.app_id, body)))
      },
      {
        admin: true,
        params: AppParams,
        body: 'SendMessage',
        response: { 202: 'MessageSent', ...problems('app_not_found', 'mapping_not_found', ...DIALPAD_CODES) },
        detail: {
          tags: ['Messages'],
          operationId: 'sendAppMessage',
          summary: 'Send an SMS for an app',
          description: 'Like `POST /api/messages`, for the operator. The console uses this route to reply.',
        },
      },
    )
}
