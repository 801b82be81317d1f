import { isOver } from '../../lib/call-status'
import { DomainError } from '../../lib/errors'
import { parsePhoneNumber, type Region } from '../../lib/phone-number'
import type { UserLookup } from '../../users/lookup'
import type { DialpadApi, TransferTo } from '../client/api'

/** Data that Dialpad attaches to a call and returns with its events. */
const MAX_CUSTOM_DATA = 2000

/** The acting user: a CRM user, or a Dialpad user directly. */
export interface Actor {
  user_id?: string | undefined
  dialpad_user_id?: number | undefined
}

interface References {
  customer_id?: string | undefined
  job_id?: string | undefined
  custom_data?: Record<string, unknown> | string | undefined
}

export interface CallRequest extends Actor, References {
  phone_number: string
  outbound_caller_id?: string | undefined
}

export interface Transfer extends References {
  to: { phone_number: string } | { user_id: string } | TransferTarget | { call_id: number }
  transfer_state?: 'hold' | 'parked' | 'preanswer' | 'voicemail' | undefined
}
type TransferTarget = { target_id: number; target_type: 'callcenter' | 'department' | 'office' | 'user' }

export interface MessageRequest extends Actor {
  to_numbers: string[]
  text: string
  from_number?: string | undefined
}

export type ActionService = ReturnType<typeof createActionService>

/** Actions of an app at Dialpad. Numbers are sent as E.164. A request with a lost response is never repeated. */
export function createActionService(deps: {
  api: DialpadApi
  region: Region
  users: { lookup: Pick<UserLookup, 'dialpadUserIds'> }
}) {
  const { api, users, region } = deps

  function e164(path: string, text: string): string {
    const number = parsePhoneNumber(text, region)
    if (number) return number
    throw invalid(path, `${text} is not a phone number`)
  }

  async function userOf(appId: string, crmUserId: string, path: string): Promise<number> {
    const ids = await users.lookup.dialpadUserIds(appId, crmUserId)
    if (ids.length > 1) throw invalid(path, `user ${crmUserId} is mapped to several Dialpad users; set dialpad_user_id`)
    if (ids[0] !== undefined) return ids[0]
    throw new DomainError(
      'mapping_not_found',
      `User ${crmUserId} is not mapped to a Dialpad user. Create the mapping first.`,
    )
  }

  async function actorOf(appId: string, { user_id, dialpad_user_id }: Actor): Promise<number> {
    if (dialpad_user_id !== undefined && user_id === undefined) return dialpad_user_id
    if (user_id !== undefined && dialpad_user_id === undefined) return userOf(appId, user_id, 'user_id')
    throw invalid('user_id', 'set either user_id or dialpad_user_id')
  }

  async function destinationOf(appId: string, to: Transfer['to']): Promise<TransferTo> {
    if ('phone_number' in to) return { number: e164('to.phone_number', to.phone_number) }
    if ('user_id' in to) return { target_type: 'user', target_id: await userOf(appId, to.user_id, 'to.user_id') }
    return to
  }

  return {
    /** Rings the user's phones, then dials the number. @returns the Dialpad id of the call. */
    async placeCall(appId: string, call: CallRequest) {
      const phone_number = e164('phone_number', call.phone_number)
      const user_id = await actorOf(appId, call)
      const caller = call.outbound_caller_id
      const custom_data = customDataOf(call)
      const dialpadCallId = await api.placeCall(appId, {
        phone_number,
        user_id,
        ...(caller === undefined
          ? {}
          : { outbound_caller_id: caller === 'blocked' ? caller : e164('outbound_caller_id', caller) }),
        ...(custom_data === null ? {} : { custom_data }),
      })
      return { dialpadCallId, phoneNumber: phone_number, dialpadUserId: user_id }
    },

    async hangUp(appId: string, call: { dialpadCallId: number; status: string }): Promise<void> {
      assertInProgress(call)
      await api.hangUp(appId, call.dialpadCallId)
    },

    async transfer(appId: string, call: { dialpadCallId: number; status: string }, transfer: Transfer): Promise<void> {
      assertInProgress(call)
      const to = await destinationOf(appId, transfer.to)
      const { transfer_state } = transfer
      const custom_data = customDataOf(transfer)
      await api.transfer(appId, call.dialpadCallId, {
        to,
        ...(transfer_state ? { transfer_state } : {}),
        ...(custom_data === null ? {} : { custom_data }),
      })
    },

    async sendMessage(appId: string, message: MessageRequest) {
      const to_numbers = [...new Set(message.to_numbers.map((number, i) => e164(`to_numbers.${i}`, number)))]
      const sender =
        message.from_number === undefined
          ? { user_id: await actorOf(appId, message) }
          : { from_number: e164('from_number', message.from_number) }
      const sent = await api.sendSms(appId, { to_numbers, text: message.text, ...sender })
      return { dialpadMessageId: sent.id, status: sent.status, fromNumber: sent.fromNumber, toNumbers: to_numbers }
    },
  }
}

/** Custom data as one JSON object that includes customer and job, so that the events of the call contain them. */
function customDataOf({ customer_id, job_id, custom_data }: References): string | null {
  const references = { ...(customer_id ? { customer_id } : {}), ...(job_id ? { job_id } : {}) }
  const own = typeof custom_data === 'string' ? { note: custom_data } : custom_data
  if (Object.keys(references).length === 0 && custom_data === undefined) return null
  const text =
    typeof custom_data === 'string' && Object.keys(references).length === 0
      ? custom_data
      : JSON.stringify({ ...own, ...references })
  if (text.length <= MAX_CUSTOM_DATA) return text
  throw invalid('custom_data', `must have at most ${MAX_CUSTOM_DATA} characters as JSON, including customer and job`)
}

function assertInProgress({ status }: { status: string }): void {
  if (isOver(status)) throw new DomainError('conflict', 'The call is over.')
}

const invalid = (path: string, message: string) =>
  new DomainError('validation_failed', `Invalid body: ${path}: ${message}`, { errors: [{ path, message }] })
