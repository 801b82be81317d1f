import { useEffect, useMemo, useRef, useState } from 'react'
import type { TrackedCall } from '../call-tracker'
import type { CallRinging, DialpadService } from '../mini-dialer'
import { type CallStatus, type CustomerRef, LIVE_STATUSES } from '../records'
import { claimRingingCall, type RingingClaim } from '../ringing-claim'
import { useAuthentication, useCalls } from './hooks'
import { useCti } from './provider'

/** A call of this person, from the Mini Dialer, from the server, or from both joined by Dialpad's call id. */
export interface PhoneCall {
  dialpad_call_id: string
  direction: 'inbound' | 'outbound'
  status: CallStatus
  phone_number: string | null
  /** From the app's directory, else from Dialpad. */
  name: string | null
  customer: CustomerRef | null
  customer_id: string | null
  job_id: string | null
  connected_at: string | null
  duration_seconds: number | null
}

/** The person's calls, newest first. */
export function usePhoneCalls(service: DialpadService | null): PhoneCall[] {
  const tracked = useCalls()
  const client = useCti()?.client
  const { user_id } = useAuthentication()
  const [rung, setRung] = useState<ReadonlyMap<string, CallRinging>>(new Map())
  const [found, setFound] = useState<ReadonlyMap<string, CustomerRef | null>>(new Map())

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

  useEffect(() => {
    for (const { phone_number, customer } of calls) {
      if (!client || !phone_number || customer || found.has(phone_number)) continue
      setFound((before) => new Map(before).set(phone_number, null))
      void client.customers.lookup(phone_number).then(
        (customer) =>
          customer &&
          setFound((before) =>
            new Map(before).set(phone_number, { id: customer.external_id, name: customer.name, url: customer.url }),
          ),
        () => {},
      )
    }
  }, [calls, client, found])
  return calls
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
    customer,
    customer_id: call.customer_id ?? customer?.id ?? null,
    job_id: call.job_id ?? null,
    connected_at: call.connected_at ?? null,
    duration_seconds: call.duration_seconds ?? null,
  }
}

/** Tells of each ringing inbound call once, in one of the person's tabs. */
export function useIncoming(calls: PhoneCall[], onIncoming: (call: PhoneCall) => void): void {
  const claims = useRef(new Map<string, RingingClaim>())
  const latest = useRef({ calls, onIncoming })
  latest.current = { calls, onIncoming }
  useEffect(() => {
    const open = new Set(
      calls.filter(({ status }) => LIVE_STATUSES.includes(status)).map(({ dialpad_call_id }) => dialpad_call_id),
    )
    for (const { dialpad_call_id: id, direction, status } of calls) {
      if (direction !== 'inbound' || status !== 'ringing' || claims.current.has(id)) continue
      const claim = claimRingingCall(`incoming ${id}`, (held) => {
        const call = latest.current.calls.find(({ dialpad_call_id }) => dialpad_call_id === id)
        if (held && call) latest.current.onIncoming(call)
      })
      claims.current.set(id, claim)
    }
    for (const [id, claim] of claims.current)
      if (!open.has(id)) {
        claim.release()
        claims.current.delete(id)
      }
  }, [calls])
  useEffect(
    () => () => {
      for (const claim of claims.current.values()) claim.release()
      claims.current.clear()
    },
    [],
  )
}
