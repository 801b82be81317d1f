import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../../auth/guards'
import type { CallQueries } from '../../calls/queries'
import { problems, sharedModels } from '../../http/schemas'
import { DIALPAD_CODES } from '../client/dialpad-api-error'
import { CallActed, CallPlaced, MessageSent, PlaceCall, SendMessage, TransferCall } from './model'
import type { ActionService } from './service'

const CallId = z.object({
  id: z.string().min(1).max(100).describe('id of the call, or `dialpad:` and the Dialpad call id'),
})

type RequestedCall = Awaited<ReturnType<ActionService['placeCall']>>
type RequestedMessage = Awaited<ReturnType<ActionService['sendMessage']>>

const acted = (dialpad_call_id: number) => ({ success: true as const, status: 'requested' as const, dialpad_call_id })
export const toCallPlaced = ({ dialpadCallId, dialpadUserId, phoneNumber }: RequestedCall) => ({
  ...acted(dialpadCallId),
  dialpad_user_id: dialpadUserId,
  phone_number: phoneNumber,
})
export const toMessageSent = ({ dialpadMessageId, status, fromNumber, toNumbers }: RequestedMessage) => ({
  success: true as const,
  status,
  dialpad_message_id: dialpadMessageId,
  from_number: fromNumber,
  to_numbers: toNumbers,
})

export const actionModels = new Elysia({ name: 'action-models' }).model({
  PlaceCall,
  CallPlaced,
  TransferCall,
  CallActed,
  SendMessage,
  MessageSent,
})

export const actionRoutes = (deps: { guards: Guards; actions: ActionService; calls: { queries: CallQueries } }) => {
  const { guards, actions, calls } = deps
  return new Elysia()
    .use(guards)
    .use(sharedModels)
    .use(actionModels)
    .post(
      '/api/calls/',
      async ({ principal, body, status }) => status(202, toCallPlaced(await actions.placeCall(principal.appId, body))),
      {
        scope: 'calls:write',
        body: 'PlaceCall',
        response: { 202: 'CallPlaced', ...problems('mapping_not_found', ...DIALPAD_CODES) },
        detail: {
          tags: ['Calls'],
          operationId: 'placeCall',
          summary: 'Place a call',
          description:
            "Rings the user's phones and, after the answer, dials the number. The stream then delivers the events of the call with " +
            'the given customer, job and data. After a 502 the call may have been placed: check before you retry.',
        },
      },
    )
    .post(
      '/api/calls/:id/hangup',
      async ({ principal, params, status }) => {
        const call = await calls.queries.find(principal, params.id)
        await actions.hangUp(principal.appId, call)
        return status(202, acted(call.dialpadCallId))
      },
      {
        scope: 'calls:write',
        params: CallId,
        response: { 202: 'CallActed', ...problems('call_not_found', 'conflict', ...DIALPAD_CODES) },
        detail: {
          tags: ['Calls'],
          operationId: 'hangUpCall',
          summary: 'Hang up a call',
          description: 'Ends a call. The event `call.ended` follows. Returns 409 if the call is already over.',
        },
      },
    )
    .post(
      '/api/calls/:id/transfer',
      async ({ principal, params, body, status }) => {
        const call = await calls.queries.find(principal, params.id)
        await actions.transfer(principal.appId, call, body)
        return status(202, acted(call.dialpadCallId))
      },
      {
        scope: 'calls:write',
        params: CallId,
        body: 'TransferCall',
        response: {
          202: 'CallActed',
          ...problems('call_not_found', 'mapping_not_found', 'conflict', ...DIALPAD_CODES),
        },
        detail: {
          tags: ['Calls'],
          operationId: 'transferCall',
          summary: 'Transfer a call',
          description:
            'Transfers a call to a number, a CRM user, a Dialpad target or another call. Returns 409 if the call is already over.',
        },
      },
    )
    .post(
      '/api/messages/',
      async ({ principal, body, status }) =>
        status(202, toMessageSent(await actions.sendMessage(principal.appId, body))),
      {
        scope: 'messages:write',
        body: 'SendMessage',
        response: { 202: 'MessageSent', ...problems('mapping_not_found', ...DIALPAD_CODES) },
        detail: {
          tags: ['Messages'],
          operationId: 'sendMessage',
          summary: 'Send an SMS',
          description:
            'Sends an SMS to up to ten numbers. The events `message.sent` and `message.updated` report its delivery. After a 502 ' +
            'it may have been sent: the server never sends it twice.',
        },
      },
    )
}
