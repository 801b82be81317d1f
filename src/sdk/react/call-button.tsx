import { useEffect, useId, useRef, useState } from 'react'
import { isOver } from '../../lib/call-status'
import { readableNumber } from '../dialable-number'
import { randomId } from '../random-id'
import type { CallStatus } from '../records'
import { useDialpad } from './dialer-store'
import { clockTime } from './format'
import { useCallByRef, useNow } from './hooks'
import { PhoneIcon } from './icons'
import { useCti } from './provider'
import { useStyles } from './styles'

export interface CallButtonProps {
  /** In any format. Without a number, the button is disabled. */
  phoneNumber: string | null | undefined
  customerName?: string | undefined
  /** Sent as custom data and stored with the call, such as for `GET /api/calls?job_id=`. */
  customerId?: string | undefined
  jobId?: string | undefined
  /** Where the call was started, as `source` in its custom data. Default `cti-react`. */
  source?: string | undefined
  variant?: 'primary' | 'secondary' | 'icon' | undefined
  size?: 'sm' | 'md' | 'lg' | undefined
  className?: string | undefined
  disabled?: boolean | undefined
}

/** How long the button waits for the call's first event before it can be pressed again, in ms. */
const FIRST_EVENT_TIMEOUT_MS = 30_000
const SHOW_END_MS = 4_000

const LABELS: Record<CallStatus, string> = {
  ringing: 'Ringing…',
  active: 'On call',
  held: 'On hold',
  ended: 'Call ended',
  missed: 'No answer',
  rejected: 'Rejected',
  voicemail: 'Voicemail',
}

/** Places a call through the page's Mini Dialer, or through the server when the page has none, and shows its progress. */
export default function CallButton(props: CallButtonProps) {
  const { customerName, customerId, jobId, className } = props
  const phoneNumber = props.phoneNumber?.trim() ?? ''
  const disabled = props.disabled || phoneNumber === ''
  const { variant = 'primary', size = 'md', source = 'cti-react' } = props
  useStyles()
  const service = useDialpad()
  const client = useCti()?.client
  const [placing, setPlacing] = useState(false)
  /** Set synchronously, because two clicks may arrive before the state above is rendered. */
  const underway = useRef(false)
  const [ref, setRef] = useState<string | null>(null)
  const [error, setError] = useState<string | null>(null)
  const call = useCallByRef(ref)
  const status = call?.status ?? null
  const over = status !== null && isOver(status)
  const errorId = useId()
  const now = useNow(status === 'active')

  useEffect(() => {
    if (ref === null) return
    if (status !== null && !over) return
    const timer = setTimeout(() => setRef(null), over || !client ? SHOW_END_MS : FIRST_EVENT_TIMEOUT_MS)
    return () => clearTimeout(timer)
  }, [ref, status, over, client])

  async function place() {
    if (busy || underway.current) return
    underway.current = true
    const made = randomId()
    const data = JSON.stringify({
      customer_id: customerId,
      customer_name: customerName?.slice(0, 200),
      job_id: jobId,
      source,
      ref: made,
    })
    setPlacing(true)
    setError(null)
    try {
      if (service) await service.initiateCall(phoneNumber, { customData: data })
      else if (client?.userId)
        await client.calls.place({
          phone_number: phoneNumber,
          user_id: client.userId,
          ...(customerId !== undefined && { customer_id: customerId }),
          ...(jobId !== undefined && { job_id: jobId }),
          custom_data: data,
        })
      else throw new Error('Dialpad is not on this page: render <DialpadCTI> with its clientId.')
      setRef(made)
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem))
    } finally {
      underway.current = false
      setPlacing(false)
    }
  }

  const waiting = placing || (ref !== null && (status === null || status === 'ringing'))
  const busy = placing || (ref !== null && !over)
  const seconds = status === 'active' && call?.connected_at ? (now - Date.parse(call.connected_at)) / 1000 : null
  const label = placing
    ? 'Calling…'
    : ref === null
      ? customerName
        ? `Call ${customerName}`
        : 'Call'
      : status === null
        ? 'Calling…'
        : seconds === null
          ? LABELS[status]
          : `${LABELS[status]} ${clockTime(seconds)}`
  const state = error ? 'error' : placing || (ref !== null && status === null) ? 'calling' : (ref && status) || 'idle'

  return (
    <span className={`cti-call ${className ?? ''}`.trim()}>
      <button
        type="button"
        className="cti-button"
        data-variant={variant}
        data-size={size}
        data-state={state}
        data-busy={busy}
        disabled={disabled}
        aria-disabled={busy}
        aria-label={
          busy ? undefined : `Call ${[customerName, readableNumber(phoneNumber)].filter(Boolean).join(', ')}`.trim()
        }
        aria-describedby={error ? errorId : undefined}
        title={variant === 'icon' && busy ? label : readableNumber(phoneNumber)}
        onClick={() => void place()}
      >
        {waiting ? <span className="cti-spinner" /> : <PhoneIcon />}
        <span className={variant === 'icon' ? 'cti-hidden' : 'cti-button-label'}>{label}</span>
      </button>
      <span className="cti-hidden" role="status">
        {ref === null && !placing ? '' : seconds === null ? label : 'On call'}
      </span>
      {error && (
        <span className="cti-call-error" id={errorId} role="alert">
          {error}
        </span>
      )}
    </span>
  )
}
