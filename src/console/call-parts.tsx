import { useRef, useState } from 'react'
import type { CallStatus } from '../lib/call-status'
import type { TrackedCall } from '../sdk/call-tracker'
import { safeLink } from '../sdk/react/format'
import { fileUrl } from './api'
import { number, STATUS_TONE } from './format'
import { useAction } from './queries'
import { Button, Chip, Notice, Problem } from './ui'

const STATUS_TITLE: Record<CallStatus, string> = {
  ringing: 'Ringing',
  active: 'Active',
  held: 'On hold',
  ended: 'Ended',
  missed: 'Missed',
  rejected: 'Rejected',
  voicemail: 'Voicemail',
}

export const StatusChip = ({ status }: { status: CallStatus }) => (
  <Chip tone={STATUS_TONE[status]}>{STATUS_TITLE[status]}</Chip>
)

type Sides = Pick<TrackedCall, 'direction' | 'from_number' | 'to_number'>
type Other = Sides & Pick<TrackedCall, 'customer' | 'contact'>

export const otherNumber = (call: Sides): string | null =>
  (call.direction === 'inbound' ? call.from_number : call.to_number) ?? null

/** Returns the customer's name, otherwise Dialpad's name of the other party, otherwise the number. Dialpad names strangers by their number. */
export function otherName(call: Other): string {
  const name = call.customer?.name || call.contact?.name
  return !name || /^\+\d+$/.test(name) ? number(name || otherNumber(call)) : name
}

/** Returns the mapped user, otherwise Dialpad's name of the internal party. */
export const userName = (call: Pick<TrackedCall, 'user_id' | 'target' | 'dialpad_user_id'>): string =>
  call.user_id || call.target?.name || (call.dialpad_user_id ? `Dialpad user ${call.dialpad_user_id}` : '–')

export function CustomerLink({ call }: { call: Pick<TrackedCall, 'customer'> }) {
  const link = safeLink(call.customer?.url)
  return link ? (
    <a href={link} target="_blank" rel="noreferrer noopener">
      Record
    </a>
  ) : null
}

interface PlayerProps {
  label: string
  appId: string
  /** Path of the recording on this server. */
  path: string
}

/** Streams audio from its URL, so that playback starts immediately and seeking loads only the played part. */
export function Player({ label, appId, path }: PlayerProps) {
  const [url, setUrl] = useState<string | null>(null)
  const tried = useRef(false)
  const { run, running, error } = useAction(async (refused: string | null) => {
    setUrl(await fileUrl(appId, path, refused))
  })
  const [failed, setFailed] = useState(false)
  /** After an hour the token has expired, so retry once with a new one. */
  async function retry() {
    if (tried.current || !url) return setFailed(true)
    tried.current = true
    await run(new URL(url, location.href).searchParams.get('token'))
  }
  if (failed)
    return (
      <Notice tone="warn">
        Dialpad did not return this audio. It may have been deleted, or the account may not have access to it.
      </Notice>
    )
  if (url)
    return (
      // biome-ignore lint/a11y/useMediaCaption: the transcript is shown next to it, if Dialpad made one
      <audio controls autoPlay src={url} aria-label={label} onError={() => void retry()} />
    )
  return (
    <>
      <Button small busy={running} onClick={() => void run(null)} label={label}>
        {running ? 'Loading…' : '▶ Play'}
      </Button>
      <Problem error={error} />
    </>
  )
}
