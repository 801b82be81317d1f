import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { isOpen } from '../../lib/call-status'
import { CtiError } from '../cti-error'
import { readableNumber } from '../dialable-number'
import { DialpadService } from '../mini-dialer'
import { setPageDialer } from '../page-dialer'
import type { CallStatus } from '../records'
import type { Region } from '../region'
import { useDialpad } from './dialer-store'
import { clockTime, safeLink } from './format'
import { useAuthentication, useConnection, useNow, useProblem } from './hooks'
import { CollapseIcon, PhoneIcon } from './icons'
import { type IncomingCall, type PhoneCall, useIncoming, usePhoneCalls } from './incoming'
import { useStyles } from './styles'

export interface DialpadCTIProps {
  /** The CTI client id from Dialpad. Without it there is no Mini Dialer: incoming calls are shown but cannot be answered here. */
  clientId?: string | undefined
  /**
   * Called for each ringing inbound call, in one of the user's tabs, within half a second, with the customer if the directory
   * has one. Called again for the same `dialpad_call_id` if the customer is found later.
   */
  onIncomingCall?: ((call: IncomingCall) => void) | undefined
  /** Called with each problem. Its message explains what to do. */
  onError?: ((error: Error) => void) | undefined
  onAuthenticationChange?: ((authenticated: boolean, dialpadUserId: number | null) => void) | undefined
  /** Default `https://dialpad.com`. */
  dialpadOrigin?: string | undefined
  region?: Region | undefined
  defaultOpen?: boolean | undefined
}

const STATUS: Record<CallStatus, string> = {
  ringing: 'ringing',
  active: 'on call',
  held: 'on hold',
  ended: 'ended',
  missed: 'missed',
  rejected: 'rejected',
  voicemail: 'went to voicemail',
}

/** A floating phone panel: Dialpad's Mini Dialer, the caller, and the state of both connections. */
export default function DialpadCTI(props: DialpadCTIProps) {
  const { clientId, dialpadOrigin, region, onIncomingCall, onAuthenticationChange, onError } = props
  useStyles()
  const [open, setOpen] = useState(props.defaultOpen ?? false)
  const [failure, setFailure] = useState<Error | null>(null)
  const frame = useRef<HTMLDivElement>(null)
  const launcher = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const handlers = useRef({ onAuthenticationChange, onError })
  handlers.current = { onAuthenticationChange, onError }
  const panelId = useId()
  const service = useDialpad()
  const phone = usePhoneCalls(service)
  const { calls } = phone
  const problem = useProblem()
  const ringing = calls.filter((call) => call.status === 'ringing' && call.direction === 'inbound')

  useEffect(() => {
    if (!clientId) return
    const made = new DialpadService({ ...(dialpadOrigin && { origin: dialpadOrigin }), ...(region && { region }) })
    made.on('authentication', ({ authenticated, user_id }) =>
      handlers.current.onAuthenticationChange?.(authenticated, user_id),
    )
    try {
      // biome-ignore lint/style/noNonNullAssertion: effects run when the frame is in the page
      made.initializeCTI(clientId, frame.current!)
      setFailure(null)
      setPageDialer(made)
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(String(error)))
    }
    return () => {
      setPageDialer(null)
      made.destroy()
    }
  }, [clientId, dialpadOrigin, region])

  useEffect(() => {
    if (failure) handlers.current.onError?.(failure)
  }, [failure])
  useEffect(() => {
    if (problem) handlers.current.onError?.(problem)
  }, [problem])
  // Set as a property, because React 18 does not know the attribute and React 19 takes other values.
  useEffect(() => {
    if (panel.current) panel.current.inert = !open
  }, [open])

  useIncoming(phone, { onClaim: () => setOpen(true), onIncomingCall })

  function collapse() {
    setOpen(false)
    launcher.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && open) collapse()
  }

  const first = ringing[0]
  const title = first ? `${caller(first)} is calling` : 'Dialpad'
  return (
    <section className="cti-dock" aria-label="Phone" onKeyDown={onKeyDown}>
      <div className="cti-panel" id={panelId} data-open={open} ref={panel}>
        <div className="cti-bar">
          <h2>Dialpad</h2>
          <ConnectionStates hasDialer={Boolean(clientId)} />
          <button type="button" className="cti-icon-button" aria-label="Collapse the phone" onClick={collapse}>
            <CollapseIcon />
          </button>
        </div>
        {calls.slice(0, 3).map((call) => (
          <CallCard key={call.dialpad_call_id} call={call} region={region} />
        ))}
        {failure && <Problem error={failure} />}
        {problem && !isPassing(problem) && <Problem error={problem} />}
        {!clientId && !problem && calls.length === 0 && <p className="cti-card">No calls right now.</p>}
        <div ref={frame} />
      </div>
      <span className="cti-hidden" role="alert">
        {first ? `Incoming call from ${caller(first)}` : ''}
      </span>
      <button
        ref={launcher}
        type="button"
        className="cti-launcher"
        data-ringing={ringing.length > 0}
        aria-expanded={open}
        aria-controls={panelId}
        onClick={() => setOpen(!open)}
      >
        <PhoneIcon />
        {title}
      </button>
    </section>
  )
}

const Problem = ({ error }: { error: Error }) => (
  <p className="cti-card cti-call-error" role="alert">
    {error.message}
  </p>
)

/** The server is unreachable. The panel says that it is reconnecting; the user need not do anything. */
const isPassing = (error: Error) => error instanceof CtiError && error.code === 'network'

const caller = (call: PhoneCall) =>
  call.name ?? (call.phone_number ? readableNumber(call.phone_number) : 'An unknown number')

function CallCard({ call, region }: { call: PhoneCall; region: Region | undefined }) {
  const now = useNow(call.status === 'active')
  const link = safeLink(call.customer?.url)
  const seconds =
    call.status === 'active' && call.connected_at
      ? (now - Date.parse(call.connected_at)) / 1000
      : isOpen(call.status)
        ? null
        : call.duration_seconds
  return (
    <div className="cti-card" data-status={call.status}>
      <span className="cti-card-status">
        {call.direction === 'inbound' ? 'Incoming' : 'Outgoing'} · {STATUS[call.status]}
        {seconds === null ? '' : ` · ${clockTime(seconds)}`}
        {call.job_id ? ` · job ${call.job_id}` : ''}
      </span>
      <span className="cti-card-name">{caller(call)}</span>
      {call.name && call.phone_number && (
        <span className="cti-card-number">{readableNumber(call.phone_number, region)}</span>
      )}
      {link && (
        <a href={link} target="_blank" rel="noreferrer noopener">
          Open the record
        </a>
      )}
    </div>
  )
}

function ConnectionStates({ hasDialer }: { hasDialer: boolean }) {
  const { authenticated } = useAuthentication()
  const connection = useConnection()
  return (
    <span className="cti-states" role="status">
      {hasDialer && (
        <span className="cti-state" data-state={authenticated ? 'ok' : 'wait'}>
          {authenticated ? 'Logged in' : 'Not logged in'}
        </span>
      )}
      {connection !== null && (
        <span
          className="cti-state"
          data-state={connection === 'live' ? 'ok' : connection === 'refused' ? 'bad' : 'wait'}
        >
          {connection === 'live' ? 'Live' : connection === 'refused' ? 'No access' : 'Reconnecting'}
        </span>
      )}
    </span>
  )
}
