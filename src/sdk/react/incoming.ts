import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { isOpen } from '../../lib/call-status'
import type { TrackedCall } from '../call-tracker'
import type { CallRinging, DialpadService } from '../mini-dialer'
import type { CallStatus, CustomerRef, Party } from '../records'
import { useAuthentication, useCalls } from './hooks'
import { useCti } from './provider'
import { RingingNotice } from './ringing-notice'

/** A call of this person, from the Mini Dialer, from the server, or from both joined by Dialpad's call id. */
export interface PhoneCall {
  dialpad_call_id: string
  direction: 'inbound' | 'outbound'
  status: CallStatus
  phone_number: string | null
  /** From the app's directory, otherwise from Dialpad. */
  name: string | null
  /** The other party as Dialpad describes it. */
  contact: Party | null
  customer: CustomerRef | null
  customer_id: string | null
  job_id: string | null
  connected_at: string | null
  duration_seconds: number | null
}

/** A ringing call as `onIncomingCall` receives it. */
export interface IncomingCall extends PhoneCall {
  /** The same as `phone_number`. */
  external_number: string | null
}

interface PhoneCalls {
  /** The person's calls, newest first. */
  calls: PhoneCall[]
  /** Whether the customer lookup is complete. */
  isCustomerSettled: (call: PhoneCall) => boolean
}

export function usePhoneCalls(service: DialpadService | null): PhoneCalls {
  const tracked = useCalls()
  const client = useCti()?.client
  const { user_id } = useAuthentication()
  const [rung, setRung] = useState<ReadonlyMap<string, CallRinging>>(new Map())
  const [found, setFound] = useState<Found>(new Map())
  const requested = useRef(new Set<string>())

  useEffect(
    () =>
      service?.on('call_ringing', (call) => {
        setRung((before) => new Map(before).set(call.id, call))
      }),
    [service],
  )

  const calls = useMemo(() => {
    const mine = tracked.filter(
      (call) =>
        client?.userId != null ||
        (user_id !== null && call.dialpad_user_id === user_id) ||
        rung.has(String(call.dialpad_call_id)),
    )
    const known = new Set(mine.map((call) => String(call.dialpad_call_id)))
    const onlyRung = [...rung.values()].filter((call) => call.state === 'on' && !known.has(call.id))
    return [...onlyRung.map((call) => fromDialer(call, found)), ...mine.map((call) => fromServer(call, found))]
  }, [tracked, rung, found, user_id, client])

  // Another client may use another directory.
  useEffect(() => {
    if (!client) return
    return () => {
      requested.current.clear()
      setFound(new Map())
    }
  }, [client])

  useEffect(() => {
    for (const { phone_number, customer } of calls) {
      if (!client || !phone_number || customer || requested.current.has(phone_number)) continue
      requested.current.add(phone_number)
      const settle = (customer: CustomerRef | null) => setFound((before) => new Map(before).set(phone_number, customer))
      client.customers.lookup(phone_number).then(
        (known) => settle(known && { id: known.external_id, name: known.name, url: known.url }),
        () => settle(null),
      )
    }
  }, [calls, client])

  const isCustomerSettled = useCallback(
    ({ customer, phone_number }: PhoneCall) =>
      customer !== null || !client || phone_number === null || found.has(phone_number),
    [client, found],
  )
  return { calls, isCustomerSettled }
}

type Found = ReadonlyMap<string, CustomerRef | null>

function fromDialer(call: CallRinging, found: Found): PhoneCall {
  const customer = (call.external_number && found.get(call.external_number)) || null
  return {
    dialpad_call_id: call.id,
    direction: 'inbound',
    status: 'ringing',
    phone_number: call.external_number,
    name: customer?.name ?? call.contact?.name ?? null,
    contact: call.contact ?? null,
    customer,
    customer_id: customer?.id ?? null,
    job_id: null,
    connected_at: null,
    duration_seconds: null,
  }
}

function fromServer(call: TrackedCall, found: Found): PhoneCall {
  const number = (call.direction === 'inbound' ? call.from_number : call.to_number) ?? null
  const customer = call.customer ?? (number === null ? null : (found.get(number) ?? null))
  return {
    dialpad_call_id: String(call.dialpad_call_id),
    direction: call.direction,
    status: call.status,
    phone_number: number,
    name: customer?.name ?? call.contact?.name ?? null,
    contact: call.contact ?? null,
    customer,
    customer_id: call.customer_id ?? customer?.id ?? null,
    job_id: call.job_id ?? null,
    connected_at: call.connected_at ?? null,
    duration_seconds: call.duration_seconds ?? null,
  }
}

interface IncomingHandlers {
  /** This tab shows the call. */
  onClaim: () => void
  onIncomingCall: ((call: IncomingCall) => void) | undefined
}

/** Reports each ringing inbound call in one of the person's tabs, with its customer if there is one. */
export function useIncoming({ calls, isCustomerSettled }: PhoneCalls, handlers: IncomingHandlers): void {
  const notices = useRef(new Map<string, RingingNotice>())
  const latest = useRef({ calls, isCustomerSettled, handlers })
  latest.current = { calls, isCustomerSettled, handlers }

  useEffect(() => {
    for (const { dialpad_call_id: id, direction, status } of calls) {
      if (direction !== 'inbound' || status !== 'ringing' || notices.current.has(id)) continue
      notices.current.set(
        id,
        new RingingNotice(id, {
          look: () => {
            const call = latest.current.calls.find(({ dialpad_call_id }) => dialpad_call_id === id)
            return call ? { call, settled: latest.current.isCustomerSettled(call) } : null
          },
          onClaim: () => latest.current.handlers.onClaim(),
          onCall: (call) => latest.current.handlers.onIncomingCall?.({ ...call, external_number: call.phone_number }),
        }),
      )
    }
    const open = new Set(calls.filter(({ status }) => isOpen(status)).map(({ dialpad_call_id }) => dialpad_call_id))
    for (const [id, notice] of notices.current)
      if (open.has(id)) notice.update()
      else {
        notice.finish()
        notices.current.delete(id)
      }
  }, [calls, isCustomerSettled])

  useEffect(
    () => () => {
      for (const notice of notices.current.values()) notice.cancel()
      notices.current.clear()
    },
    [],
  )
}
