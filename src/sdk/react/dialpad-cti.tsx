import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { type Region, readableNumber } from '../dialable-number'
import { DialpadService } from '../mini-dialer'
import { type CallStatus, LIVE_STATUSES } from '../records'
import { setPageDialer, useDialpad } from './dialer-store'
import { clockTime, safeLink } from './format'
import { useAuthentication, useConnection, useNow } from './hooks'
import { CollapseIcon, PhoneIcon } from './icons'
import { type PhoneCall, useIncoming, usePhoneCalls } from './incoming'
import { useStyles } from './styles'

export interface DialpadCTIProps {
  /** The CTI client id Dialpad gave you. */
  clientId: string
  /** Told once for each ringing inbound call, in one of the person's tabs. */
  onIncomingCall?: (call: PhoneCall) => void
  onAuthenticationChange?: (authenticated: boolean, dialpadUserId: number | null) => void
  /** `https://dialpad.com` unless given. */
  dialpadOrigin?: string
  region?: Region
  defaultOpen?: boolean
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

/** The floating telephone: Dialpad's Mini Dialer, who is calling, and whether both connections stand. */
export function DialpadCTI(props: DialpadCTIProps) {
  const { clientId, dialpadOrigin, region, onIncomingCall, onAuthenticationChange } = props
  useStyles()
  const [open, setOpen] = useState(props.defaultOpen ?? false)
  const [failure, setFailure] = useState<string | null>(null)
  const frame = useRef<HTMLDivElement>(null)
  const launcher = useRef<HTMLButtonElement>(null)
  const handlers = useRef({ onAuthenticationChange })
  handlers.current = { onAuthenticationChange }
  const panelId = useId()
  const service = useDialpad()
  const calls = usePhoneCalls(service)
  const ringing = calls.filter((call) => call.status === 'ringing' && call.direction === 'inbound')

  useEffect(() => {
    const made = new DialpadService({ ...(dialpadOrigin && { origin: dialpadOrigin }), ...(region && { region }) })
    made.on('authentication', ({ authenticated, user_id }) =>
      handlers.current.onAuthenticationChange?.(authenticated, user_id),
    )
    try {
      made.initializeCTI(clientId, frame.current!)
      setFailure(null)
      setPageDialer(made)
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    }
    return () => {
      setPageDialer(null)
      made.destroy()
    }
  }, [clientId, dialpadOrigin, region])

  useIncoming(calls, (call) => {
    setOpen(true)
    onIncomingCall?.(call)
  })

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
    <section className="cti-dock" aria-label="Telephone" onKeyDown={onKeyDown}>
      <div className="cti-panel" id={panelId} data-open={open} inert={!open}>
        <div className="cti-bar">
          <h2>Dialpad</h2>
          <ConnectionStates />
          <button type="button" className="cti-icon-button" aria-label="Collapse the telephone" onClick={collapse}>
            <CollapseIcon />
          </button>
        </div>
        {calls.slice(0, 3).map((call) => (
          <CallCard key={call.dialpad_call_id} call={call} region={region} />
        ))}
        {failure && (
          <p className="cti-card cti-call-error" role="alert">
            {failure}
          </p>
        )}
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

const caller = (call: PhoneCall) =>
  call.name ?? (call.phone_number ? readableNumber(call.phone_number) : 'An unknown number')

function CallCard({ call, region }: { call: PhoneCall; region: Region | undefined }) {
  const now = useNow(call.status === 'active')
  const link = safeLink(call.customer?.url)
  const seconds =
    call.status === 'active' && call.connected_at
      ? (now - Date.parse(call.connected_at)) / 1000
      : LIVE_STATUSES.includes(call.status)
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

function ConnectionStates() {
  const { authenticated } = useAuthentication()
  const connection = useConnection()
  return (
    <span className="cti-states" role="status">
      <span className="cti-state" data-state={authenticated ? 'ok' : 'wait'}>
        {authenticated ? 'Logged in' : 'Not logged in'}
      </span>
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
