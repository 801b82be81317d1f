import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Auth } from '../../auth/guards'
import type { CallQueries } from '../../calls/queries'
import { problems, sharedModels } from '../../http/schemas'
import { DIALPAD_CODES } from '../client/dialpad-error'
import { CallActed, CallPlaced, MessageSent, PlaceCall, SendMessage, TransferCall } from './model'
import type { ActionService } from './service'

const CallId = z.object({ id: z.string().min(1).max(100).describe('our id, or `dialpad:<call id>`') })

export const actionRoutes = (deps: { auth: Auth; actions: ActionService; calls: CallQueries }) => {
  const { auth, actions, calls } = deps
  const acted = (dialpad_call_id: number) => ({ success: true as const, status: 'requested' as const, dialpad_call_id })

  return new Elysia()
    .use(auth)
    .use(sharedModels)
    .model({ PlaceCall, CallPlaced, TransferCall, CallActed, SendMessage, MessageSent })
    .post(
      '/api/calls/',
      async ({ principal, body, status }) => {
        const placed = await actions.placeCall(principal.appId, body)
        return status(202, {
          ...acted(placed.dialpadCallId),
          dialpad_user_id: placed.dialpadUserId,
          phone_number: placed.phoneNumber,
        })
      },
      {
        scope: 'calls:write',
        body: 'PlaceCall',
        response: { 202: 'CallPlaced', ...problems('mapping_not_found', ...DIALPAD_CODES) },
        detail: {
          tags: ['Calls'],
          operationId: 'placeCall',
          summary: 'Place a call',
          description:
            "Rings the user's telephones and, once answered, the number. The events of the call follow on the stream with " +
            'the customer, job and data given here. On 502 the call may have been placed: look before trying again.',
        },
      },
    )
    .post(
      '/api/calls/:id/hangup',
      async ({ principal, params, status }) => {
        const call = await calls.find(principal, params.id)
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
          description: 'The call.ended event follows. 409 when the call is over.',
        },
      },
    )
    .post(
      '/api/calls/:id/transfer',
      async ({ principal, params, body, status }) => {
        const call = await calls.find(principal, params.id)
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
          description: 'To a number, a CRM user, a target of Dialpad or another call. 409 when the call is over.',
        },
      },
    )
    .post(
      '/api/messages/',
      async ({ principal, body, status }) => {
        const sent = await actions.sendMessage(principal.appId, body)
        return status(202, {
          success: true as const,
          status: sent.status,
          dialpad_message_id: sent.dialpadMessageId,
          from_number: sent.fromNumber,
          to_numbers: sent.toNumbers,
        })
      },
      {
        scope: 'messages:write',
        body: 'SendMessage',
        response: { 202: 'MessageSent', ...problems('mapping_not_found', ...DIALPAD_CODES) },
        detail: {
          tags: ['Messages'],
          operationId: 'sendMessage',
          summary: 'Send an SMS',
          description:
            'To at most ten numbers, each once. How it fares follows as message.sent and message.updated. On 502 it may ' +
            'have been sent: it is never sent twice by itself.',
        },
      },
    )
}
