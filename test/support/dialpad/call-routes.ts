import { answer, int64, page, Refused } from './answer'
import { callAnswer } from './call-wire'
import type { Calls } from './calls'
import type { Route } from './routing'
import type { State } from './state'

const CONCLUDED = ['hangup', 'missed', 'blocked']

interface NewOutboundCall {
  phone_number: string
  user_id: number
  custom_data?: string
}
interface Transfer {
  to?: { number?: string } | null
  transfer_state?: string
  custom_data?: string
}

/** `/call` and its actions. */
export function callRoutes(state: State, calls: Calls, settings: { pageSize: number }): Route[] {
  return [
    [
      'GET /api/v2/call',
      ({ query }) => {
        const after = Number(query.started_after ?? Number.NEGATIVE_INFINITY)
        const before = Number(query.started_before ?? Number.POSITIVE_INFINITY)
        const concluded = [...state.calls.values()]
          .filter((call) => CONCLUDED.includes(call.state) && call.date_ended !== null)
          .filter((call) => call.date_started > after && call.date_started < before)
          .sort((a, b) => b.date_started - a.date_started || b.call_id - a.call_id)
        return page(concluded, query.cursor, settings.pageSize, callAnswer)
      },
    ],
    ['GET /api/v2/call/{id}', ({ id }) => answer(callAnswer(calls.find(id)))],
    [
      'POST /api/v2/call',
      ({ body }) => {
        const { phone_number, user_id, custom_data } = body as NewOutboundCall
        const call = calls.create({
          direction: 'outbound',
          userId: user_id,
          externalNumber: phone_number,
          ...(custom_data === undefined ? {} : { customData: custom_data }),
        })
        void calls.announce(call)
        return answer({ call_id: int64(call.call_id) })
      },
    ],
    [
      'PUT /api/v2/call/{id}/actions/hangup',
      ({ id }) => {
        const call = calls.find(id)
        if (call.date_ended !== null) throw new Refused(400, 'The call is not active')
        void calls.hangup(call)
        return new Response(null, { status: 200 })
      },
    ],
    [
      'POST /api/v2/call/{id}/transfer',
      ({ id, body }) => {
        const call = calls.find(id)
        const { to, transfer_state = 'preanswer', custom_data } = body as Transfer
        if (call.date_ended !== null) throw new Refused(400, 'The call is not active')
        call.is_transferred = true
        if (custom_data !== undefined) call.custom_data = custom_data
        void calls.hangup(call)
        return answer({
          call_id: int64(call.call_id),
          transferred_to_number: to?.number ?? null,
          transferred_to_state: transfer_state,
        })
      },
    ],
  ]
}
